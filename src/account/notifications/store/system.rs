//! What no one person asks for.

use sqlx::{PgPool, query};
use time::OffsetDateTime;

/// Removes what was told before a time, read or not.
pub async fn purge(db: &PgPool, before: OffsetDateTime) -> sqlx::Result<u64> {
    Ok(query!("delete from notifications where created_at < $1", before).execute(db).await?.rows_affected())
}
