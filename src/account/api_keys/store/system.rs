//! What no one person asks for.

use sqlx::{PgPool, query};
use time::OffsetDateTime;

/// Removes keys that have opened nothing since before a time.
pub async fn purge(db: &PgPool, before: OffsetDateTime) -> sqlx::Result<u64> {
    Ok(query!("delete from api_keys where ended_at < $1 or expires_at < $1", before).execute(db).await?.rows_affected())
}
