//! One line for all calls of all processes to a service that counts them by where they come from.
//!
//! The row in Postgres gives places, a fifth of a second apart, of which a few are saved up while nobody calls. In each
//! process only whoever stands first takes one; the others wait behind, in the order in which they came. So whoever goes
//! away leaves nothing behind but the place of the first, which the next one takes.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

use super::store;
use crate::{
    music::trouble::Trouble,
    platform::{clock::Clock, db::Db},
};

/// Five calls a second, as <https://www.last.fm/api/tos> has it for one address.
const EVERY: Duration = Duration::milliseconds(200);
/// How often the first in line looks whether its time has come.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// The line of one process.
#[derive(Clone)]
pub struct Pace {
    service: &'static str,
    /// How many places are saved up at most.
    burst: u32,
    /// Who would wait longer does not wait.
    patience: Duration,
    db: Db,
    clock: Clock,
    first: Arc<Semaphore>,
    waiting: Arc<AtomicU32>,
    /// Of somebody who went away.
    left: Arc<Mutex<Option<OffsetDateTime>>>,
}

impl Pace {
    /// A line of this process, over the row that all processes share.
    #[must_use]
    pub fn new(service: &'static str, burst: u32, patience: Duration, db: Db, clock: Clock) -> Self {
        let burst = burst.max(1);
        let (waiting, left) = (Arc::default(), Arc::default());
        Self { service, burst, patience, db, clock, first: Arc::new(Semaphore::new(1)), waiting, left }
    }

    /// Waits for its turn, and gives the moment for which it was.
    ///
    /// # Errors
    /// When the wait would be too long, or the service asked for quiet.
    pub async fn turn(&self) -> Result<OffsetDateTime, Trouble> {
        let asked = self.clock.now();
        let here = Here::new(&self.waiting);
        let behind = here.ahead.saturating_sub(self.burst);
        if EVERY * behind > self.patience {
            return Err(throttled(EVERY * behind));
        }
        // The semaphore lets people through in the order in which they came, and forgets whoever goes away.
        let Ok(_first) = self.first.acquire().await else { return Err(throttled(self.patience)) };
        let saved = EVERY * (self.burst - 1);
        let left = self.left().take().filter(|place| *place >= self.clock.now() - saved);
        let place = match left {
            Some(place) => place,
            None => {
                let taken = store::take(&self.db, self.service, self.clock.now(), EVERY, saved).await?;
                if let Some(until) = taken.held_until {
                    return Err(Trouble::RateLimited { retry_after: whole(until - self.clock.now()) });
                }
                taken.place
            }
        };
        let mut held = Held { pace: self, place, used: false };
        if place - asked > self.patience {
            return Err(throttled(place - asked));
        }
        loop {
            let left = place - self.clock.now();
            if !left.is_positive() {
                break;
            }
            tokio::time::sleep(LOOK.min(left.unsigned_abs())).await;
        }
        held.used = true;
        Ok(place)
    }

    /// The service asks for so many seconds of quiet, from all processes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn hold(&self, seconds: u32) -> Result<(), sqlx::Error> {
        let until = self.clock.now() + Duration::seconds(i64::from(seconds.max(1)));
        *self.left() = None;
        store::hold(&self.db, self.service, until).await
    }

    fn left(&self) -> std::sync::MutexGuard<'_, Option<OffsetDateTime>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn throttled(wait: Duration) -> Trouble {
    metrics::counter!("aura_music_throttled_total").increment(1);
    Trouble::ThrottledLocally { retry_after: whole(wait) }
}

fn whole(wait: Duration) -> u32 {
    u32::try_from(wait.as_seconds_f64().ceil() as i64).unwrap_or(1).max(1)
}

/// Somebody in the line, who knows how many stand before.
struct Here<'a> {
    waiting: &'a AtomicU32,
    ahead: u32,
}

impl<'a> Here<'a> {
    fn new(waiting: &'a AtomicU32) -> Self {
        Self { waiting, ahead: waiting.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place, which is left to the next one unless it is used.
struct Held<'a> {
    pace: &'a Pace,
    place: OffsetDateTime,
    used: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.used {
            *self.pace.left() = Some(self.place);
        }
    }
}
