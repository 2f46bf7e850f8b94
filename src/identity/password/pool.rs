use std::{num::NonZero, sync::Arc, thread};

use tokio::sync::Semaphore;

use super::PasswordError;

/// How many wait for each turn at most. A turn takes some hundredths of a second, so the last waits two or three.
const WAITING: usize = 64;

/// Where passwords are worked on: a few at once, so that the others' requests keep most of the machine, and so many
/// waiting. Who comes then is asked to come back.
#[derive(Clone)]
pub struct Pool {
    /// Working and waiting.
    places: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Pool {
    /// For this machine: half of its processors, and 19 MiB for each.
    pub fn sized() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self::of((processors / 2).max(1), WAITING)
    }

    fn of(turns: usize, waiting: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(turns * (1 + waiting))), working: Arc::new(Semaphore::new(turns)) }
    }

    /// Does some work when its turn comes.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| {
            metrics::counter!("aura_passwords_turned_away_total").increment(1);
            PasswordError::Busy
        })?;
        let turn = self.working.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        // Both are held until the work is done, also where nobody waits for it any longer.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|_| PasswordError::Hashing)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn so_many_wait_and_the_next_is_turned_away() {
        let pool = Pool::of(1, 2);
        let (open, gate) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || gate.recv().is_ok()).await }
        });
        while pool.working.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let wait = || {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(|| true).await })
        };
        let (second, third) = (wait(), wait());
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(pool.run(|| true).await, Err(PasswordError::Busy)));
        // Who gives up makes room.
        third.abort();
        while pool.places.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        let fourth = wait();
        open.send(()).unwrap();
        for done in [first, second, fourth] {
            assert!(done.await.unwrap().unwrap());
        }
        assert_eq!((pool.places.available_permits(), pool.working.available_permits()), (3, 1));
    }
}
