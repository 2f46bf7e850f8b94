//! Limits on how often something may be tried: an exact sliding window per bucket and key.
//!
//! Postgres keeps the windows for all processes together. Each process also remembers what it has let through itself:
//! that answers at once for a key that is already full, and it is what holds the same numbers while Postgres is away.

mod bucket;
mod general;
mod memory;
mod postgres;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{clock::Clock, config::LimitStoreSettings, crypto::digest, db::Db};
use crate::error::AppError;
pub use bucket::Bucket;
pub use general::{Key, general, refusal_headers};
pub use memory::MemoryStore;
pub use postgres::PostgresStore;

/// What a store decided about one hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Let through, and remembered.
    Allowed,
    /// The window is full. The oldest hit in it leaves first.
    Refused {
        /// When that oldest hit was.
        oldest: OffsetDateTime,
    },
}

/// The store could not decide.
#[derive(Debug, thiserror::Error)]
#[error("the limit store is away")]
pub struct StoreAway;

/// Where windows live.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// Counts one hit, unless the window that ends now is full. Atomic over all who share the store.
    async fn hit(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway>;
}

/// Too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many tries; wait {retry_after} seconds")]
pub struct Limited {
    /// Which limit it is.
    pub bucket: Bucket,
    /// Whole seconds until there is room again, at least one.
    pub retry_after: u32,
}

impl From<Limited> for AppError {
    fn from(limited: Limited) -> Self {
        Self::limited(limited.retry_after)
    }
}

/// How long the shared store may take for one decision, and how long it is left alone after it failed.
const PATIENCE: Duration = Duration::from_millis(50);
const REST: Duration = Duration::from_secs(5);

/// The limits of this process.
#[derive(Clone)]
pub struct Limits {
    shared: Arc<dyn LimitStore>,
    own: Arc<MemoryStore>,
    resting_until: Arc<Mutex<Option<Instant>>>,
    clock: Clock,
}

impl Limits {
    /// Limits on the store that the settings name.
    #[must_use]
    pub fn new(settings: &LimitStoreSettings, db: Db, clock: Clock) -> Self {
        match settings {
            LimitStoreSettings::Postgres | LimitStoreSettings::Redis { .. } | LimitStoreSettings::Upstash { .. } => {
                Self::over(Arc::new(PostgresStore::new(db)), clock)
            }
        }
    }

    /// Limits over any store.
    #[must_use]
    pub fn over(shared: Arc<dyn LimitStore>, clock: Clock) -> Self {
        Self { shared, own: Arc::new(MemoryStore::new(100_000)), resting_until: Arc::default(), clock }
    }

    /// Counts one hit on a key, or says how long to wait. A refused hit is not counted.
    pub async fn hit(&self, bucket: Bucket, key: &str) -> Result<(), Limited> {
        let now = self.clock.now();
        let key = digest(key.as_bytes());
        // What this process let through is a part of what all did: if that alone fills the window, nobody need be asked.
        let decision = match self.own.full(bucket, &key, now) {
            Some(oldest) => Decision::Refused { oldest },
            None => match self.ask(bucket, &key, now).await {
                Some(Decision::Allowed) => {
                    self.own.remember(bucket, &key, now);
                    Decision::Allowed
                }
                Some(refused) => refused,
                None => self.own.decide(bucket, &key, now),
            },
        };
        match decision {
            Decision::Allowed => Ok(()),
            Decision::Refused { oldest } => {
                metrics::counter!("aura_limited_total", "bucket" => bucket.name()).increment(1);
                Err(Limited { bucket, retry_after: bucket.wait(oldest, now) })
            }
        }
    }

    /// Asks the shared store, unless it failed a moment ago.
    async fn ask(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) -> Option<Decision> {
        if self.resting().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        if let Ok(Ok(decision)) = tokio::time::timeout(PATIENCE, self.shared.hit(bucket, key, now)).await {
            self.rest(None);
            Some(decision)
        } else {
            tracing::warn!(bucket = bucket.name(), "the limit store does not answer; this process counts for itself");
            self.rest(Some(Instant::now() + REST));
            None
        }
    }

    fn resting(&self) -> Option<Instant> {
        *self.resting_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest(&self, until: Option<Instant>) {
        metrics::gauge!("aura_limit_store_down").set(if until.is_some() { 1.0 } else { 0.0 });
        *self.resting_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
