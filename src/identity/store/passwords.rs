use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// Whose address this is, and what is kept of their password, if they have one. Whoever asks has shown a password to be
/// compared, so this needs no owner.
pub async fn password_by_email(
    connection: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<(UserId, Option<String>)>> {
    let found = query!(
        r#"select e.user_id as "user: UserId", p.hash as "hash?"
           from user_emails e left join passwords p on p.user_id = e.user_id
           where e.email = $1::text::citext"#,
        email,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|found| (found.user, found.hash)))
}

/// What is kept of a person's password.
pub async fn password_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!("select hash from passwords where user_id = $1", user as UserId).fetch_optional(connection).await
}

/// When a person's password was last changed.
pub async fn password_changed_at(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<OffsetDateTime>> {
    query_scalar!("select changed_at from passwords where user_id = $1", user as UserId)
        .fetch_optional(connection)
        .await
}

/// The person's password from now on, whether they had one or not.
pub async fn set_password(
    connection: &mut PgConnection,
    user: UserId,
    hash: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into passwords (user_id, hash, changed_at) values ($1, $2, $3)
         on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at",
        user as UserId,
        hash,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps the same password by better parameters, unless it was changed meanwhile.
pub async fn rehash_password(connection: &mut PgConnection, user: UserId, old: &str, new: &str) -> sqlx::Result<()> {
    query!("update passwords set hash = $3 where user_id = $1 and hash = $2", user as UserId, old, new)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether there was one.
pub async fn delete_password(connection: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    let gone = query!("delete from passwords where user_id = $1", user as UserId).execute(connection).await?;
    Ok(gone.rows_affected() == 1)
}
