//! Background work on a queue in Postgres.
//!
//! A job is put in by the transaction that makes it necessary, so neither exists without the other. It runs at least
//! once: a handler that fails, or whose process dies, is tried again with growing pauses.

mod trouble;

use std::{collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext, WorkerOptions, WorkerShutdownConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::db::Db;
pub use trouble::{Trouble, TroubledJob, given_up, run_again, troubled};

/// The schema that the queue's tables live in.
pub const SCHEMA: &str = "graphile_worker";

/// With pauses of e, e², e³ … seconds the last try comes a good hour after the first.
const TRIES: i32 = 8;

/// Each holds a connection for its lock and takes others for its work: all at once would wait for one another when the
/// pool is empty.
const SWEEPS_AT_ONCE: usize = 3;

/// The queue failed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The database failed.
    #[error("the job queue failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The worker could not start or go on.
    #[error("the worker stopped: {0}")]
    Worker(String),
}

impl JobsError {
    /// As a failure of the database, which is what keeps the queue.
    #[must_use]
    pub fn into_database(self) -> sqlx::Error {
        match self {
            Self::Database(error) => error,
            Self::Worker(text) => sqlx::Error::Protocol(text),
        }
    }
}

/// Why a job is to be tried again. The text stands in the queue's table and in the log: nothing secret belongs into it.
#[derive(Debug)]
pub struct JobFailed(String, Again);

/// Whether another try may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Later,
    Never,
}

impl JobFailed {
    /// Something that no other try changes, as an event that this version cannot read.
    #[must_use]
    pub fn for_good(reason: impl Into<String>) -> Self {
        Self(reason.into(), Again::Never)
    }

    /// Whether no other try changes it.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        self.1 == Again::Never
    }

    /// Why, in our words.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl<E: std::error::Error> From<E> for JobFailed {
    fn from(error: E) -> Self {
        Self(error.to_string(), Again::Later)
    }
}

/// Which try this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from one.
    pub number: i16,
    /// No other follows.
    pub last: bool,
}

type Outcome = Pin<Box<dyn Future<Output = Result<(), JobFailed>> + Send>>;
type Handler = Arc<dyn Fn(Value, Attempt) -> Outcome + Send + Sync>;
type Sweep = Arc<dyn Fn() -> Outcome + Send + Sync>;

/// Puts jobs into the queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jobs;

impl Jobs {
    /// The queue.
    #[must_use]
    pub fn new() -> Self {
        Self
    }

    /// Puts a job in, in the caller's transaction. A job of the same key that still waits is replaced. The payload
    /// holds ids, not secrets: it can be read in the table.
    pub async fn enqueue(
        &self,
        connection: &mut PgConnection,
        task: &'static str,
        key: Option<&str>,
        payload: Value,
    ) -> Result<(), JobsError> {
        let envelope = serde_json::json!({ "task": task, "payload": payload });
        sqlx::query(
            "select graphile_worker.add_job(identifier => $1, payload => $2::json, job_key => $3, max_attempts => $4)",
        )
        .bind(Envelope::IDENTIFIER)
        .bind(envelope)
        .bind(key.map(|key| format!("{task}:{key}")))
        .bind(TRIES)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// What is done for which task, and what is done again and again.
#[derive(Clone, Default)]
pub struct JobTable {
    handlers: HashMap<&'static str, Handler>,
    sweeps: Vec<(&'static str, Duration, Sweep)>,
}

impl JobTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles a task.
    #[must_use]
    pub fn on<F, R>(self, task: &'static str, handler: F) -> Self
    where
        F: Fn(Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobFailed>> + Send + 'static,
    {
        self.on_attempt(task, move |payload, _| handler(payload))
    }

    /// Handles a task whose last try is special. Where another feature handles the task as well, this one follows; when it
    /// fails, both are tried again.
    #[must_use]
    pub fn on_attempt<F, R>(mut self, task: &'static str, handler: F) -> Self
    where
        F: Fn(Value, Attempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobFailed>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |payload, attempt| Box::pin(handler(payload, attempt)));
        let handler = match self.handlers.remove(task) {
            None => handler,
            Some(first) => Arc::new(move |payload: Value, attempt| -> Outcome {
                let (first, then) = (first(payload.clone(), attempt), handler.clone());
                Box::pin(async move {
                    first.await?;
                    then(payload, attempt).await
                })
            }),
        };
        self.handlers.insert(task, handler);
        self
    }

    /// Does something at an interval, in one process at a time.
    #[must_use]
    pub fn every<F, R>(mut self, interval: Duration, name: &'static str, sweep: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobFailed>> + Send + 'static,
    {
        self.sweeps.push((name, interval, Arc::new(move || Box::pin(sweep()))));
        self
    }

    /// Works until the token is cancelled, then lets what runs finish for some seconds.
    pub async fn run(self, db: Db, stop: CancellationToken) {
        let turns = Arc::new(Semaphore::new(SWEEPS_AT_ONCE));
        let sweeps = self.sweeps.iter().map(|(name, interval, sweep)| {
            repeat(db.clone(), name, *interval, sweep.clone(), turns.clone(), stop.clone())
        });
        tokio::join!(futures::future::join_all(sweeps), self.work(&db, &stop));
    }

    /// Keeps a worker running: one that fails, as when the database restarts, is followed by another.
    async fn work(&self, db: &Db, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let failure = match self.worker(db, stop).await {
                Ok(worker) => worker.run().await.err().map(|error| error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(error) = failure {
                tracing::error!(%error, "the worker stopped and starts again");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(2)) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    /// Does all jobs that are due, and returns.
    pub async fn drain(&self, db: &Db) -> Result<(), JobsError> {
        let worker = self.worker(db, &CancellationToken::new()).await?;
        worker.run_once().await.map_err(|error| JobsError::Worker(error.to_string()))
    }

    async fn worker(&self, db: &Db, stop: &CancellationToken) -> Result<graphile_worker::Worker, JobsError> {
        let shutdown = WorkerShutdownConfig::default()
            .listen_os_shutdown_signals(false)
            .grace_period(Duration::from_secs(10))
            .shutdown_signal(stop.clone().cancelled_owned());
        WorkerOptions::default()
            .pg_pool(db.clone())
            .schema(SCHEMA)
            .concurrency(8)
            .poll_interval(Duration::from_secs(2))
            .worker_shutdown(shutdown)
            .add_extension(self.clone())
            .define_job::<Envelope>()
            .init()
            .await
            .map_err(|error| JobsError::Worker(error.to_string()))
    }
}

/// Shows the names.
impl fmt::Debug for JobTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sweeps: Vec<_> = self.sweeps.iter().map(|(name, ..)| name).collect();
        formatter.debug_struct("JobTable").field("tasks", &self.handlers.keys()).field("sweeps", &sweeps).finish()
    }
}

/// How every job of ours stands in the queue: the queue knows one kind, and the table above tells the tasks apart.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    task: String,
    payload: Value,
}

impl TaskHandler for Envelope {
    const IDENTIFIER: &'static str = "aura";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let job = context.job();
        let attempt = Attempt { number: *job.attempts(), last: job.attempts() >= job.max_attempts() };
        let handler =
            context.extensions().get::<JobTable>().and_then(|table| table.handlers.get(self.task.as_str()).cloned());
        let result = match handler {
            Some(handler) => handler(self.payload, attempt).await,
            None => Err(JobFailed(format!("no handler for the task `{}`", self.task), Again::Later)),
        };
        let outcome = if result.is_ok() { "done" } else { "failed" };
        metrics::counter!("aura_jobs_total", "task" => self.task.clone(), "outcome" => outcome).increment(1);
        result.map_err(|JobFailed(reason, _)| {
            if attempt.last {
                tracing::error!(task = %self.task, attempt = attempt.number, %reason, "a job failed for good");
            } else {
                tracing::warn!(task = %self.task, attempt = attempt.number, %reason, "a job failed and will be tried again");
            }
            reason
        })
    }
}

async fn repeat(
    db: Db,
    name: &'static str,
    interval: Duration,
    sweep: Sweep,
    turns: Arc<Semaphore>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let Ok(_turn) = turns.acquire().await else { return };
        if let Err(JobFailed(reason, _)) = alone(&db, name, &sweep).await {
            tracing::error!(sweep = name, %reason, "a sweep failed; it comes again");
        }
    }
}

/// Runs a sweep while holding its lock; does nothing while another process holds it.
async fn alone(db: &Db, name: &str, sweep: &Sweep) -> Result<(), JobFailed> {
    let mut transaction = db.begin().await?;
    let ours: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended('aura sweep ' || $1, 0))")
        .bind(name)
        .fetch_one(&mut *transaction)
        .await?;
    if ours {
        sweep().await?;
    }
    transaction.commit().await?;
    Ok(())
}
