//! The playlists that an export makes, and what of them is begun.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, query, query_as};

use super::Due;
use crate::kit::id::{MusicExportId, UserId};

/// One playlist in the account.
#[derive(Clone, Debug)]
pub struct PartRow {
    pub export: MusicExportId,
    pub number: i32,
    pub remote_id: Option<String>,
    pub url: Option<String>,
    pub making: bool,
    /// The places of the lines that are being added, and where in the account's playlist.
    pub adding: Option<Vec<i32>>,
    pub adding_at: Option<i32>,
    pub differences: Option<Value>,
    pub removed: bool,
}

pub async fn parts(db: impl PgExecutor<'_>, user: UserId, exports: &[MusicExportId]) -> sqlx::Result<Vec<PartRow>> {
    let exports: Vec<uuid::Uuid> = exports.iter().map(|id| uuid::Uuid::from(*id)).collect();
    query_as!(
        PartRow,
        r#"select export_id as "export: MusicExportId", number, remote_id, url, making, adding, adding_at, differences, removed
           from music_export_parts where user_id = $1 and export_id = any($2) order by export_id, number"#,
        user as UserId,
        &exports,
    )
    .fetch_all(db)
    .await
}

/// The part of this number, made where there is none.
pub async fn open_part(connection: &mut PgConnection, due: &Due, number: i32) -> sqlx::Result<PartRow> {
    query!(
        "insert into music_export_parts (export_id, user_id, number) values ($1, $2, $3) on conflict do nothing",
        due.id as MusicExportId,
        due.user as UserId,
        number,
    )
    .execute(&mut *connection)
    .await?;
    query_as!(
        PartRow,
        r#"select export_id as "export: MusicExportId", number, remote_id, url, making, adding, adding_at, differences, removed
           from music_export_parts where export_id = $1 and user_id = $2 and number = $3"#,
        due.id as MusicExportId,
        due.user as UserId,
        number,
    )
    .fetch_one(connection)
    .await
}

/// From now on it may be there.
pub async fn making(db: impl PgExecutor<'_>, due: &Due, number: i32) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set making = true where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn made(db: impl PgExecutor<'_>, due: &Due, number: i32, id: &str, url: &str) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set making = false, remote_id = $4, url = $5
         where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
        id,
        url,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// From now on these lines may be there.
pub async fn adding(db: impl PgExecutor<'_>, due: &Due, number: i32, places: &[i32], at: i32) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set adding = $4, adding_at = $5, differences = null
         where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
        places,
        at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What became of them is known.
pub async fn settled_adding(
    connection: &mut PgConnection,
    due: &Due,
    number: i32,
    snapshot: Option<&str>,
) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set adding = null, adding_at = null, snapshot = coalesce($4, snapshot)
         where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
        snapshot,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn read_back(db: impl PgExecutor<'_>, due: &Due, number: i32, differences: &Value) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set differences = $4 where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
        differences,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn removed(connection: &mut PgConnection, due: &Due, number: i32) -> sqlx::Result<()> {
    query!(
        "update music_export_parts set removed = true, making = false
         where export_id = $1 and user_id = $2 and number = $3",
        due.id as MusicExportId,
        due.user as UserId,
        number,
    )
    .execute(connection)
    .await?;
    Ok(())
}
