//! Windows of this process alone, of bounded number.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Bucket, Decision, LimitStore, Rule, StoreAway, micros, moment};

type Place = (Bucket, [u8; 32]);

/// The hits of one key, in microseconds since 1970.
#[derive(Debug, Default)]
struct Window {
    hits: Vec<i64>,
    /// When the newest hit has left the window and nothing is lost with it.
    stale_at: i64,
}

impl Window {
    /// The hits that still stand in the window that ends now: how many, and the oldest.
    fn standing(&self, rule: Rule, now: i64) -> (usize, Option<i64>) {
        let horizon = now - length(rule);
        let standing = || self.hits.iter().copied().filter(|hit| *hit > horizon);
        (standing().count(), standing().min())
    }

    fn add(&mut self, rule: Rule, now: i64) {
        let horizon = now - length(rule);
        self.hits.retain(|hit| *hit > horizon);
        if self.hits.len() == self.hits.capacity() {
            // Growing by doubling would leave half of it empty, and there are many windows.
            self.hits.reserve_exact(if self.hits.is_empty() { 1 } else { 4 });
        }
        self.hits.push(now);
        self.stale_at = self.stale_at.max(now + length(rule));
    }
}

/// Keeps at most so many windows; when there are more, the stalest go first.
#[derive(Debug)]
pub struct MemoryStore {
    windows: Mutex<HashMap<Place, Window>>,
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
    pub fn decide(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Decision {
        let now = micros(now);
        let mut windows = self.lock();
        self.make_room(&mut windows, &(rule.bucket, *key), now);
        let window = windows.entry((rule.bucket, *key)).or_default();
        match window.standing(rule, now) {
            (count, Some(oldest)) if count >= rule.max => Decision::Refused { oldest: moment(oldest) },
            _ => {
                window.add(rule, now);
                Decision::Allowed
            }
        }
    }

    /// The oldest hit of a full window; `None` while there is room. Counts nothing.
    pub(super) fn full(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Option<OffsetDateTime> {
        let windows = self.lock();
        let (count, oldest) = windows.get(&(rule.bucket, *key))?.standing(rule, micros(now));
        if count >= rule.max { oldest.map(moment) } else { None }
    }

    /// Counts a hit that the shared store has let through.
    pub(super) fn remember(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) {
        let now = micros(now);
        let mut windows = self.lock();
        self.make_room(&mut windows, &(rule.bucket, *key), now);
        windows.entry((rule.bucket, *key)).or_default().add(rule, now);
    }

    fn make_room(&self, windows: &mut HashMap<Place, Window>, place: &Place, now: i64) {
        if windows.len() < self.capacity || windows.contains_key(place) {
            return;
        }
        windows.retain(|_, window| window.stale_at > now);
        // Still full: a tenth goes at once, those that would end soonest, so that this is rarely done.
        let tenth = (self.capacity / 10).max(1);
        if windows.len() + tenth <= self.capacity {
            return;
        }
        let mut by_end: Vec<_> = windows.iter().map(|(place, window)| (window.stale_at, *place)).collect();
        if tenth < by_end.len() {
            by_end.select_nth_unstable_by_key(tenth, |(end, _)| *end);
        }
        for (_, place) in by_end.into_iter().take(tenth) {
            windows.remove(&place);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn length(rule: Rule) -> i64 {
    i64::try_from(rule.window.whole_microseconds()).unwrap_or(i64::MAX)
}

#[async_trait]
impl LimitStore for MemoryStore {
    async fn hit(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway> {
        Ok(self.decide(rule, key, now))
    }
}
