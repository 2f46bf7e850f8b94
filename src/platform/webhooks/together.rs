//! Keeps what arrives at the same moment in one transaction. A queue tells its workers of new jobs by `NOTIFY`, and
//! Postgres lets only one transaction with a notice commit at a time: one for each event would make events wait in line.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

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

/// Those that keep events in one process; each waits until its event is committed.
#[derive(Clone)]
pub(super) struct Together {
    db: Db,
    jobs: Jobs,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
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
        Self { db, jobs, line: Arc::default() }
    }

    /// Keeps an event with its job, once.
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

    /// Whoever has the turn keeps all that wait; those who waited for it mostly find nothing left to do.
    async fn take_turn(&self) {
        let _turn = self.line.turn.lock().await;
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

    /// Which of them are new: those, and their jobs, are committed.
    async fn insert(&self, events: &[Arc<NewEvent>]) -> Result<HashSet<WebhookEventId>, WebhookError> {
        let mut tx = self.db.begin().await?;
        let new = store::insert_events(&mut tx, events).await?;
        let jobs: Vec<_> = new.iter().map(|id| (Some(id.to_string()), serde_json::json!({ "id": id }))).collect();
        self.jobs.enqueue_all(&mut tx, TASK, &jobs).await?;
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
