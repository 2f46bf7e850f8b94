use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{EmailChangeId, UserId};

/// A replacement that can still be undone.
pub struct EmailChange {
    pub user: UserId,
    pub old_email: String,
    pub created_at: OffsetDateTime,
}

pub struct NewEmailChange<'a> {
    pub id: EmailChangeId,
    pub user: UserId,
    pub old_email: &'a str,
    pub new_email: &'a str,
    pub undo_hash: &'a [u8],
    pub created_at: OffsetDateTime,
    pub undo_until: OffsetDateTime,
}

pub async fn insert_email_change(connection: &mut PgConnection, new: &NewEmailChange<'_>) -> sqlx::Result<()> {
    query!(
        "insert into email_changes (id, user_id, old_email, new_email, undo_hash, created_at, undo_until)
         values ($1, $2, $3::text::citext, $4::text::citext, $5, $6, $7)",
        new.id as EmailChangeId,
        new.user as UserId,
        new.old_email,
        new.new_email,
        new.undo_hash,
        new.created_at,
        new.undo_until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The replacement that the letter's secret undoes, if it is not too late.
pub async fn email_change_by_secret(
    connection: &mut PgConnection,
    undo_hash: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<Option<EmailChange>> {
    query_as!(
        EmailChange,
        r#"select user_id as "user: UserId", old_email::text as "old_email!", created_at
           from email_changes where undo_hash = $1 and undone_at is null and undo_until > $2"#,
        undo_hash,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Takes back this replacement and every later one of the person: their letters undo nothing from now on.
pub async fn note_undone(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update email_changes set undone_at = $3 where user_id = $1 and created_at >= $2 and undone_at is null",
        user as UserId,
        since,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who may still get this replaced address back. Whoever asks has proved to read its mail, so this needs no owner.
pub async fn email_held_for(
    connection: &mut PgConnection,
    email: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"select user_id as "user: UserId" from email_changes
           where old_email = $1::text::citext and undone_at is null and undo_until > $2
           order by created_at limit 1"#,
        email,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// The person's address from now on, whether they had one or not.
pub async fn set_email(
    connection: &mut PgConnection,
    user: UserId,
    email: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into user_emails (email, user_id, verified_at) values ($1::text::citext, $2, $3)
         on conflict (user_id) do update set email = excluded.email, verified_at = excluded.verified_at",
        email,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes away the ways in that were added since then, and tells by which names they went.
pub async fn remove_ways_since(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "delete from identities where user_id = $1 and created_at >= $2 returning provider",
        user as UserId,
        since,
    )
    .fetch_all(connection)
    .await
}
