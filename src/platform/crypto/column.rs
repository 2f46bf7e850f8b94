//! Sealing anew what another key has sealed, while everything is read and written.

use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{Place, Vault};
use crate::platform::db::Db;

/// Rows that are taken at once.
const BATCH: i64 = 500;
/// Passes after which it is given up: somebody keeps writing with an old key.
const PASSES: usize = 10;

/// A column that holds sealed values, and what they are bound to. Each of its rows has an `id`; the expressions are SQL
/// over the row, which is called `t`.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The owner's id; null: nobody's.
    pub owner: &'static str,
    /// The outside service.
    pub provider: &'static str,
}

/// What the platform itself keeps sealed; features name their own columns. The canary is not among them: it is sealed
/// anew when everything else is.
pub const PLATFORM: &[SealedColumn] = &[
    SealedColumn { table: "mails", column: "sealed_content", owner: "null", provider: "''" },
    SealedColumn { table: "text_messages", column: "sealed_recipient", owner: "null", provider: "''" },
    SealedColumn { table: "text_messages", column: "sealed_content", owner: "null", provider: "''" },
    SealedColumn { table: "webhook_events", column: "sealed_body", owner: "null", provider: "t.source" },
    SealedColumn { table: "idempotency_keys", column: "sealed_answer", owner: "t.user_id", provider: "''" },
];

/// What became of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that are sealed with the writing key now.
    pub done: u64,
    /// Values that do not open with any key of the ring. They stay as they are.
    pub shut: u64,
}

impl SealedColumn {
    /// Seals every value of the column with the vault's writing key. Can be stopped at any moment and begun again; a
    /// value that changes meanwhile is left to whoever changed it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn reseal(&self, db: &Db, vault: &Vault) -> Result<Resealed, sqlx::Error> {
        let mut all = Resealed::default();
        for _ in 0..PASSES {
            let pass = self.pass(db, vault).await?;
            all = Resealed { done: all.done + pass.done, shut: pass.shut };
            if pass.done == 0 {
                break;
            }
        }
        Ok(all)
    }

    async fn pass(&self, db: &Db, vault: &Vault) -> Result<Resealed, sqlx::Error> {
        let Self { table, column, owner, provider } = self;
        let nobody = Uuid::nil();
        let find = format!(
            "select t.id, coalesce({owner}, $4::uuid) as owner, coalesce({provider}, '') as provider, t.{column} as sealed
             from {table} t where t.{column} is not null and t.{column} not like $1 and t.id > $2 order by t.id limit $3"
        );
        let put = format!(
            "update {table} t set {column} = new.sealed
             from unnest($1::uuid[], $2::text[], $3::text[]) as new (id, old, sealed)
             where t.id = new.id and t.{column} = new.old"
        );
        let ours = format!("{}%", vault.writing_prefix());
        let (mut after, mut resealed) = (nobody, Resealed::default());
        loop {
            let rows = sqlx::query(AssertSqlSafe(find.as_str()))
                .bind(&ours)
                .bind(after)
                .bind(BATCH)
                .bind(nobody)
                .fetch_all(db)
                .await?;
            let Some(last) = rows.last() else { return Ok(resealed) };
            after = last.try_get("id")?;
            let (mut ids, mut olds, mut news): (Vec<Uuid>, Vec<String>, Vec<String>) = Default::default();
            for row in &rows {
                let (id, owner, provider): (Uuid, Uuid, String) =
                    (row.try_get("id")?, row.try_get("owner")?, row.try_get("provider")?);
                let place = Place { table, column, row: id, owner, provider: &provider };
                let old: String = row.try_get("sealed")?;
                match vault.open(&place, &old).and_then(|plain| vault.seal(&place, &plain)) {
                    Ok(new) => {
                        ids.push(id);
                        olds.push(old);
                        news.push(new);
                    }
                    Err(_) => resealed.shut += 1,
                }
            }
            let put = sqlx::query(AssertSqlSafe(put.as_str())).bind(&ids).bind(&olds).bind(&news).execute(db).await?;
            resealed.done += put.rows_affected();
        }
    }

    /// How many values each key has sealed, by the key's id.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count(&self, db: &Db) -> Result<Vec<(String, i64)>, sqlx::Error> {
        let Self { table, column, .. } = self;
        let count = format!(
            "select split_part({column}, '.', 2) as key, count(*) as values from {table}
             where {column} is not null group by 1 order by 1"
        );
        let rows = sqlx::query(AssertSqlSafe(count.as_str())).fetch_all(db).await?;
        rows.iter().map(|row| Ok((row.try_get("key")?, row.try_get("values")?))).collect()
    }

    /// Whether a value here needs this key.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn needs(&self, db: &Db, key: &str) -> Result<bool, sqlx::Error> {
        let Self { table, column, .. } = self;
        let needs = format!("select exists (select from {table} where split_part({column}, '.', 2) = $1)");
        sqlx::query_scalar(AssertSqlSafe(needs.as_str())).bind(key).fetch_one(db).await
    }
}
