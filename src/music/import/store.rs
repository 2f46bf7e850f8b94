//! The table of imports.

use serde_json::Value;
use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{MusicImportId, UserId};

use super::reading::Place;

/// One import.
pub struct ImportRow {
    pub id: MusicImportId,
    pub user: UserId,
    pub key: Option<String>,
    pub name: String,
    pub size: i64,
    pub state: String,
    pub entry: i32,
    pub entry_row: i64,
    pub bytes_read: i64,
    pub rows_read: i64,
    pub added: i64,
    pub known: i64,
    pub merged: i64,
    pub skipped: Value,
    pub faults: Value,
    pub ended_early: String,
    pub created_at: OffsetDateTime,
}

pub struct NewImport<'a> {
    pub id: MusicImportId,
    pub user: UserId,
    pub key: &'a str,
    pub name: &'a str,
    pub size: i64,
    pub now: OffsetDateTime,
}

/// How many of a person's files wait or are being read.
pub async fn count_open(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "open!" from music_imports
           where user_id = $1 and state in ('waiting', 'reading', 'removing')"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

pub async fn insert(connection: &mut PgConnection, new: &NewImport<'_>) -> sqlx::Result<()> {
    query!(
        "insert into music_imports (id, user_id, key, name, size, state, created_at, beat_at)
         values ($1, $2, $3, $4, $5, 'waiting', $6, $6)",
        new.id as MusicImportId,
        new.user as UserId,
        new.key,
        new.name,
        new.size,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's imports, the newest first.
pub async fn list(connection: &mut PgConnection, user: UserId, rows: i64) -> sqlx::Result<Vec<ImportRow>> {
    query_as!(
        ImportRow,
        r#"select id as "id: MusicImportId", user_id as "user: UserId", key, name, size, state, entry, entry_row, bytes_read,
                  rows_read, added, known, merged, skipped, faults, ended_early, created_at
           from music_imports where user_id = $1 order by id desc limit $2"#,
        user as UserId,
        rows,
    )
    .fetch_all(connection)
    .await
}

/// Takes up an import that is to be read.
pub async fn begin(
    connection: &mut PgConnection,
    id: MusicImportId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<ImportRow>> {
    query_as!(
        ImportRow,
        r#"update music_imports set state = 'reading', beat_at = $2 where id = $1 and state in ('waiting', 'reading')
           returning id as "id: MusicImportId", user_id as "user: UserId", key, name, size, state, entry, entry_row,
                     bytes_read, rows_read, added, known, merged, skipped, faults, ended_early, created_at"#,
        id as MusicImportId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Keeps how far an import is, unless another process has gone on from the same place, or nobody wants it any more.
pub async fn advance(
    connection: &mut PgConnection,
    row: &ImportRow,
    before: Place,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let changed = query!(
        "update music_imports set entry = $5, entry_row = $6, bytes_read = $7, rows_read = $8, added = $9, known = $10,
                merged = $11, skipped = $12, faults = $13, ended_early = $14, beat_at = $15
         where id = $1 and user_id = $2 and entry = $3 and entry_row = $4 and state = 'reading'",
        row.id as MusicImportId,
        row.user as UserId,
        before.entry,
        before.row,
        row.entry,
        row.entry_row,
        row.bytes_read,
        row.rows_read,
        row.added,
        row.known,
        row.merged,
        row.skipped,
        row.faults,
        row.ended_early,
        now,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Ends an import: its file is no longer named.
pub async fn finish(
    connection: &mut PgConnection,
    id: MusicImportId,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update music_imports set state = 'done', key = null, bytes_read = size, ended_at = $3, beat_at = $3
         where id = $1 and user_id = $2 and state = 'reading'",
        id as MusicImportId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks an import as one that is to be taken back; whether it is there.
pub async fn remove(
    connection: &mut PgConnection,
    id: MusicImportId,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let changed = query!(
        "update music_imports set state = 'removing', beat_at = $3
         where id = $1 and user_id = $2 and state in ('waiting', 'reading', 'done')",
        id as MusicImportId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Whose import is being taken back, and where its file lies.
pub async fn removing(
    connection: &mut PgConnection,
    id: MusicImportId,
) -> sqlx::Result<Option<(UserId, Option<String>)>> {
    let row = query!(
        r#"select user_id as "user: UserId", key from music_imports where id = $1 and state = 'removing'"#,
        id as MusicImportId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.user, row.key)))
}

/// Takes back what an import told first, at most so many; how many there were.
pub async fn take_back(
    connection: &mut PgConnection,
    id: MusicImportId,
    user: UserId,
    most: i64,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let removed = query!(
        "with chosen as (
             select source_id, at, track_id from music_sightings where import_id = $1 and user_id = $2 limit $3
         ), beat as (
             update music_imports set beat_at = $4 where id = $1 and user_id = $2
         )
         delete from music_sightings s using chosen t
         where s.source_id = t.source_id and s.at = t.at and s.track_id = t.track_id",
        id as MusicImportId,
        user as UserId,
        most,
        now,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}

/// Ends a taking back. Sources of files that tell nothing any more go as well.
pub async fn removed(
    connection: &mut PgConnection,
    id: MusicImportId,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update music_imports set state = 'removed', key = null, ended_at = $3, beat_at = $3, faults = '[]'
         where id = $1 and user_id = $2 and state = 'removing'",
        id as MusicImportId,
        user as UserId,
        now,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "delete from music_sources s where s.user_id = $1 and s.kind like '%\\_file'
             and not exists (select from music_sightings g where g.source_id = s.id)",
        user as UserId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose turn it is again: nobody has worked on them for a while, so whoever did is gone. With whether they are taken back.
pub async fn forsaken(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    rows: i64,
) -> sqlx::Result<Vec<(MusicImportId, bool)>> {
    let rows = query!(
        r#"select id as "id: MusicImportId", state = 'removing' as "removing!" from music_imports
           where state in ('waiting', 'reading', 'removing') and beat_at < $1 order by beat_at limit $2"#,
        before,
        rows,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.removing)).collect())
}

/// Which of these files some import still needs.
pub async fn keys_in_use(connection: &mut PgConnection, keys: &[String]) -> sqlx::Result<Vec<String>> {
    query_scalar!(r#"select key as "key!" from music_imports where key = any($1)"#, keys).fetch_all(connection).await
}
