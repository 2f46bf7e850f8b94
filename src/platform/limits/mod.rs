//! Limits on how often something may be tried: an exact sliding window per bucket and key.
//!
//! A shared store keeps the windows for all processes together: Postgres, a Redis server, or Upstash. Each process also
//! remembers what it has let through itself: that answers at once for a key that is already full, and it is what holds
//! the same numbers while the shared store is away.

mod bucket;
mod general;
mod memory;
mod postgres;
mod redis;
mod script;
mod upstash;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use time::OffsetDateTime;

pub use self::redis::RedisStore;
use super::{
    clock::Clock,
    config::{LimitSettings, LimitStoreSettings},
    crypto::digest,
    db::Db,
    http::Http,
};
use crate::error::{AppError, Quota};
pub use bucket::{Bucket, Rule};
pub use general::{Key, general};
pub use memory::MemoryStore;
pub use postgres::PostgresStore;
pub use upstash::UpstashStore;

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

/// The store could not decide. The text says why, and holds no key and no secret.
#[derive(Debug, thiserror::Error)]
#[error("the limit store is away: {0}")]
pub struct StoreAway(pub String);

impl StoreAway {
    fn because(error: &dyn std::error::Error) -> Self {
        Self(error.to_string())
    }
}

/// Where windows live. Moments are compared to the microsecond, everywhere.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// Counts one hit, unless the window that ends now is full. Atomic over all who share the store.
    async fn hit(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway>;
}

/// Too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many tries; wait {retry_after} seconds")]
pub struct Limited {
    /// Which limit it is.
    pub rule: Rule,
    /// Whole seconds until there is room again, at least one.
    pub retry_after: u32,
}

impl From<Limited> for AppError {
    fn from(limited: Limited) -> Self {
        let Limited { rule, retry_after } = limited;
        let mut error = Self::limited(retry_after);
        error.quota = Some(Quota {
            name: rule.bucket.name(),
            hits: u32::try_from(rule.max).unwrap_or(u32::MAX),
            seconds: u32::try_from(rule.window.whole_seconds()).unwrap_or(u32::MAX),
        });
        error
    }
}

/// How long the shared store is left alone after it failed.
const REST: Duration = Duration::from_secs(2);
/// How many windows a process remembers. With the fullest ones that is less than 64 MiB.
const REMEMBERED: usize = 100_000;

/// The limits of this process.
#[derive(Clone)]
pub struct Limits {
    shared: Arc<dyn LimitStore>,
    own: Arc<MemoryStore>,
    resting_until: Arc<Mutex<Option<Instant>>>,
    clock: Clock,
    general: Rule,
    calls: Rule,
    patience: Duration,
}

impl Limits {
    /// Limits on the store that the settings name.
    ///
    /// # Errors
    /// When the store's address makes no sense. A store that is away is no error.
    pub fn new(settings: &LimitSettings, db: Db, http: Http, clock: Clock) -> Result<Self, StoreAway> {
        let shared: Arc<dyn LimitStore> = match &settings.store {
            LimitStoreSettings::Postgres => Arc::new(PostgresStore::new(db)),
            LimitStoreSettings::Redis { url } => {
                Arc::new(RedisStore::new(url).map_err(|error| StoreAway::because(&error))?)
            }
            LimitStoreSettings::Upstash { url, token } => Arc::new(UpstashStore::new(http, url.clone(), token.clone())),
        };
        Ok(Self::over(shared, settings, clock))
    }

    /// Limits over any store.
    #[must_use]
    pub fn over(shared: Arc<dyn LimitStore>, settings: &LimitSettings, clock: Clock) -> Self {
        let general = Rule { bucket: Bucket::General, max: settings.general_max, window: settings.general_window };
        let calls = Rule { max: settings.calls, ..Bucket::Calls.into() };
        let own = Arc::new(MemoryStore::new(REMEMBERED));
        Self { shared, own, resting_until: Arc::default(), clock, general, calls, patience: settings.patience }
    }

    /// Counts one hit on a key, or says how long to wait. A refused hit is not counted.
    ///
    /// # Errors
    /// When the key has had its hits.
    pub async fn hit(&self, bucket: Bucket, key: &str) -> Result<(), Limited> {
        let rule = match bucket {
            Bucket::General => self.general,
            Bucket::Calls => self.calls,
            other => other.into(),
        };
        let now = self.clock.now();
        let key = digest(key.as_bytes());
        // What this process let through is a part of what all did: if that alone fills the window, nobody need be asked.
        let decision = match self.own.full(rule, &key, now) {
            Some(oldest) => Decision::Refused { oldest },
            None => match self.ask(rule, key, now).await {
                Some(Decision::Allowed) => {
                    self.own.remember(rule, &key, now);
                    Decision::Allowed
                }
                Some(refused) => refused,
                None => self.own.decide(rule, &key, now),
            },
        };
        match decision {
            Decision::Allowed => Ok(()),
            Decision::Refused { oldest } => Err(self.met(rule, oldest, now)),
        }
    }

    /// Says how long to wait where a window is full, and counts that: also for one that a caller keeps in its own rows.
    #[must_use]
    pub fn met(&self, rule: Rule, oldest: OffsetDateTime, now: OffsetDateTime) -> Limited {
        metrics::counter!("aura_limited_total", "bucket" => rule.bucket.name()).increment(1);
        Limited { rule, retry_after: rule.wait(oldest, now) }
    }

    /// Asks the shared store, unless it failed a moment ago. The call outlives our patience: a connection that takes
    /// longer to open is there for the next hit.
    async fn ask(&self, rule: Rule, key: [u8; 32], now: OffsetDateTime) -> Option<Decision> {
        if !self.may_ask() {
            return None;
        }
        let shared = self.shared.clone();
        let asked = tokio::spawn(async move { shared.hit(rule, &key, now).await });
        let trouble = match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(Ok(decision))) => {
                self.answered();
                return Some(decision);
            }
            Ok(Ok(Err(away))) => away.to_string(),
            Ok(Err(ended)) => ended.to_string(),
            Err(_) => format!("no answer within {} ms", self.patience.as_millis()),
        };
        self.failed(&trouble);
        None
    }

    /// While the store rests nobody asks. Then one hit tries, and the others wait for what it finds.
    fn may_ask(&self) -> bool {
        let mut resting = self.resting();
        match *resting {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *resting = Some(Instant::now() + REST);
                true
            }
            None => true,
        }
    }

    fn answered(&self) {
        if self.resting().take().is_some() {
            metrics::gauge!("aura_limit_store_down").set(0.0);
            tracing::info!("the limit store answers again");
        }
    }

    /// One warning for a whole outage.
    fn failed(&self, trouble: &str) {
        if self.resting().replace(Instant::now() + REST).is_none() {
            metrics::gauge!("aura_limit_store_down").set(1.0);
            tracing::warn!(trouble, "the limit store does not answer; this process counts for itself");
        }
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.resting_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Microseconds since 1970, rounded down.
fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

fn moment(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
