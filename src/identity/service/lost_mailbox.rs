//! Another address for somebody who can no longer open the mailbox of theirs. It is proved, it waits, it can be stopped
//! by whoever can still sign in or read the old mail, and then an operator decides (`mailbox_decisions`).

use serde::{Deserialize, Serialize};
use sqlx::{Acquire as _, PgConnection};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Identity, IdentityError, Notice, PasswordError, email_change::is_taken, verifications::Waiting};
use crate::{
    identity::{
        cookies::{self, Secret},
        email, letter,
        model::mask,
        moment,
        store::{self, NewMailboxRecovery, VerificationPurpose},
    },
    kit::id::{UserId, VerificationId},
    platform::{
        audit,
        crypto::{Place, digest},
        limits::Bucket,
    },
};

/// How long the owner can stop it before an operator may decide.
pub const RECOVERY_WAITS: Duration = Duration::days(7);
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What somebody writes who cannot open their mailbox.
#[derive(Clone, Copy)]
pub struct LostMailbox<'a> {
    /// The address of the account, as typed.
    pub account: &'a str,
    /// The one they want in its place, as typed.
    pub new: &'a str,
    pub reason: &'a str,
    /// The network address that asks, as the limits count it.
    pub client: &'a str,
}

/// What waits for the proof of the new address.
#[derive(Serialize, Deserialize)]
struct Wish {
    account: String,
    reason: String,
}

impl Identity {
    /// Sends a code to the new address. Whether there is such an account is neither looked up nor told.
    ///
    /// # Errors
    /// When an address is none, both are the same, no reason is given, it is asked too often, or the database is away.
    pub async fn start_lost_mailbox(&self, lost: LostMailbox<'_>) -> Result<VerificationId, PasswordError> {
        self.limits.hit(Bucket::Login, lost.client).await?;
        let account = email::normalise(lost.account).ok_or(IdentityError::NotAnAddress)?;
        let new = email::normalise(lost.new).ok_or(IdentityError::NotANewAddress)?;
        if account == new {
            return Err(IdentityError::SameMailbox.into());
        }
        let reason: String = email::one_line(lost.reason).chars().take(LONGEST_REASON).collect();
        if reason.is_empty() {
            return Err(IdentityError::NoReason.into());
        }
        self.count_letter(&new).await?;
        let fresh = self.fresh();
        let wish = serde_json::to_vec(&Wish { account, reason }).unwrap_or_default();
        let sealed = self.vault.seal(&place(fresh.id), &wish)?;
        let host = self.public_url.host_str().unwrap_or_default();
        let mut tx = self.db.begin().await?;
        let taken = is_taken(&mut tx, &new, None, fresh.created_at).await?;
        let letter = if taken { letter::address_known(host)? } else { letter::new_mailbox(&fresh.code, host)? };
        let waiting = Waiting {
            purpose: VerificationPurpose::LostMailbox,
            target: &new,
            told: !taken,
            link_hash: None,
            sealed_payload: Some(&sealed),
        };
        let begun = self.write_down(&mut tx, &fresh, &waiting).await?;
        self.outbox.enqueue(&mut tx, &new, letter).await?;
        tx.commit().await?;
        Ok(begun.id)
    }

    /// Takes the code of the new address. If there is such an account, the time to wait begins and its mailbox is told;
    /// the asker hears the same in any case, after the same work. `from` is where they are, as people are shown it.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, it is asked too often for this account, or the database is away.
    pub async fn finish_lost_mailbox(&self, id: VerificationId, typed: &str, from: &str) -> Result<(), PasswordError> {
        let found = self.check_verification(id, VerificationPurpose::LostMailbox, typed).await?;
        let sealed = found.sealed_payload.as_deref().ok_or(IdentityError::Used)?;
        let wish: Wish =
            serde_json::from_slice(&self.vault.open(&place(id), sealed)?).map_err(|_| IdentityError::Used)?;
        // By what was typed, whether or not anybody has it.
        self.limits.hit(Bucket::RecoveryDay, &wish.account).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::consume_verification_by_secret(&mut tx, id, now).await? {
            return Err(IdentityError::Used.into());
        }
        let owner = store::user_by_email(&mut tx, &wish.account).await?;
        let secret = Secret::new(self.random.bytes());
        let mut stop = self.public_url.clone();
        stop.set_path("/stop-recovery");
        stop.query_pairs_mut().append_pair("token", &cookies::encode(secret.as_slice()));
        let until = now + RECOVERY_WAITS;
        let (shown_new, shown_until) = (mask(&found.target), moment::stamp(until, now, "UTC"));
        let notice = Notice::MailboxAsked { new: &shown_new, until: &shown_until, stop: stop.as_str() };
        // What is told to nobody is written like anything else, and then taken back.
        let mut written = tx.begin().await?;
        let told = owner.unwrap_or_else(|| self.random.id(now));
        self.notify_at(&mut written, told, &wish.account, &notice).await?;
        match owner {
            Some(user) => {
                let new = NewMailboxRecovery {
                    id: self.random.id(now),
                    user,
                    old_email: &wish.account,
                    new_email: &found.target,
                    reason: &wish.reason,
                    client: from,
                    stop_hash: &digest(secret.as_slice()),
                    now,
                    waits_until: until,
                };
                store::insert_recovery(&mut written, &new).await?;
                let detail = serde_json::json!({ "to": shown_new });
                audit::record(&mut written, &self.random, now, user, "mailbox_recovery_asked", detail).await?;
                written.commit().await?;
            }
            None => written.rollback().await?,
        }
        Ok(tx.commit().await?)
    }

    /// The address that is asked for in the place of this person's, with most of its letters hidden.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn waiting_recovery(&self, user: UserId) -> Result<Option<String>, IdentityError> {
        Ok(store::waiting_recovery(&mut *self.db.acquire().await?, user).await?.as_deref().map(mask))
    }

    /// The same for whoever holds the letter's link. Looking changes nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn stoppable_recovery(&self, token: &str) -> Result<Option<String>, IdentityError> {
        let Some(secret) = cookies::decode(token) else { return Ok(None) };
        let found = store::recovery_by_secret(&mut *self.db.acquire().await?, &digest(secret.as_slice())).await?;
        Ok(found.map(|(_, new)| mask(&new)))
    }

    /// Stops it by the letter's link.
    ///
    /// # Errors
    /// When the link is not complete or it is settled already, or the database is away.
    pub async fn stop_recovery(&self, token: &str) -> Result<(), IdentityError> {
        let hash = digest(cookies::decode(token).ok_or(IdentityError::NothingToStop)?.as_slice());
        let mut tx = self.db.begin().await?;
        let (user, _) = store::recovery_by_secret(&mut tx, &hash).await?.ok_or(IdentityError::NothingToStop)?;
        if !self.stop_waiting_recoveries(&mut tx, user, self.clock.now()).await? {
            return Err(IdentityError::NothingToStop);
        }
        Ok(tx.commit().await?)
    }

    /// Stops it from a session of the person.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn stop_own_recovery(&self, user: UserId) -> Result<(), IdentityError> {
        let mut tx = self.db.begin().await?;
        self.stop_waiting_recoveries(&mut tx, user, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Stops all that waits for a person's account, and tells both sides. Whether anything waited.
    pub(super) async fn stop_waiting_recoveries(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<bool, IdentityError> {
        let askers = store::stop_recoveries(tx, user, now).await?;
        if askers.is_empty() {
            return Ok(false);
        }
        let host = self.public_url.host_str().unwrap_or_default();
        for asker in &askers {
            self.outbox.enqueue(tx, asker, letter::mailbox_kept(host)?).await?;
        }
        audit::record(tx, &self.random, now, user, "mailbox_recovery_stopped", serde_json::json!({})).await?;
        self.notify(tx, user, &Notice::MailboxKept).await?;
        Ok(true)
    }
}

fn place(row: VerificationId) -> Place<'static> {
    Place { table: "user_verifications", column: "sealed_payload", row: row.into(), owner: Uuid::nil(), provider: "" }
}
