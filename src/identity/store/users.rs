use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// Who has proved to own the address. Showing the letter's secret was the proof, so this needs no owner.
pub async fn user_by_email(connection: &mut PgConnection, email: &str) -> sqlx::Result<Option<UserId>> {
    query_scalar!(r#"select user_id as "id: UserId" from user_emails where email = $1::text::citext"#, email)
        .fetch_optional(connection)
        .await
}

/// Lets sign-ins of one key wait for each other until their transactions end, so that a new one makes one person.
pub async fn lock_key(connection: &mut PgConnection, key: &str) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(connection).await?;
    Ok(())
}

/// Whether somebody may come in.
pub struct SignIn {
    pub active: bool,
    /// When they leave for good.
    pub leaves_at: Option<OffsetDateTime>,
}

/// Notes that a person signed in, and tells whether they may. `None` when there is no such person.
pub async fn note_sign_in(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<SignIn>> {
    query_as!(
        SignIn,
        r#"update users set last_signed_in_at = $2 where id = $1
           returning status = 'active' as "active!", leaves_at"#,
        user as UserId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// The person's proved address.
pub async fn email_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!(r#"select email::text as "email!" from user_emails where user_id = $1"#, user as UserId)
        .fetch_optional(connection)
        .await
}

/// What to call a person.
pub async fn display_name_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!("select display_name from users where id = $1", user as UserId).fetch_optional(connection).await
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

/// Notes the zone that a person's browser tells, unless they chose one.
pub async fn set_time_zone(connection: &mut PgConnection, user: UserId, time_zone: &str) -> sqlx::Result<()> {
    query!(
        "update users set time_zone = $2 where id = $1 and time_zone <> $2 and not time_zone_chosen",
        user as UserId,
        time_zone
    )
    .execute(connection)
    .await?;
    Ok(())
}
