//! What has no owner: called by this feature's jobs only.

use sqlx::PgExecutor;
use time::OffsetDateTime;

/// Removes visits and consents that nobody came back for.
pub async fn purge(db: impl PgExecutor<'_>, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "with visits as (delete from broker_visits where expires_at <= $1)
         delete from broker_codes where expires_at <= $1",
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
