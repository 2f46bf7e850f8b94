//! Randomness as a value: the system's, or a seeded stream for tests.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{
    Rng as _, RngCore as _, SeedableRng as _, TryRngCore as _,
    rngs::{OsRng, StdRng},
};
use time::OffsetDateTime;

use crate::kit::id::{Id, version_7};

/// A source of random bytes and of new identifiers.
#[derive(Clone, Debug)]
pub struct Random(Option<Arc<Mutex<StdRng>>>);

impl Random {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A repeatable stream, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
            None => OsRng.unwrap_err().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A number from 0 up to, not including, `end`.
    #[must_use]
    pub fn below(&self, end: u32) -> u32 {
        match &self.0 {
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..end),
            None => OsRng.unwrap_err().random_range(0..end),
        }
    }

    /// A new identifier that sorts by `now`.
    #[must_use]
    pub fn id<I: Id>(&self, now: OffsetDateTime) -> I {
        let milliseconds = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        I::from_bytes(version_7(milliseconds, self.bytes()))
    }
}
