//! What has no owner: called by this feature's jobs only.

use sqlx::PgExecutor;
use time::OffsetDateTime;

/// Removes visits to consent pages that never came back.
pub async fn purge_flows(db: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from connection_flows where expires_at <= $1", now).execute(db).await?;
    Ok(done.rows_affected())
}
