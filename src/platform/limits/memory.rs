//! Windows of this process alone, of bounded number.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Bucket, Decision, LimitStore, StoreAway};

type Window = VecDeque<OffsetDateTime>;

/// Keeps at most so many windows; when there are more, the stalest go first.
#[derive(Debug)]
pub struct MemoryStore {
    windows: Mutex<HashMap<(Bucket, [u8; 32]), Window>>,
    capacity: usize,
}

impl MemoryStore {
    /// A store of at most `capacity` windows.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { windows: Mutex::default(), capacity }
    }

    /// How many windows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there is no window.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Counts one hit, unless the window is full.
    pub fn decide(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) -> Decision {
        let mut windows = self.lock();
        self.make_room(&mut windows, bucket, key, now);
        let window = windows.entry((bucket, *key)).or_default();
        window.retain(|hit| *hit > now - bucket.window());
        if window.len() >= bucket.max() {
            let oldest = window.iter().min().copied().unwrap_or(now);
            return Decision::Refused { oldest };
        }
        window.push_back(now);
        Decision::Allowed
    }

    /// The oldest hit of a full window; `None` while there is room. Counts nothing.
    pub(super) fn full(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) -> Option<OffsetDateTime> {
        let windows = self.lock();
        let hits = || windows.get(&(bucket, *key)).into_iter().flatten().filter(|hit| **hit > now - bucket.window());
        if hits().count() >= bucket.max() { hits().min().copied() } else { None }
    }

    /// Counts a hit that the shared store has let through.
    pub(super) fn remember(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) {
        let mut windows = self.lock();
        self.make_room(&mut windows, bucket, key, now);
        let window = windows.entry((bucket, *key)).or_default();
        window.retain(|hit| *hit > now - bucket.window());
        window.push_back(now);
    }

    fn make_room(
        &self,
        windows: &mut HashMap<(Bucket, [u8; 32]), Window>,
        bucket: Bucket,
        key: &[u8; 32],
        now: OffsetDateTime,
    ) {
        if windows.len() < self.capacity || windows.contains_key(&(bucket, *key)) {
            return;
        }
        let ends =
            |bucket: Bucket, window: &Window| window.iter().max().map_or(now, |newest| *newest + bucket.window());
        windows.retain(|(bucket, _), window| ends(*bucket, window) > now);
        if windows.len() < self.capacity {
            return;
        }
        // Still full: a tenth goes at once, those that would end soonest, so that this is rarely done.
        let mut by_end: Vec<_> =
            windows.iter().map(|((bucket, key), window)| (ends(*bucket, window), *bucket, *key)).collect();
        let tenth = (self.capacity / 10).max(1).min(by_end.len());
        if tenth < by_end.len() {
            by_end.select_nth_unstable_by_key(tenth, |(end, ..)| *end);
        }
        for (_, bucket, key) in by_end.into_iter().take(tenth) {
            windows.remove(&(bucket, key));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Bucket, [u8; 32]), Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LimitStore for MemoryStore {
    async fn hit(&self, bucket: Bucket, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway> {
        Ok(self.decide(bucket, key, now))
    }
}
