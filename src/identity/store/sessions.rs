use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{DeviceId, SessionId, UserId};

/// A living session and its person.
pub struct SessionRow {
    pub id: SessionId,
    pub user: UserId,
    pub display_name: String,
    pub email: Option<String>,
    pub is_admin: bool,
    pub time_zone: String,
    pub theme: String,
    pub avatar_key: Option<String>,
    pub created_at: OffsetDateTime,
    pub proved_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub secret_hash: &'a [u8],
    pub method: &'a str,
    pub user_agent: &'a str,
    pub address: &'a str,
    pub privy_session: Option<&'a str>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_session(connection: &mut PgConnection, new: &NewSession<'_>) -> sqlx::Result<()> {
    query!(
        "insert into sessions (id, user_id, secret_hash, method, user_agent, address, privy_session, created_at,
             proved_at, last_used_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)",
        new.id as SessionId,
        new.user as UserId,
        new.secret_hash,
        new.method,
        new.user_agent,
        new.address,
        new.privy_session,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn session_by_secret(
    connection: &mut PgConnection,
    secret_hash: &[u8],
    now: OffsetDateTime,
    used_after: OffsetDateTime,
) -> sqlx::Result<Option<SessionRow>> {
    query_as!(
        SessionRow,
        r#"select s.id as "id: SessionId", s.user_id as "user: UserId", u.display_name, u.time_zone, u.theme, u.avatar_key,
                  (select e.email::text from user_emails e where e.user_id = u.id) as email,
                  u.role = 'admin' as "is_admin!", s.created_at, s.proved_at, s.last_used_at
           from sessions s join users u on u.id = s.user_id
           where s.secret_hash = $1 and u.status = 'active' and s.ended_at is null and s.expires_at > $2 and s.last_used_at > $3"#,
        secret_hash,
        now,
        used_after,
    )
    .fetch_optional(connection)
    .await
}

/// Notes that the session is in use, unless another request has just done so.
pub async fn note_use(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
    unless_after: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update sessions set last_used_at = $3 where id = $1 and user_id = $2 and last_used_at <= $4",
        id as SessionId,
        user as UserId,
        now,
        unless_after,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A signed-in browser or app, as its owner looks at it.
pub struct DeviceRow {
    pub id: SessionId,
    pub method: String,
    pub user_agent: String,
    pub address: String,
    /// Of the device that an app runs on.
    pub device_name: Option<String>,
    pub platform: Option<String>,
    pub created_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

/// A person's living sessions, the one used last first. A browser's ends when it rests for long; a program's has only
/// its last day.
pub async fn living_sessions(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
    used_after: OffsetDateTime,
) -> sqlx::Result<Vec<DeviceRow>> {
    query_as!(
        DeviceRow,
        r#"select s.id as "id: SessionId", s.method, s.user_agent, s.address, d.name as "device_name?",
               d.platform as "platform?", s.created_at, s.last_used_at
           from sessions s left join devices d on d.id = s.device_id
           where s.user_id = $1 and s.ended_at is null and s.expires_at > $2
             and (s.kind = 'api' or s.last_used_at > $3)
           order by s.last_used_at desc, s.id desc"#,
        user as UserId,
        now,
        used_after,
    )
    .fetch_all(connection)
    .await
}

/// A living session, as programs list it.
pub struct SessionListRow {
    pub id: SessionId,
    pub is_app: bool,
    pub device: Option<DeviceId>,
    pub device_name: Option<String>,
    pub platform: Option<String>,
    pub method: String,
    pub user_agent: String,
    pub address: String,
    pub created_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// A part of the same list, the newest first, from before a session on.
pub async fn sessions_page(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
    used_after: OffsetDateTime,
    before: Option<SessionId>,
    most: i64,
) -> sqlx::Result<Vec<SessionListRow>> {
    query_as!(
        SessionListRow,
        r#"select s.id as "id: SessionId", s.kind = 'api' as "is_app!", d.id as "device?: DeviceId",
               d.name as "device_name?", d.platform as "platform?", s.method, s.user_agent, s.address, s.created_at,
               s.last_used_at, s.expires_at
           from sessions s left join devices d on d.id = s.device_id
           where s.user_id = $1 and s.ended_at is null and s.expires_at > $2
             and (s.kind = 'api' or s.last_used_at > $3) and ($4::uuid is null or s.id < $4)
           order by s.id desc limit $5"#,
        user as UserId,
        now,
        used_after,
        before as Option<SessionId>,
        most,
    )
    .fetch_all(connection)
    .await
}

/// Whether a session may still be used.
pub async fn lives(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from sessions s join users u on u.id = s.user_id
               where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $3 and u.status = 'active'
           ) as "lives!""#,
        id as SessionId,
        user as UserId,
        now,
    )
    .fetch_one(connection)
    .await
}

/// The browsers and places that a person has signed in with and from, each once.
pub async fn browsers_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<(String, String)>> {
    let rows = query!(
        "select distinct user_agent, address from sessions where user_id = $1 and kind = 'browser'",
        user as UserId,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.user_agent, row.address)).collect())
}

/// Ends a person's sessions but one, and tells which were living.
pub async fn end_other_sessions(
    connection: &mut PgConnection,
    user: UserId,
    kept: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<SessionId>> {
    query_scalar!(
        r#"update sessions set ended_at = $3 where user_id = $1 and id <> $2 and ended_at is null
           returning id as "id: SessionId""#,
        user as UserId,
        kept as SessionId,
        now,
    )
    .fetch_all(connection)
    .await
}

/// Whether it was this call that ended it.
pub async fn end_session(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let ended = query!(
        "update sessions set ended_at = $3 where id = $1 and user_id = $2 and ended_at is null",
        id as SessionId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends all of a person's sessions and tells which were living.
pub async fn end_all_sessions(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<SessionId>> {
    query_scalar!(
        r#"update sessions set ended_at = $2 where user_id = $1 and ended_at is null returning id as "id: SessionId""#,
        user as UserId,
        now,
    )
    .fetch_all(connection)
    .await
}

/// Gives a living session a new secret, with the time at which its person last proved who they are. Whether it was
/// living.
pub async fn renew_session(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    secret_hash: &[u8],
    proved_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let renewed = query!(
        "update sessions set secret_hash = $3, proved_at = $4
         where id = $1 and user_id = $2 and ended_at is null and expires_at > $5",
        id as SessionId,
        user as UserId,
        secret_hash,
        proved_at,
        now,
    )
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Notes that the person of a living program's session has proved who they are. Whether it was living. A browser's gets a
/// new secret instead.
pub async fn note_proof(
    connection: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let noted = query!(
        "update sessions set proved_at = $3
         where id = $1 and user_id = $2 and kind = 'api' and ended_at is null and expires_at > $3",
        id as SessionId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Ends the sessions that were opened by this method, but for one, and tells which were living.
pub async fn end_sessions_of_method(
    connection: &mut PgConnection,
    user: UserId,
    method: &str,
    except: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<SessionId>> {
    query_scalar!(
        r#"update sessions set ended_at = $4
           where user_id = $1 and method = $2 and id <> $3 and ended_at is null returning id as "id: SessionId""#,
        user as UserId,
        method,
        except as SessionId,
        now,
    )
    .fetch_all(connection)
    .await
}
