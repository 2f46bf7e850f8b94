//! Devices that apps run on, their sessions, and the tokens that renew these.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    identity::model::Role,
    kit::id::{DeviceId, RefreshTokenId, SessionId, UserId},
};

pub struct NewDevice<'a> {
    pub id: DeviceId,
    pub user: UserId,
    pub name: &'a str,
    pub platform: &'a str,
    pub app_version: Option<&'a str>,
    pub now: OffsetDateTime,
}

pub async fn insert_device(connection: &mut PgConnection, new: &NewDevice<'_>) -> sqlx::Result<()> {
    query!(
        "insert into devices (id, user_id, name, platform, app_version, created_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
        new.id as DeviceId,
        new.user as UserId,
        new.name,
        new.platform,
        new.app_version,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a device is in use, and by which version of the app. Whether it is the person's.
pub async fn note_device(
    connection: &mut PgConnection,
    user: UserId,
    id: DeviceId,
    app_version: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let noted = query!(
        "update devices set last_used_at = $3, app_version = coalesce($4, app_version) where id = $1 and user_id = $2",
        id as DeviceId,
        user as UserId,
        now,
        app_version,
    )
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() == 1)
}

pub struct NewProgramSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub device: DeviceId,
    pub method: &'a str,
    pub user_agent: &'a str,
    pub address: &'a str,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_program_session(connection: &mut PgConnection, new: &NewProgramSession<'_>) -> sqlx::Result<()> {
    query!(
        "insert into sessions (id, kind, user_id, device_id, method, user_agent, address, created_at, proved_at,
             last_used_at, expires_at)
         values ($1, 'api', $2, $3, $4, $5, $6, $7, $7, $7, $8)",
        new.id as SessionId,
        new.user as UserId,
        new.device as DeviceId,
        new.method,
        new.user_agent,
        new.address,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A program's living session.
pub struct ProgramSessionRow {
    pub device: Option<DeviceId>,
    pub is_admin: bool,
    pub proved_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

pub async fn program_session(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<ProgramSessionRow>> {
    query_as!(
        ProgramSessionRow,
        r#"select s.device_id as "device: DeviceId", u.role = 'admin' as "is_admin!", s.proved_at, s.last_used_at
           from sessions s join users u on u.id = s.user_id
           where s.id = $1 and s.user_id = $2 and s.kind = 'api' and s.ended_at is null and s.expires_at > $3
             and u.status = 'active'"#,
        id as SessionId,
        user as UserId,
        now,
    )
    .fetch_optional(connection)
    .await
}

pub async fn role_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Role> {
    let admin = query_scalar!(r#"select role = 'admin' as "admin!" from users where id = $1"#, user as UserId,)
        .fetch_optional(connection)
        .await?;
    Ok(if admin == Some(true) { Role::Admin } else { Role::Member })
}

pub struct NewRefreshToken<'a> {
    pub id: RefreshTokenId,
    pub user: UserId,
    pub session: SessionId,
    pub token_hash: &'a [u8],
    pub parent: Option<RefreshTokenId>,
    pub expires_at: OffsetDateTime,
    pub now: OffsetDateTime,
}

pub async fn insert_refresh_token(connection: &mut PgConnection, new: &NewRefreshToken<'_>) -> sqlx::Result<()> {
    query!(
        "insert into refresh_tokens (id, session_id, user_id, token_hash, parent_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id as RefreshTokenId,
        new.session as SessionId,
        new.user as UserId,
        new.token_hash,
        new.parent as Option<RefreshTokenId>,
        new.now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
