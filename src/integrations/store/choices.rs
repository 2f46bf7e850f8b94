use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{SessionId, UserId};

/// A consent that came back and waits for one more word.
pub struct NewChoice<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub session: SessionId,
    pub provider: &'a str,
    pub sealed_content: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What waits.
pub struct ChoiceRow {
    pub id: Uuid,
    pub sealed_content: String,
}

pub async fn insert_choice(db: impl PgExecutor<'_>, new: &NewChoice<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into connection_choices (id, user_id, session_id, provider, sealed_content, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.user as UserId,
        new.session as SessionId,
        new.provider,
        new.sealed_content,
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What waits for this person in this browser.
pub async fn choice(
    db: impl PgExecutor<'_>,
    user: UserId,
    session: SessionId,
    provider: &str,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<ChoiceRow>, sqlx::Error> {
    sqlx::query_as!(
        ChoiceRow,
        "select id, sealed_content from connection_choices
         where user_id = $1 and session_id = $2 and provider = $3 and id = $4 and expires_at > $5",
        user as UserId,
        session as SessionId,
        provider,
        id,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Takes it away, so that of two answers at once one counts.
pub async fn take_choice(
    db: impl PgExecutor<'_>,
    user: UserId,
    session: SessionId,
    id: Uuid,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from connection_choices where user_id = $1 and session_id = $2 and id = $3",
        user as UserId,
        session as SessionId,
        id,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
