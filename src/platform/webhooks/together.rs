//! Keeps what arrives at the same moment in one transaction. A queue tells its workers of new jobs by `NOTIFY`, and
//! Postgres lets only one transaction with a notice commit at a time: one for each event would make events wait in line.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Semaphore, oneshot};

use super::{
    WebhookError,
    inbox::Received,
    store::{self, NewEvent},
    work::TASK,
};
use crate::{
    kit::id::WebhookEventId,
    platform::{db::Db, jobs::Jobs},
};

/// How many events one transaction takes at most.
const MOST: usize = 64;
/// How many transactions there are at once: while one is written to the disk, the next is made ready.
const LANES: usize = 2;

/// Those that keep events in one process; each waits until its event is committed.
#[derive(Clone)]
pub(super) struct Together {
    db: Db,
    jobs: Jobs,
    line: Arc<Line>,
}

struct Line {
    waiting: Mutex<Vec<Waiting>>,
    lanes: Semaphore,
}

struct Waiting {
    event: Arc<NewEvent>,
    told: oneshot::Sender<Told>,
}

enum Told {
    Kept(Received),
    Failed(WebhookError),
    /// The transaction failed, perhaps by an event of somebody else.
    TryAlone,
}

impl Together {
    pub(super) fn new(db: Db, jobs: Jobs) -> Self {
        let line = Line { waiting: Mutex::default(), lanes: Semaphore::new(LANES) };
        Self { db, jobs, line: Arc::new(line) }
    }

    /// Keeps an event, and sees to it that it is done, once.
    pub(super) async fn keep(&self, event: NewEvent) -> Result<Received, WebhookError> {
        let event = Arc::new(event);
        let (told, heard) = oneshot::channel();
        self.waiting().push(Waiting { event: Arc::clone(&event), told });
        // A task of its own: whoever hangs up takes nobody else's event along.
        let all = self.clone();
        tokio::spawn(async move { all.take_turn().await });
        match heard.await {
            Ok(Told::Kept(received)) => Ok(received),
            Ok(Told::Failed(error)) => Err(error),
            Ok(Told::TryAlone) | Err(_) => {
                let new = self.insert(std::slice::from_ref(&event)).await?;
                Ok(received(&new, &event))
            }
        }
    }

    /// Whoever has a lane keeps all that wait; those who waited for one mostly find nothing left to do.
    async fn take_turn(&self) {
        // It is never closed.
        let Ok(_lane) = self.line.lanes.acquire().await else { return };
        let waiting: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(MOST);
            waiting.drain(..count).collect()
        };
        if waiting.is_empty() {
            return;
        }
        let events: Vec<_> = waiting.iter().map(|waiting| Arc::clone(&waiting.event)).collect();
        let alone = events.len() == 1;
        match self.insert(&events).await {
            Ok(new) => {
                for Waiting { event, told } in waiting {
                    let _ = told.send(Told::Kept(received(&new, &event)));
                }
            }
            Err(error) => {
                tracing::warn!(%error, events = events.len(), "events could not be kept together");
                let mut error = alone.then_some(error);
                for Waiting { told, .. } in waiting {
                    let _ = told.send(error.take().map_or(Told::TryAlone, Told::Failed));
                }
            }
        }
    }

    /// Which of them are new: those, and the job that does them, are committed.
    async fn insert(&self, events: &[Arc<NewEvent>]) -> Result<HashSet<WebhookEventId>, WebhookError> {
        let mut tx = self.db.begin().await?;
        let new = store::insert_events(&mut tx, events).await?;
        if !new.is_empty() {
            // One job for all: a queue of many jobs is what keeping them costs most.
            self.jobs.enqueue(&mut tx, TASK, None, serde_json::json!({ "ids": new })).await?;
        }
        tx.commit().await?;
        Ok(new.into_iter().collect())
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.line.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn received(new: &HashSet<WebhookEventId>, event: &NewEvent) -> Received {
    if new.contains(&event.id) { Received::New } else { Received::Known }
}
