use std::collections::BTreeMap;

use sqlx::{PgExecutor, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ConnectionId, OwnAppId, UserId};

/// Access that is to be given back.
pub struct NewRevocation<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub provider: &'a str,
    pub connection: ConnectionId,
    pub own_app: Option<OwnAppId>,
    pub blanks: &'a BTreeMap<String, String>,
    pub sealed_tokens: &'a str,
    pub due_at: OffsetDateTime,
    pub ends_at: OffsetDateTime,
    pub now: OffsetDateTime,
}

pub async fn insert_revocation(db: impl PgExecutor<'_>, new: &NewRevocation<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into revocations (id, user_id, provider, connection_id, own_app_id, blanks, sealed_tokens, due_at,
             ends_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        new.user as UserId,
        new.provider,
        Uuid::from(new.connection),
        new.own_app as Option<OwnAppId>,
        Json(new.blanks) as _,
        new.sealed_tokens,
        new.due_at,
        new.ends_at,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps what is left to be revoked for another try.
pub async fn postpone_revocation(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: Uuid,
    sealed_tokens: &str,
    due_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update revocations set sealed_tokens = $3, due_at = $4, tries = tries + 1 where user_id = $1 and id = $2",
        user as UserId,
        id,
        sealed_tokens,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Destroys it. False: it is gone already.
pub async fn delete_revocation(db: impl PgExecutor<'_>, user: UserId, id: Uuid) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("delete from revocations where user_id = $1 and id = $2", user as UserId, id).execute(db).await?;
    Ok(done.rows_affected() == 1)
}
