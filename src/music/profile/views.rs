//! Counts who looks at profiles, and remembers for signed-in people what they looked at.

use time::Duration;

use super::{
    error::ProfileError,
    service::Profiles,
    store::views::{self as store, SeenRow},
    visitor::Visitor,
};
use crate::kit::id::UserId;

/// How many profiles a person's list keeps.
const SEEN: i64 = 20;
/// After so long it is only known how many there were. It is more than a day, so that no visit comes late.
const KNOWN: Duration = Duration::days(2);

impl Profiles {
    /// Notes that somebody looks at a published profile. Its owner, programs, and who was there today change nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn viewed(&self, owner: UserId, visitor: &Visitor) -> Result<(), ProfileError> {
        if visitor.user == Some(owner) || visitor.is_program() {
            return Ok(());
        }
        let now = self.clock.now();
        let day = now.date();
        let mark = visitor.mark(&self.keys, owner, day);
        store::note(&self.db, owner, day, &mark).await?;
        if let Some(viewer) = visitor.user {
            let mut tx = self.db.begin().await?;
            store::see(&mut tx, viewer, owner, now, SEEN).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// How many visitors a person's profile had, each counted once a day.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn views(&self, user: UserId) -> Result<i64, ProfileError> {
        Ok(store::count(&mut *self.db.acquire().await?, user).await?)
    }

    /// The profiles that somebody looked at, the latest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn seen(&self, viewer: UserId) -> Result<Vec<SeenRow>, ProfileError> {
        Ok(store::seen(&mut *self.db.acquire().await?, viewer, SEEN).await?)
    }

    /// Forgets which profiles somebody looked at.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_seen(&self, viewer: UserId) -> Result<(), ProfileError> {
        Ok(store::forget_seen(&self.db, viewer).await?)
    }

    /// Forgets the visitors of days that are over, and keeps their number.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn fold_views(&self) -> Result<i64, sqlx::Error> {
        store::fold(&self.db, (self.clock.now() - KNOWN).date()).await
    }
}
