//! What is done with what people listen to.

mod record;

use crate::{
    kit::id::{MusicSourceId, UserId},
    platform::{clock::Clock, db::Db, random::Random},
};

use super::{error::MusicError, source::SourceKind, store};

/// How many sightings are taken back in one step, so that no step takes long.
const REMOVED_AT_ONCE: i64 = 5_000;

/// What people listen to.
#[derive(Clone)]
pub struct Music {
    db: Db,
    clock: Clock,
    random: Random,
}

/// What a [`Music`] is made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
}

impl Music {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random } = parts;
        Self { db, clock, random }
    }

    /// A person's source of this kind and account; it is made where there is none yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn source(&self, user: UserId, kind: SourceKind, account: &str) -> Result<MusicSourceId, MusicError> {
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        Ok(store::source(&mut connection, self.random.id(now), user, kind, account, now).await?)
    }

    /// Removes a source and all that only it told. What others told as well stays, as they told it. It goes in steps, so
    /// that a long life takes no longer than a statement may; when one fails, it can be done again.
    ///
    /// # Errors
    /// When there is no such source of theirs, or the database is away.
    pub async fn remove_source(&self, user: UserId, source: MusicSourceId) -> Result<(), MusicError> {
        loop {
            let mut tx = self.db.begin().await?;
            store::lock(&mut tx, user).await?;
            if store::plays::remove_sightings(&mut tx, user, source, REMOVED_AT_ONCE).await? == 0 {
                let removed = store::remove_source(&mut tx, user, source).await?;
                tx.commit().await?;
                return if removed { Ok(()) } else { Err(MusicError::NotFound("source")) };
            }
            tx.commit().await?;
        }
    }

    /// How many plays a person has.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plays(&self, user: UserId) -> Result<u64, MusicError> {
        Ok(store::plays::count(&mut *self.db.acquire().await?, user).await?.unsigned_abs())
    }
}
