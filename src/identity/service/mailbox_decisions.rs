//! What operators decide about accounts whose mailbox is lost.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    Identity, IdentityError, Notice,
    email_change::is_taken,
    operators::{Operator, shortened},
};
use crate::{
    identity::{
        letter,
        model::mask,
        store::{
            self,
            system::mailbox_recoveries::{self, Undecided},
        },
    },
    kit::id::{MailboxRecoveryId, UserId},
};

pub use crate::identity::store::system::mailbox_recoveries::MailboxRecovery;

const MOST_RECOVERIES: i64 = 100;

impl Identity {
    /// The wishes that wait, and the latest that are settled.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mailbox_recoveries(&self) -> Result<Vec<MailboxRecovery>, IdentityError> {
        Ok(mailbox_recoveries::all(&self.db, MOST_RECOVERIES).await?)
    }

    /// Gives the account the address that was proved, and signs everything out. Nothing else is taken from it. Unlike a
    /// change by the person, the old address cannot undo it: whoever reads that mailbox had a week to say no.
    ///
    /// # Errors
    /// When there is no such wish, it is settled or too young, no reason is given, it is the operator's own account, the
    /// new address is somebody's by now, or the database is away.
    pub async fn approve_recovery(
        &self,
        by: Operator,
        id: MailboxRecoveryId,
        reason: &str,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let reason = needed(reason)?;
        let (mut tx, wish) = self.undecided(by, id).await?;
        let Undecided { user, old_email: old, new_email: new, waits_until, .. } = wish;
        if now < waits_until {
            return Err(IdentityError::RecoveryWaits);
        }
        if store::email_of(&mut tx, user).await?.as_deref() != Some(&*old) {
            return Err(IdentityError::RecoverySettled);
        }
        store::lock_key(&mut tx, &new).await?;
        if is_taken(&mut tx, &new, Some(user), now).await? {
            return Err(IdentityError::AddressTaken);
        }
        mailbox_recoveries::settle(&mut tx, id, "approved", &reason, now).await?;
        self.replace_mailbox(&mut tx, user, &old, &new, now).await?;
        let ended = self.end_all_for(&mut tx, user, now).await?;
        let detail = serde_json::json!({ "reason": reason, "from": mask(&old), "to": mask(&new), "sessions": ended });
        self.note(&mut tx, by, user, "mailbox_recovery_approved", detail).await?;
        let shown = mask(&new);
        let notice = Notice::MailboxReplaced { new: &shown };
        self.notify_at(&mut tx, user, &old, &notice).await?;
        self.post(&mut tx, &new, &notice).await?;
        Ok(tx.commit().await?)
    }

    async fn replace_mailbox(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        old: &str,
        new: &str,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        store::set_email(tx, user, new, now).await?;
        // Links in older letters would bring back a mailbox that is lost.
        store::note_undone(tx, user, OffsetDateTime::UNIX_EPOCH, now).await?;
        store::forget_pending(tx, user).await?;
        self.end_waiting(tx, old).await?;
        self.end_waiting(tx, new).await?;
        let host = self.public_url.host_str().unwrap_or_default();
        for other in store::stop_recoveries(tx, user, now).await? {
            self.outbox.enqueue(tx, &other, letter::mailbox_kept(host)?).await?;
        }
        Ok(())
    }

    /// Leaves the account as it is, and tells whoever asked.
    ///
    /// # Errors
    /// When there is no such wish, it is settled, no reason is given, it is the operator's own account, or the database
    /// is away.
    pub async fn refuse_recovery(
        &self,
        by: Operator,
        id: MailboxRecoveryId,
        reason: &str,
    ) -> Result<(), IdentityError> {
        let reason = needed(reason)?;
        let (mut tx, wish) = self.undecided(by, id).await?;
        mailbox_recoveries::settle(&mut tx, id, "refused", &reason, self.clock.now()).await?;
        let detail = serde_json::json!({ "reason": reason, "to": mask(&wish.new_email) });
        self.note(&mut tx, by, wish.user, "mailbox_recovery_refused", detail).await?;
        let letter = letter::mailbox_kept(self.public_url.host_str().unwrap_or_default())?;
        self.outbox.enqueue(&mut tx, &wish.new_email, letter).await?;
        Ok(tx.commit().await?)
    }

    /// A wish that waits, its person's row locked before it as signing in locks them.
    async fn undecided(
        &self,
        by: Operator,
        id: MailboxRecoveryId,
    ) -> Result<(sqlx::PgTransaction<'static>, Undecided), IdentityError> {
        let user = mailbox_recoveries::user_of(&mut *self.db.acquire().await?, id).await?;
        let mut tx = self.begin_for(by, user.ok_or(IdentityError::NoSuchRecovery)?).await?;
        let wish = mailbox_recoveries::lock(&mut tx, id).await?.ok_or(IdentityError::NoSuchRecovery)?;
        if wish.waits { Ok((tx, wish)) } else { Err(IdentityError::RecoverySettled) }
    }
}

fn needed(reason: &str) -> Result<String, IdentityError> {
    let reason = shortened(reason);
    if reason.is_empty() { Err(IdentityError::NoReason) } else { Ok(reason) }
}
