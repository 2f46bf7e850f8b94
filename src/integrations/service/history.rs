//! What one connection's owner is told about it.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Agreed, Agreement, Error, Integrations, views};
use crate::{
    identity::{moment, session::Session},
    inference::Vendor,
    integrations::{
        connection::model::{
            AlwaysView, ConnectionLog, ConnectionPageView, Fact, LogLine, Mend, ModelChoice, ScopeView,
        },
        model::{ConnectionState, ConnectionView},
        store::{self, ConnectionRow, EventRow, HealthRow},
        tools,
    },
    kit::id::{ConnectionId, UserId},
    providers::{ModelUse, Provider},
};

/// How many entries of the log a page shows.
const ON_A_PAGE: i64 = 25;
/// The largest log that is handed out as one file.
const IN_A_FILE: i64 = 100_000;

/// One connection with everything that its owner may know.
pub struct Known {
    pub row: ConnectionRow,
    pub health: HealthRow,
    pub provider: &'static Provider,
    /// Whether nothing is read through it, because the plan has no room for it.
    pub resting: bool,
    /// What its owner has said of the model of this installation.
    pub agreement: Agreement,
}

impl Integrations {
    /// One connection of this person.
    ///
    /// # Errors
    /// When there is none such, or the database is away.
    pub async fn known(&self, user: UserId, id: ConnectionId) -> Result<Known, Error> {
        let row = store::connection(&self.db, user, id).await?.ok_or(Error::NotFound("connection"))?;
        let health = store::health(&self.db, user, id).await?.ok_or(Error::NotFound("connection"))?;
        let provider = self.catalogue.get(&row.provider).ok_or(Error::NotFound("connection"))?;
        let rows = store::connections(&self.db, user).await?;
        let resting = self.resting(user, &rows).await?.contains(&id);
        let agreement = self.agreement(row.for_model, row.agreed_vendor.as_deref());
        Ok(Known { row, health, provider, resting, agreement })
    }

    /// The same for all of them, in the order in which they were made.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn all_known(&self, user: UserId) -> Result<Vec<Known>, Error> {
        let mut rows = store::connections(&self.db, user).await?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        let resting = self.resting(user, &rows).await?;
        let health = store::all_health(&self.db, user).await?;
        let mut health: HashMap<_, _> = health.into_iter().map(|health| (health.id, health)).collect();
        // Since the list was read, one may have been disconnected.
        let known = rows.into_iter().filter_map(|row| {
            let (provider, health) = (self.catalogue.get(&row.provider)?, health.remove(&row.id)?);
            let resting = resting.contains(&row.id);
            let agreement = self.agreement(row.for_model, row.agreed_vendor.as_deref());
            Some(Known { row, health, provider, resting, agreement })
        });
        Ok(known.collect())
    }

    /// The page of one connection.
    ///
    /// # Errors
    /// When there is none such, or the database is away.
    pub async fn connection_page(
        &self,
        session: &Session,
        id: ConnectionId,
        before: Option<Uuid>,
    ) -> Result<ConnectionPageView, Error> {
        let known = self.known(session.user, id).await?;
        let used = store::last_use(&self.db, session.user, id).await?;
        let (now, zone) = (self.clock.now(), session.time_zone.as_str());
        let mut events = store::events(&self.db, session.user, id, before, ON_A_PAGE + 1).await?;
        let more = events.len() > ON_A_PAGE.unsigned_abs().try_into().unwrap_or(usize::MAX);
        events.truncate(ON_A_PAGE.unsigned_abs().try_into().unwrap_or(usize::MAX));
        let older = events.last().filter(|_| more).map(|event| event.id.to_string());
        let line = |event: &EventRow| LogLine {
            when: moment::stamp(event.created_at, now, zone),
            told: happening(event, known.provider),
        };
        let log = ConnectionLog { lines: events.iter().map(line).collect(), older };
        Ok(ConnectionPageView {
            connection: known.view(),
            told: known.told(now, zone),
            mend: known.mend(),
            scopes: known.scopes(),
            facts: known.facts(used.as_ref(), now, zone),
            model: known.model(),
            agreed: known.agreed().map(|Agreed { vendor, model, at }| {
                format!("You allowed {model} of {vendor}: {}.", moment::stamp(at, now, zone))
            }),
            vendor: self.vendor().map(|vendor| format!("{} of {}", vendor.models(), vendor.name)),
            kept: self.vendor().map(Vendor::kept),
            always: self.always(session.user, id, now, zone).await?,
            log,
        })
    }

    /// The tools for which a yes was given in advance, as far as they are still what they were.
    async fn always(
        &self,
        user: UserId,
        id: ConnectionId,
        now: OffsetDateTime,
        zone: &str,
    ) -> Result<Vec<AlwaysView>, Error> {
        let mut always = Vec::new();
        for (tool, since) in self.standing(user, id).await? {
            let since = moment::stamp(since, now, zone);
            always.push(AlwaysView { tool: tool.name.to_owned(), title: tool.title.to_owned(), since });
        }
        Ok(always)
    }

    /// What happened to a connection, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When there is no such connection, or the database is away.
    pub async fn happenings(
        &self,
        user: UserId,
        id: ConnectionId,
        before: Option<Uuid>,
        most: i64,
    ) -> Result<Vec<Happening>, Error> {
        let known = self.known(user, id).await?;
        let events = store::events(&self.db, user, id, before, most).await?;
        Ok(events.into_iter().map(|event| Happening::of(event, known.provider)).collect())
    }

    /// All of it, as a file.
    ///
    /// # Errors
    /// As `happenings`.
    pub async fn whole_log(&self, user: UserId, id: ConnectionId) -> Result<Vec<Happening>, Error> {
        self.happenings(user, id, None, IN_A_FILE).await
    }
}

/// Something that happened to a connection.
pub struct Happening {
    pub id: Uuid,
    pub kind: String,
    pub told: String,
    /// The tool, where it was used.
    pub tool: Option<String>,
    pub at: OffsetDateTime,
}

impl Happening {
    fn of(event: EventRow, provider: &Provider) -> Self {
        let told = happening(&event, provider);
        let tool = Some(&event.kind).filter(|kind| *kind == "used").and_then(|_| Some(use_of(&event)?.tool.to_owned()));
        Self { id: event.id, told, tool, kind: event.kind, at: event.created_at }
    }
}

impl Known {
    fn view(&self) -> ConnectionView {
        views::view(self.provider, &self.row)
    }

    /// How it fares.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        ConnectionState::parse(&self.row.state)
    }

    /// Whether the person can do nothing but wait: the service is away, or does not accept this installation.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.health.failing_since.is_some() && self.state() != ConnectionState::NeedsReauth
    }

    fn told(&self, now: OffsetDateTime, zone: &str) -> String {
        let service = &self.provider.name;
        if self.state() == ConnectionState::NeedsReauth {
            return self.view().trouble.unwrap_or_default();
        }
        if self.resting {
            return format!("{}.", views::RESTS);
        }
        if let Some(since) = self.health.client_refused_since.filter(|_| self.row.own_app.is_none()) {
            let since = moment::stamp(since, now, zone);
            return format!(
                "{service} has not accepted this installation since {since}. Whoever runs it can mend that; you need not \
                 do anything."
            );
        }
        if let Some(since) = self.health.failing_since {
            let since = moment::stamp(since, now, zone);
            return format!(
                "{service} has not renewed the access since {since}. Aura tries again by itself; you need not do \
                 anything."
            );
        }
        match self.state() {
            ConnectionState::Partial => self.view().trouble.unwrap_or_default(),
            _ => format!("It works. Aura can read from {service} for you."),
        }
    }

    fn mend(&self) -> Option<Mend> {
        if self.resting && self.state() == ConnectionState::Active {
            return Some(Mend { words: "See plans".to_owned(), address: "/billing/plans".to_owned() });
        }
        let words = match self.state() {
            ConnectionState::Active => return None,
            ConnectionState::Partial => "Add what is missing",
            ConnectionState::NeedsReauth if self.provider.key.is_some() => "Paste a new key",
            ConnectionState::NeedsReauth => "Sign in again",
        };
        Some(Mend {
            words: words.to_owned(),
            address: views::mending(self.provider, self.row.id, self.row.reason.as_deref()),
        })
    }

    /// What was asked for and what was granted, with the reasons.
    #[must_use]
    pub fn scopes(&self) -> Vec<ScopeView> {
        let oauth = self.provider.oauth.as_ref();
        let described = oauth.into_iter().flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes));
        let reasons: Vec<_> = described.collect();
        let reason = |name: &str| reasons.iter().find(|scope| scope.name == name).map(|scope| scope.reason.clone());
        let mut shown: Vec<String> = self.health.asked_scopes.clone();
        if shown.is_empty() {
            shown.extend(self.provider.scopes().iter().map(|scope| scope.name.clone()));
        }
        for scope in &self.row.scopes {
            if !shown.contains(scope) {
                shown.push(scope.clone());
            }
        }
        let view = |name: String| ScopeView { reason: reason(&name), granted: self.row.scopes.contains(&name), name };
        shown.into_iter().map(view).collect()
    }

    /// Whether a model may see what is read through it.
    #[must_use]
    pub fn model(&self) -> ModelChoice {
        match (self.provider.model, self.agreement) {
            (ModelUse::Never, _) => ModelChoice::Forbidden,
            (ModelUse::Offered, Agreement::Given) => ModelChoice::Allowed,
            (ModelUse::Offered, Agreement::Refused) => ModelChoice::Withheld,
            (ModelUse::Offered, Agreement::Unasked) => ModelChoice::Unasked,
        }
    }

    /// When the person has to sign in again whatever happens.
    #[must_use]
    pub fn ends_at(&self) -> Option<OffsetDateTime> {
        self.health.consent_expires_at
    }

    fn facts(&self, used: Option<&EventRow>, now: OffsetDateTime, zone: &str) -> Vec<Fact> {
        let stamp = |at: OffsetDateTime| moment::stamp(at, now, zone);
        let mut facts = Vec::new();
        let mut fact = |name: &str, told: Option<String>| {
            facts.extend(told.map(|told| Fact { name: name.to_owned(), told }));
        };
        fact("Account", Some(self.row.account_label.clone()));
        fact("Connected", Some(stamp(self.row.created_at)));
        let by = used.and_then(use_of).map(|used| format!(", {}", used.told(self.provider)));
        let last = self.row.last_used_at.map(|at| format!("{}{}", stamp(at), by.unwrap_or_default()));
        fact("Last use", Some(last.unwrap_or_else(|| "Not used yet".to_owned())));
        if self.state() != ConnectionState::NeedsReauth {
            let due =
                self.row.paused_until.max(self.health.refresh_due_at).filter(|_| self.health.refresh_due_at.is_some());
            fact("Next renewal", due.map(|at| if at <= now { "Within a minute".to_owned() } else { stamp(at) }));
            let renewing = self.row.sealed_refresh_token.is_some();
            fact("Access ends", self.row.access_expires_at.filter(|_| !renewing).map(|at| left(at, now, zone)));
            fact("Consent ends", self.health.consent_expires_at.map(|at| left(at, now, zone)));
        }
        fact("Last checked", self.health.checked_at.map(stamp));
        if self.row.own_app.is_some() {
            fact("Made with", Some("Your own app".to_owned()));
        }
        facts
    }
}

/// «6 September, in 178 days».
fn left(ends_at: OffsetDateTime, now: OffsetDateTime, zone: &str) -> String {
    let day = moment::day(ends_at, now, zone);
    match (ends_at - now).whole_days() {
        _ if ends_at <= now => format!("{day}, over"),
        0 => format!("{day}, in less than a day"),
        1 => format!("{day}, in a day"),
        days => format!("{day}, in {days} days"),
    }
}

/// A use, as `ask` notes it: «tool for kind id», and behind a colon how it failed.
struct Use<'a> {
    tool: &'a str,
    caller: &'a str,
    failure: Option<&'a str>,
}

fn use_of(event: &EventRow) -> Option<Use<'_>> {
    let (tool, rest) = event.detail.as_deref()?.split_once(" for ")?;
    let (who, failure) = rest.split_once(": ").map_or((rest, None), |(who, failure)| (who, Some(failure)));
    Some(Use { tool, caller: who.split(' ').next().unwrap_or_default(), failure })
}

impl Use<'_> {
    fn told(&self, provider: &Provider) -> String {
        let title =
            tools::find(self.tool).filter(|tool| tool.provider() == provider.id).map_or("something", |tool| tool.title);
        let by = match self.caller {
            "run" => "for an answer in the chat",
            "music" => "for your music",
            "token" | "broker" => "by a program of yours",
            _ => "by Aura",
        };
        let failed = if self.failure.is_some() { ", without success" } else { "" };
        format!("«{title}» {by}{failed}")
    }
}

/// What happened, as a sentence. It holds nothing that was read and no word of the service's.
fn happening(event: &EventRow, provider: &Provider) -> String {
    let service = &provider.name;
    match event.kind.as_str() {
        "connected" => format!("{service} was connected"),
        "reconnected" => format!("{service} was connected again"),
        "account_replaced" => "Another account took the place of the one before".to_owned(),
        "renewed" => "The access was renewed".to_owned(),
        "needs_reauth" => views::trouble(event.detail.as_deref(), provider),
        "used" => match use_of(event) {
            Some(used) => format!("Used: {}", used.told(provider)),
            None => "Used".to_owned(),
        },
        "disconnected" => format!("{service} was disconnected"),
        "access_returned" => format!("{service} has ended the access"),
        "access_not_returned" => format!("{service} did not confirm yet that the access is ended"),
        "access_never_returned" => format!("{service} never confirmed that the access is ended"),
        "reminded" => "You were told that the access ends soon".to_owned(),
        "scopes_reduced" => format!("{service} allows less than before"),
        "scopes_changed" => format!("{service} allows something else than before"),
        "shown_to_models" => "You let models see what is read".to_owned(),
        "hidden_from_models" => "You keep what is read from models".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::providers::catalogue;

    fn event(kind: &str, detail: Option<&str>) -> EventRow {
        EventRow {
            id: Uuid::nil(),
            kind: kind.into(),
            detail: detail.map(Into::into),
            created_at: datetime!(2026-03-12 12:00 UTC),
        }
    }

    #[test]
    fn a_use_is_told_by_tool_and_caller() {
        let github = catalogue().get("github").unwrap();
        let told = |detail: &str| happening(&event("used", Some(detail)), github);
        let title = tools::find("github__list_my_issues").unwrap().title;
        let id = Uuid::nil();
        assert_eq!(
            told(&format!("github__list_my_issues for run {id}")),
            format!("Used: «{title}» for an answer in the chat")
        );
        assert_eq!(
            told(&format!("github__list_my_issues for run {id}: limited")),
            format!("Used: «{title}» for an answer in the chat, without success")
        );
        assert_eq!(told("slack__x for odd 1"), "Used: «something» by Aura");
        assert_eq!(told("nonsense"), "Used");
    }

    #[test]
    fn whatever_happens_is_told_in_words() {
        let github = catalogue().get("github").unwrap();
        assert_eq!(happening(&event("own_app_given", None), github), "Own app given");
        assert!(happening(&event("needs_reauth", Some("lost_rotation")), github).contains("lost"));
    }

    #[test]
    fn an_end_is_counted_down() {
        let now = datetime!(2026-03-12 12:00 UTC);
        let table = [
            (datetime!(2026-09-06 12:00 UTC), "6 September, in 178 days"),
            (datetime!(2026-03-13 13:00 UTC), "13 March, in a day"),
            (datetime!(2026-03-12 13:00 UTC), "12 March, in less than a day"),
            (datetime!(2026-03-12 12:00 UTC), "12 March, over"),
        ];
        for (at, words) in table {
            assert_eq!(left(at, now, "UTC"), words);
        }
    }
}
