//! What every way in asks of the person's row before a session is opened, and what signing in takes back.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Identity, IdentityError, Notice};
use crate::{
    identity::store::{self, SignIn},
    kit::id::UserId,
    platform::audit,
};

impl Identity {
    /// Notes that the person signs in. It shows that they can: so they do not leave after all, and nobody else gets
    /// their account for want of its mailbox.
    ///
    /// # Errors
    /// When the person is suspended, is gone, or has left for good, or the database is away.
    pub(super) async fn let_in(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let SignIn { active, leaves_at } = store::note_sign_in(tx, user, now).await?.ok_or(IdentityError::Gone)?;
        if !active {
            return Err(IdentityError::Suspended);
        }
        // The sweep may be at it: what has begun to be removed is not given back in part.
        if leaves_at.is_some_and(|at| at <= now) {
            return Err(IdentityError::Gone);
        }
        if leaves_at.is_some() && store::stay(tx, user).await? {
            audit::record(tx, &self.random, now, user, "leaving_taken_back", serde_json::json!({})).await?;
            self.notify(tx, user, &Notice::Stays).await?;
        }
        self.stop_waiting_recoveries(tx, user, now).await?;
        Ok(())
    }
}
