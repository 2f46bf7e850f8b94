use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// Who has proved to own the address. Showing the letter's secret was the proof, so this needs no owner.
pub async fn user_by_email(connection: &mut PgConnection, email: &str) -> sqlx::Result<Option<UserId>> {
    query_scalar!(r#"select user_id as "id: UserId" from user_emails where email = $1::text::citext"#, email)
        .fetch_optional(connection)
        .await
}

pub async fn insert_user(
    connection: &mut PgConnection,
    user: UserId,
    display_name: &str,
    time_zone: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into users (id, display_name, time_zone, created_at) values ($1, $2, $3, $4)",
        user as UserId,
        display_name,
        time_zone,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn insert_email(
    connection: &mut PgConnection,
    user: UserId,
    email: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into user_emails (email, user_id, verified_at) values ($1::text::citext, $2, $3)",
        email,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn set_time_zone(connection: &mut PgConnection, user: UserId, time_zone: &str) -> sqlx::Result<()> {
    query!("update users set time_zone = $2 where id = $1 and time_zone <> $2", user as UserId, time_zone)
        .execute(connection)
        .await?;
    Ok(())
}
