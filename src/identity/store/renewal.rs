//! Tokens that renew a program's session: each is used once, and the next takes its place.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{DeviceId, RefreshTokenId, SessionId, UserId};

/// A token with its session and person, whatever their state.
pub struct RefreshTokenRow {
    pub id: RefreshTokenId,
    pub user: UserId,
    pub session: SessionId,
    pub parent: Option<RefreshTokenId>,
    pub expires_at: OffsetDateTime,
    pub rotated_at: Option<OffsetDateTime>,
    pub sealed_successor: Option<String>,
    pub ended: bool,
    pub suspended: bool,
    pub is_admin: bool,
    pub device: Option<DeviceId>,
    pub device_name: Option<String>,
}

/// Finds a token, and keeps others who bring it waiting until this transaction ends.
pub async fn refresh_token_by_secret(
    connection: &mut PgConnection,
    token_hash: &[u8],
) -> sqlx::Result<Option<RefreshTokenRow>> {
    query_as!(
        RefreshTokenRow,
        r#"select t.id as "id: RefreshTokenId", t.user_id as "user: UserId", t.session_id as "session: SessionId",
               t.parent_id as "parent: RefreshTokenId", t.expires_at, t.rotated_at, t.sealed_successor,
               s.ended_at is not null as "ended!", u.status <> 'active' as "suspended!", u.role = 'admin' as "is_admin!",
               s.device_id as "device: DeviceId", d.name as "device_name?"
           from refresh_tokens t join sessions s on s.id = t.session_id join users u on u.id = t.user_id
           left join devices d on d.id = s.device_id
           where t.token_hash = $1 for update of t"#,
        token_hash,
    )
    .fetch_optional(connection)
    .await
}

/// Whether what took the place of this token was not used itself.
pub async fn successor_is_unused(
    connection: &mut PgConnection,
    user: UserId,
    parent: RefreshTokenId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from refresh_tokens where parent_id = $1 and user_id = $2 and rotated_at is null
           ) as "unused!""#,
        parent as RefreshTokenId,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// When the person's programs renewed since some time, newest first, at most so many.
pub async fn renewals_since(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
    most: i64,
) -> sqlx::Result<Vec<OffsetDateTime>> {
    query_scalar!(
        "select created_at from refresh_tokens
         where user_id = $1 and parent_id is not null and created_at > $2 order by created_at desc limit $3",
        user as UserId,
        since,
        most,
    )
    .fetch_all(connection)
    .await
}

/// Notes that a token was used, with what took its place. What its own parent kept is no longer needed.
pub async fn note_rotated(
    connection: &mut PgConnection,
    user: UserId,
    id: RefreshTokenId,
    parent: Option<RefreshTokenId>,
    sealed_successor: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update refresh_tokens
         set rotated_at = case when id = $1 then $4 else rotated_at end,
             sealed_successor = case when id = $1 then $5 end
         where user_id = $2 and (id = $1 or id = $3)",
        id as RefreshTokenId,
        user as UserId,
        parent as Option<RefreshTokenId>,
        now,
        sealed_successor,
    )
    .execute(connection)
    .await?;
    Ok(())
}
