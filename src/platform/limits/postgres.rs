//! Windows in Postgres, shared by all processes. Every decision is one statement.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Decision, LimitStore, Rule, StoreAway};
use crate::platform::db::Db;

/// Windows in the table `limit_windows`.
#[derive(Clone, Debug)]
pub struct PostgresStore(Db);

impl PostgresStore {
    /// Windows in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    /// Drops the windows in which nothing stands any more; returns how many.
    pub async fn purge(&self, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        Ok(sqlx::query!("delete from limit_windows where stale_at <= $1", now).execute(&self.0).await?.rows_affected())
    }
}

#[async_trait]
impl LimitStore for PostgresStore {
    async fn hit(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway> {
        let Rule { bucket, max, window } = rule;
        // The row's lock puts parallel hits in a line, and the condition is tested on the row as the one before left it.
        // A refused hit reads the row as it stood when the statement began: its oldest hit is still the oldest.
        let row = sqlx::query!(
            r#"
            with taken as (
                insert into limit_windows as held (bucket, key_hash, hits, stale_at)
                values ($1, $2, array[$3::timestamptz], $4)
                on conflict (bucket, key_hash) do update
                set hits = array(select hit from unnest(held.hits) as hit where hit > $5 order by hit) || $3::timestamptz,
                    stale_at = greatest(held.stale_at, excluded.stale_at)
                where (select count(*) from unnest(held.hits) as hit where hit > $5) < $6
                returning 1
            )
            select
                exists (select from taken) as "allowed!",
                (
                    select min(hit) from limit_windows, unnest(hits) as hit
                    where bucket = $1 and key_hash = $2 and hit > $5
                ) as oldest
            "#,
            bucket.name(),
            key.as_slice(),
            now,
            now + window,
            now - window,
            i64::try_from(max).unwrap_or(i64::MAX),
        )
        .fetch_one(&self.0)
        .await
        .map_err(|error| StoreAway::because(&error))?;
        // No row was there when a refused statement began: others filled the window since, so it opened just now.
        Ok(if row.allowed { Decision::Allowed } else { Decision::Refused { oldest: row.oldest.unwrap_or(now) } })
    }
}
