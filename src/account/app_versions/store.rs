use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::AppVersionId;

/// A version that was published. It belongs to the installation.
#[derive(Clone)]
pub struct AppVersionRow {
    pub id: AppVersionId,
    pub platform: String,
    pub version: String,
    pub required: bool,
    pub store_url: String,
    pub notes: String,
    pub created_at: OffsetDateTime,
}

/// Whether it was not there yet.
pub async fn insert(connection: &mut PgConnection, new: &AppVersionRow) -> sqlx::Result<bool> {
    let done = query!(
        "insert into app_versions (id, platform, version, required, store_url, notes, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (platform, version) do nothing",
        new.id as AppVersionId,
        new.platform,
        new.version,
        new.required,
        new.store_url,
        new.notes,
        new.created_at,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// All of one platform: as many as were published for it.
pub async fn of_platform(connection: &mut PgConnection, platform: &str) -> sqlx::Result<Vec<AppVersionRow>> {
    query_as!(
        AppVersionRow,
        r#"select id as "id: AppVersionId", platform, version, required, store_url, notes, created_at
           from app_versions where platform = $1"#,
        platform,
    )
    .fetch_all(connection)
    .await
}

/// All, the newest first.
pub async fn page(
    connection: &mut PgConnection,
    after: Option<AppVersionId>,
    rows: i64,
) -> sqlx::Result<Vec<AppVersionRow>> {
    query_as!(
        AppVersionRow,
        r#"select id as "id: AppVersionId", platform, version, required, store_url, notes, created_at
           from app_versions where $1::uuid is null or id < $1 order by id desc limit $2"#,
        after as Option<AppVersionId>,
        rows,
    )
    .fetch_all(connection)
    .await
}

/// Whether it was there.
pub async fn delete(connection: &mut PgConnection, platform: &str, version: &str) -> sqlx::Result<bool> {
    let done = query!("delete from app_versions where platform = $1 and version = $2", platform, version)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
