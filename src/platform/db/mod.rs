//! The database: the pool, the migrations, and errors that have a meaning.

mod ids;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    Connection as _, Executor as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::config::DatabaseSettings;

/// The pool that every store works on.
pub type Db = sqlx::PgPool;

/// The steps under `migrations/`, built into the program.
pub static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Held while the schema changes, so that two starting processes take turns.
const MIGRATION_LOCK: i64 = 0x4155_5241_0001;

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database failed or refused.
    #[error("the database could not be migrated: {0}")]
    Database(#[from] sqlx::Error),
    /// A step failed, or an applied one has changed since.
    #[error("the database could not be migrated: {0}")]
    Step(#[from] MigrateError),
    /// The queue's own tables could not be made.
    #[error("the job queue's tables could not be made: {0}")]
    Queue(String),
}

fn options(url: &SecretString) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    Ok(options.application_name("aura"))
}

/// Opens the pool of the running role. No statement may take longer than ten seconds, and nobody waits longer than
/// three for a connection.
pub async fn connect(settings: &DatabaseSettings) -> Result<Db, sqlx::Error> {
    pool().connect_with(options(&settings.url)?).await
}

/// Every connection is tested when it is given back, so one that rested for less is not tested again when it is taken:
/// that would be a round trip more for every request.
const TESTED_FOR: Duration = Duration::from_secs(1);

fn pool() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(20)
        .acquire_timeout(Duration::from_secs(3))
        .test_before_acquire(false)
        .before_acquire(|connection, resting| {
            Box::pin(async move {
                if resting.idle_for > TESTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            // Set after connecting and not as a start-up option, which poolers refuse.
            Box::pin(async move {
                connection
                    .execute("set statement_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'")
                    .await?;
                Ok(())
            })
        })
}

/// Brings the schema and the job queue's tables up to date, as the owning role. Safe in two processes at once.
pub async fn migrate(settings: &DatabaseSettings) -> Result<(), MigrationError> {
    let options = options(&settings.owner_url)?;
    let mut connection = PgConnection::connect_with(&options).await?;
    sqlx::query("select pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut connection).await?;
    let result = apply(&mut connection, options).await;
    // Closing the session gives the lock back, whatever happened.
    connection.close().await?;
    result
}

async fn apply(connection: &mut PgConnection, options: PgConnectOptions) -> Result<(), MigrationError> {
    MIGRATOR.run(&mut *connection).await?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let queue = migrate_queue(&pool).await;
    pool.close().await;
    queue
}

/// Makes or updates the job queue's own tables; part of [`migrate`], and what a test on an empty database needs beside
/// the steps.
pub async fn migrate_queue(db: &Db) -> Result<(), MigrationError> {
    let queue = graphile_worker::WorkerUtils::new(db.clone(), super::jobs::SCHEMA).migrate().await;
    queue.map_err(|error| MigrationError::Queue(error.to_string()))
}

/// The names of the steps that this database lacks; empty when it is up to date.
pub async fn unapplied(db: &Db) -> Result<Vec<String>, sqlx::Error> {
    let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(db).await?;
    let applied: Vec<i64> = if known {
        sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(db).await?
    } else {
        Vec::new()
    };
    let mut missing: Vec<String> = MIGRATOR
        .iter()
        .filter(|step| step.migration_type.is_up_migration() && !applied.contains(&step.version))
        .map(|step| format!("{:04} {}", step.version, step.description))
        .collect();
    let queue: bool =
        sqlx::query_scalar("select to_regclass('graphile_worker.migrations') is not null").fetch_one(db).await?;
    if !queue {
        missing.push("the job queue's tables".into());
    }
    Ok(missing)
}

/// Gives the violation of a named constraint its meaning.
pub trait Constraint<T> {
    /// Turns the violation of this constraint into `meaning`, and any other failure into the error it converts to.
    fn on_constraint<E: From<sqlx::Error>>(self, name: &str, meaning: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T> Constraint<T> for Result<T, sqlx::Error> {
    fn on_constraint<E: From<sqlx::Error>>(self, name: &str, meaning: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| match error.as_database_error().and_then(|database| database.constraint()) {
            Some(violated) if violated == name => meaning(),
            _ => error.into(),
        })
    }
}
