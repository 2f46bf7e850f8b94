//! What people decided about themselves, in their own row.

pub mod system;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// The part of a person's row that their own pages show.
pub struct PersonRow {
    pub display_name: String,
    pub avatar_key: Option<String>,
    pub theme: String,
    pub time_zone: String,
    pub time_zone_chosen: bool,
    pub created_at: OffsetDateTime,
    pub last_signed_in_at: Option<OffsetDateTime>,
}

pub async fn person(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<PersonRow>> {
    query_as!(
        PersonRow,
        "select display_name, avatar_key, theme, time_zone, time_zone_chosen, created_at, last_signed_in_at
         from users where id = $1",
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

pub async fn set_display_name(connection: &mut PgConnection, user: UserId, name: &str) -> sqlx::Result<()> {
    query!("update users set display_name = $2 where id = $1", user as UserId, name).execute(connection).await?;
    Ok(())
}

pub async fn set_theme(connection: &mut PgConnection, user: UserId, theme: &str) -> sqlx::Result<()> {
    query!("update users set theme = $2 where id = $1", user as UserId, theme).execute(connection).await?;
    Ok(())
}

/// Chooses a zone; none: from now on the browser's is taken at sign-in.
pub async fn choose_time_zone(connection: &mut PgConnection, user: UserId, zone: Option<&str>) -> sqlx::Result<()> {
    query!(
        "update users set time_zone = coalesce($2, time_zone), time_zone_chosen = $2 is not null where id = $1",
        user as UserId,
        zone,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts another picture, or none, into the place of the one that was there, and tells which that was.
pub async fn replace_avatar(
    connection: &mut PgConnection,
    user: UserId,
    key: Option<&str>,
) -> sqlx::Result<Option<String>> {
    let before = query_scalar!("select avatar_key from users where id = $1 for update", user as UserId)
        .fetch_optional(&mut *connection)
        .await?
        .flatten();
    query!("update users set avatar_key = $2 where id = $1", user as UserId, key).execute(connection).await?;
    Ok(before)
}
