//! Leaving: an account waits for its person for a week, and is then removed.

use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Identity, IdentityError, Notice};
use crate::{
    identity::{
        letter, moment,
        store::{self, system},
    },
    kit::id::UserId,
    platform::{audit, bus::Topic},
};

/// How long somebody who leaves can come back, by signing in.
pub const LEAVING_LASTS: Duration = Duration::days(7);
/// How many accounts one sweep removes; the next goes on.
const AT_ONCE: i64 = 100;

impl Identity {
    /// Lets the account be removed in a week, and signs everything out. Asked again, the day stays.
    ///
    /// # Errors
    /// When the account is gone or the database is away.
    pub async fn leave(&self, user: UserId) -> Result<OffsetDateTime, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, user).await?;
        let person = store::person(&mut tx, user).await?.ok_or(IdentityError::Gone)?;
        let at = store::leaves_at(&mut tx, user).await?.unwrap_or(now + LEAVING_LASTS);
        if store::set_leaving(&mut tx, user, at).await? {
            let ended = self.end_everything(&mut tx, user, now).await?;
            let detail = serde_json::json!({ "sessions": ended });
            audit::record(&mut tx, &self.random, now, user, "leaving_begun", detail).await?;
            let on = moment::stamp(at, now, &person.time_zone);
            self.notify(&mut tx, user, &Notice::Leaves { on: &on }).await?;
        }
        tx.commit().await?;
        Ok(at)
    }

    /// Ends the sessions of a person and what waits to be finished in their name; how many sessions there were.
    async fn end_everything(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<usize, IdentityError> {
        store::forget_pending(tx, user).await?;
        let ended = store::end_all_sessions(tx, user, now).await?;
        for id in &ended {
            self.bus.notify(tx, Topic::SessionEnded, &id.to_string()).await?;
        }
        Ok(ended.len())
    }

    /// The people whose time to come back is over. From then on nobody signs in as them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn due_departures(&self) -> Result<Vec<UserId>, IdentityError> {
        Ok(system::leaving::due(&self.db, self.clock.now(), AT_ONCE).await?)
    }

    /// Removes a person whose time has come, and everything that hangs on their row; only the log stays. `detail` says
    /// in it what became of the rest.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase(&self, user: UserId, detail: Value) -> Result<bool, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let address = store::email_of(&mut tx, user).await?;
        if !store::erase(&mut tx, user, address.as_deref(), now).await? {
            return Ok(false);
        }
        audit::record(&mut tx, &self.random, now, user, "account_removed", detail).await?;
        if let Some(address) = address {
            self.outbox.enqueue(&mut tx, &address, letter::removed(&self.public_url)?).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
