//! Jobs that did not work out, for operators. The queue's tables belong to graphile_worker, and are there only once it
//! has made them: its own functions change them, and queries cannot be checked at compile time.

use sqlx::Row as _;
use time::{Duration, OffsetDateTime};

use super::JobsError;
use crate::platform::db::Db;

/// A job that is held for longer than this has lost its worker.
const STUCK_AFTER: Duration = Duration::minutes(10);

/// What became of a job so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It failed, and will be tried again.
    WillRetry,
    /// It failed for good.
    GivenUp,
    /// A worker took it and has not come back.
    Stuck,
}

/// A job in trouble. What it holds is not told: its own ids say enough.
#[derive(Clone, Debug)]
pub struct TroubledJob {
    pub id: i64,
    pub task: String,
    pub trouble: Trouble,
    pub tries: i16,
    pub most_tries: i16,
    /// Why it failed last.
    pub reason: String,
    pub created_at: OffsetDateTime,
    /// When it is due.
    pub run_at: OffsetDateTime,
}

/// The jobs in trouble, those that were given up first.
///
/// # Errors
/// When the database is away.
pub async fn troubled(db: &Db, now: OffsetDateTime, limit: i64) -> Result<Vec<TroubledJob>, JobsError> {
    let rows = sqlx::query(
        "select id, coalesce(payload ->> 'task', '') as task, attempts, max_attempts,
             left(coalesce(last_error, ''), 300) as reason, created_at, run_at, locked_at is not null as held
         from graphile_worker._private_jobs
         where (locked_at is null and last_error is not null) or attempts >= max_attempts or locked_at < $1
         order by attempts >= max_attempts desc, id desc limit $2",
    )
    .bind(now - STUCK_AFTER)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let job = |row: sqlx::postgres::PgRow| {
        let (tries, most_tries): (i16, i16) = (row.try_get("attempts")?, row.try_get("max_attempts")?);
        let trouble = match (row.try_get("held")?, tries >= most_tries) {
            (true, _) => Trouble::Stuck,
            (false, true) => Trouble::GivenUp,
            (false, false) => Trouble::WillRetry,
        };
        Ok(TroubledJob {
            id: row.try_get("id")?,
            task: row.try_get("task")?,
            trouble,
            tries,
            most_tries,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            run_at: row.try_get("run_at")?,
        })
    };
    rows.into_iter().map(job).collect::<Result<_, sqlx::Error>>().map_err(JobsError::from)
}

/// How many jobs were given up.
///
/// # Errors
/// When the database is away.
pub async fn given_up(db: &Db) -> Result<i64, JobsError> {
    let count = sqlx::query_scalar(
        "select count(*) from graphile_worker._private_jobs where locked_at is null and attempts >= max_attempts",
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// Lets a job run again from its first try on; false where there is none, or where a worker has it at this moment.
///
/// # Errors
/// When the database is away.
pub async fn run_again(db: &Db, id: i64, now: OffsetDateTime) -> Result<bool, JobsError> {
    let changed = sqlx::query("select from graphile_worker.reschedule_jobs(array[$1], run_at => $2, attempts => 0)")
        .bind(id)
        .bind(now)
        .fetch_all(db)
        .await?;
    Ok(!changed.is_empty())
}
