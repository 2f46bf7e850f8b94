//! The log of an account, as its owner reads it.

use serde_json::Value;

use super::{Identity, IdentityError};
use crate::{
    identity::{
        model::{Activity, Happening, Show},
        moment,
        session::Session,
    },
    kit::id::AuditId,
    platform::audit::{self, AuditLine, Kinds},
    providers,
};

const PAGE: usize = 25;
/// More lines than anybody's year has.
const ALL: i64 = 50_000;

/// Coming and going; every other kind is a change.
const SIGN_INS: [&str; 9] = [
    "signed_in",
    "signed_out",
    "signed_out_everywhere",
    "session_ended",
    "other_sessions_ended",
    "signed_out_by_operator",
    "sign_in_refused",
    "proved_again",
    "refresh_reused",
];

impl Identity {
    /// One page of the person's own log, newest first, from before a line on.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activity(
        &self,
        session: &Session,
        show: Show,
        before: Option<AuditId>,
    ) -> Result<Activity, IdentityError> {
        // One more than is shown tells whether there is another page.
        let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut connection = self.db.acquire().await?;
        let mut lines = audit::read(&mut connection, session.user, kinds(show), before, most).await?;
        drop(connection);
        let more = lines.len() > PAGE;
        lines.truncate(PAGE);
        let older = lines.last().filter(|_| more).map(|line| line.id);
        Ok(Activity { lines: lines.into_iter().map(|line| self.happening(line, session)).collect(), older })
    }

    /// The whole log for a spreadsheet (RFC 4180), in UTC.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activity_csv(&self, session: &Session) -> Result<String, IdentityError> {
        let mut connection = self.db.acquire().await?;
        let lines = audit::read(&mut connection, session.user, Kinds::All, None, ALL).await?;
        let mut csv = String::from("when,what,more,from,kind\r\n");
        for line in lines {
            let kind = line.kind.clone();
            let Happening { at, what, more, from, .. } = self.happening(line, session);
            let cells = [at, what, more, from, kind].map(|cell| cell_of(&cell));
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        }
        Ok(csv)
    }

    fn happening(&self, line: AuditLine, session: &Session) -> Happening {
        let (what, more) = sentence(&line.kind, &line.detail);
        let from = match (&line.actor, line.client) {
            (Some(_), _) if line.kind.starts_with("team_") => "Somebody in the team".to_owned(),
            (Some(_), _) => "The people who run this Aura".to_owned(),
            (None, client) => client.unwrap_or_default(),
        };
        Happening {
            when: moment::stamp(line.created_at, self.clock.now(), &session.time_zone),
            at: moment::machine(line.created_at),
            what,
            more,
            from,
        }
    }
}

fn kinds(show: Show) -> Kinds<'static> {
    match show {
        Show::All => Kinds::All,
        Show::SignIns => Kinds::Only(&SIGN_INS),
        Show::Changes => Kinds::Except(&SIGN_INS),
    }
}

/// By which means somebody signed in: «with a code by mail».
pub(super) fn means(method: &str) -> String {
    match method {
        "email_code" => "with a code by mail".to_owned(),
        "email_link" => "with the link of a mail".to_owned(),
        "password" => "with a password".to_owned(),
        "wallet" => "with a wallet".to_owned(),
        other => format!("with {}", service(other)),
    }
}

/// What an outside service is called.
fn service(id: &str) -> &str {
    match (providers::catalogue().get(id), id) {
        (Some(entry), _) => &entry.name,
        (None, "wallet") => "a wallet",
        (None, "privy") => "Privy",
        (None, other) => other,
    }
}

/// What happened, and more about it.
fn sentence(kind: &str, detail: &Value) -> (String, String) {
    let word = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    let browsers = || match detail["sessions"].as_u64() {
        None => String::new(),
        Some(1) => "1 session".to_owned(),
        Some(count) => format!("{count} sessions"),
    };
    let plain = |what: &str| (what.to_owned(), String::new());
    match kind {
        "signed_in" => (format!("Signed in {}", means(&word("method"))), word("device")),
        "refresh_reused" => {
            ("An app was signed out, because what keeps it signed in was used twice".to_owned(), word("device"))
        }
        "device_added" => ("Added a device".to_owned(), word("device")),
        "device_removed" => ("Removed a device".to_owned(), word("device")),
        "signed_out" => plain("Signed out"),
        "signed_out_everywhere" => ("Signed out everywhere".to_owned(), browsers()),
        "session_ended" => plain("Signed another device out"),
        "other_sessions_ended" => ("Signed all others out".to_owned(), browsers()),
        "signed_out_by_operator" => ("Everything was signed out".to_owned(), browsers()),
        "proved_again" => (format!("Confirmed who you are {}", means(&word("method"))), String::new()),
        "account_created" => plain("Made the account"),
        "email_added" => ("Added an address".to_owned(), word("to")),
        "email_changed" => ("Changed the address".to_owned(), format!("{} to {}", word("from"), word("to"))),
        "email_change_undone" => ("Brought the former address back".to_owned(), word("to")),
        "way_added" => (format!("Linked {} to sign in with", service(&word("provider"))), String::new()),
        "way_removed" => (format!("Unlinked {}", service(&word("provider"))), String::new()),
        "password_set" => plain("Set a password"),
        "password_changed" => plain("Changed the password"),
        "password_recovered" => ("Set a new password with a code by mail".to_owned(), browsers()),
        "password_removed" => plain("Removed the password"),
        "handle_changed" | "handle_taken" => ("Changed the handle".to_owned(), word("handle")),
        "leaving_begun" => ("Asked for the account to be removed".to_owned(), browsers()),
        "leaving_taken_back" => plain("Signed in, so the account stays"),
        "mailbox_recovery_asked" => ("Somebody asked for another address for the account".to_owned(), word("to")),
        "mailbox_recovery_stopped" => plain("Another address for the account was refused"),
        "mailbox_recovery_approved" => {
            ("The address was replaced".to_owned(), format!("{} to {}", word("from"), word("to")))
        }
        "mailbox_recovery_refused" => ("Another address for the account was refused".to_owned(), word("to")),
        "own_app_added" => (format!("Brought an app of your own to {}", service(&word("provider"))), String::new()),
        "own_app_removed" => (format!("Removed your own app at {}", service(&word("provider"))), String::new()),
        "webhook_added" => ("Added a webhook".to_owned(), word("host")),
        "webhook_changed" => ("Changed a webhook".to_owned(), word("host")),
        "webhook_secret_replaced" => ("Replaced the secret of a webhook".to_owned(), word("host")),
        "webhook_removed" => ("Deleted a webhook".to_owned(), word("host")),
        "provider_token_released" => {
            (format!("Gave an access token of {} to a program", service(&word("provider"))), String::new())
        }
        "team_made" => plain("Made a team"),
        "team_renamed" => plain("Renamed a team"),
        "team_invited" => plain("Invited somebody to a team"),
        "team_invitation_revoked" => plain("Took an invitation to a team back"),
        "team_joined" => plain("Joined a team"),
        "team_left" => plain("Left a team"),
        "team_member_removed" => plain("Removed somebody from a team"),
        "team_removed" => plain("You were removed from a team"),
        "team_role_given" => plain("Changed somebody's role in a team"),
        "team_role_changed" => ("Your role in a team was changed".to_owned(), word("role")),
        "team_given" => plain("Gave a team to another member"),
        "team_received" => plain("A team was given to you"),
        "team_closed" => plain("Closed a team"),
        "billing_checkout" => ("Began to buy a plan".to_owned(), word("plan")),
        "billing_portal" => plain("Opened Stripe's portal"),
        "billing_changed" => ("Changed a plan".to_owned(), word("plan")),
        "billing_cancelled" => ("Cancelled a plan".to_owned(), word("plan")),
        "billing_resumed" => ("Resumed a plan".to_owned(), word("plan")),
        "billing_refund_asked" => plain("An operator began to give a payment back"),
        "billing_refunded" => plain("A payment was given back by an operator"),
        "billing_refund_refused" => plain("A payment could not be given back by an operator"),
        "billing_end_asked" => ("An operator began to end a plan".to_owned(), word("plan")),
        "billing_ended" => ("A plan was ended by an operator".to_owned(), word("plan")),
        "billing_end_refused" => ("A plan could not be ended by an operator".to_owned(), word("plan")),
        "plan_changed" => ("A team has another plan".to_owned(), word("to")),
        "suspended" => ("The account was suspended".to_owned(), word("reason")),
        "restored" => plain("The account was opened again"),
        "role_granted" => plain("You became an operator"),
        "role_taken" => plain("You are an operator no longer"),
        other => (in_words(other), String::new()),
    }
}

/// `avatar_changed` becomes «Avatar changed».
fn in_words(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A cell as a spreadsheet reads it, and never as a formula.
fn cell_of(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_is_a_sentence() {
        let table = [
            ("signed_in", json!({"method": "email_code"}), "Signed in with a code by mail", ""),
            ("signed_in", json!({"method": "github"}), "Signed in with GitHub", ""),
            ("other_sessions_ended", json!({"sessions": 1}), "Signed all others out", "1 session"),
            (
                "email_changed",
                json!({"from": "m••a@a.example", "to": "m••a@b.example"}),
                "Changed the address",
                "m••a@a.example to m••a@b.example",
            ),
            ("way_added", json!({"provider": "github"}), "Linked GitHub to sign in with", ""),
            ("avatar_changed", json!({}), "Avatar changed", ""),
            ("", json!(null), "", ""),
        ];
        for (kind, detail, what, more) in table {
            assert_eq!(sentence(kind, &detail), (what.to_owned(), more.to_owned()), "{kind}");
        }
    }

    #[test]
    fn a_spreadsheet_sees_no_formula() {
        assert_eq!(cell_of("=1+1"), "\"'=1+1\"");
        assert_eq!(cell_of("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}
