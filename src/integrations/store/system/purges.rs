use sqlx::PgExecutor;
use time::OffsetDateTime;

/// Removes visits to consent pages that never came back.
pub async fn purge_flows(db: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from connection_flows where expires_at <= $1", now).execute(db).await?;
    Ok(done.rows_affected())
}

/// Removes consents whose question nobody has answered, with their tokens.
pub async fn purge_choices(db: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from connection_choices where expires_at <= $1", now).execute(db).await?;
    Ok(done.rows_affected())
}

/// Removes what happened to connections before a moment.
pub async fn purge_events(db: impl PgExecutor<'_>, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from connection_events where created_at < $1", before).execute(db).await?;
    Ok(done.rows_affected())
}

/// Removes from the logs of calls what was begun before a moment.
pub async fn purge_calls(db: impl PgExecutor<'_>, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from tool_calls where started_at < $1", before).execute(db).await?;
    Ok(done.rows_affected())
}

/// Destroys what could not be given back in time.
pub async fn purge_revocations(db: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from revocations where ends_at <= $1", now).execute(db).await?;
    Ok(done.rows_affected())
}
