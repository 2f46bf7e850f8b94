//! What is asked for no person.

use sqlx::query_scalar;
use time::OffsetDateTime;

use crate::platform::db::Db;

/// Which of these places of the file store a row names.
pub async fn keys_in_use(db: &Db, keys: &[String]) -> sqlx::Result<Vec<String>> {
    query_scalar!("select key from files where key = any($1)", keys).fetch_all(db).await
}

/// Where files lie that began to arrive before a moment and never did; not more than so many.
pub async fn stale_arrivals(db: &Db, before: OffsetDateTime, rows: i64) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "select key from files where arrived_at is null and created_at < $1 order by created_at limit $2",
        before,
        rows,
    )
    .fetch_all(db)
    .await
}

/// Removes the rows of files whose time is over, not more than so many, and tells where they lie.
pub async fn remove_passed(db: &Db, now: OffsetDateTime, rows: i64) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "delete from files where id in (
             select id from files where passes_at < $1 and arrived_at is not null
             order by passes_at limit $2 for update skip locked)
         returning key",
        now,
        rows,
    )
    .fetch_all(db)
    .await
}

pub async fn remove_stale(db: &Db, key: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from files where key = $1 and arrived_at is null", key).execute(db).await?;
    Ok(())
}
