use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// A connection as it is stored; the tokens are sealed.
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub provider: String,
    pub account_label: String,
    pub state: String,
    pub reason: Option<String>,
    pub scopes: Vec<String>,
    pub sealed_access_token: String,
    pub sealed_refresh_token: Option<String>,
    pub access_expires_at: Option<OffsetDateTime>,
    pub client_fingerprint: Option<Vec<u8>>,
    pub version: i64,
    pub last_used_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// What a finished consent or an accepted key is stored as.
pub struct NewConnection<'a> {
    pub id: ConnectionId,
    pub user: UserId,
    pub provider: &'a str,
    pub account_id: &'a str,
    pub account_label: &'a str,
    pub state: &'a str,
    pub scopes: &'a [String],
    pub sealed_access_token: &'a str,
    pub sealed_refresh_token: Option<&'a str>,
    pub access_expires_at: Option<OffsetDateTime>,
    pub client_fingerprint: Option<&'a [u8]>,
    pub now: OffsetDateTime,
}

pub async fn connections(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ConnectionRow,
        r#"select id as "id: ConnectionId", provider, account_label, state, reason, scopes,
               sealed_access_token, sealed_refresh_token, access_expires_at, client_fingerprint, version, last_used_at,
               created_at, updated_at
           from connections where user_id = $1 order by provider, account_label, id"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

pub async fn connection(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
) -> Result<Option<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ConnectionRow,
        r#"select id as "id: ConnectionId", provider, account_label, state, reason, scopes,
               sealed_access_token, sealed_refresh_token, access_expires_at, client_fingerprint, version, last_used_at,
               created_at, updated_at
           from connections where user_id = $1 and id = $2"#,
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await
}

/// The connection that this person has to this account already.
pub async fn connection_of_account(
    db: impl PgExecutor<'_>,
    user: UserId,
    provider: &str,
    account_id: &str,
) -> Result<Option<ConnectionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: ConnectionId" from connections
           where user_id = $1 and provider = $2 and account_id = $3"#,
        user as UserId,
        provider,
        account_id,
    )
    .fetch_optional(db)
    .await
}

/// Stores a new connection, or the new tokens of one that is there under the same id. False: the account is there
/// under another id, for which the tokens would have to be sealed.
pub async fn upsert_connection(db: impl PgExecutor<'_>, new: &NewConnection<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into connections (id, user_id, provider, account_id, account_label, state, scopes, sealed_access_token,
             sealed_refresh_token, access_expires_at, client_fingerprint, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
         on conflict (user_id, provider, account_id) do update set
             account_label = excluded.account_label, state = excluded.state, reason = null, scopes = excluded.scopes,
             sealed_access_token = excluded.sealed_access_token,
             sealed_refresh_token = excluded.sealed_refresh_token,
             access_expires_at = excluded.access_expires_at, client_fingerprint = excluded.client_fingerprint,
             version = connections.version + 1, fence = connections.fence + 1, lease_owner = null, lease_until = null,
             exchange_started_at = null, updated_at = excluded.updated_at
         where connections.id = excluded.id",
        new.id as ConnectionId,
        new.user as UserId,
        new.provider,
        new.account_id,
        new.account_label,
        new.state,
        new.scopes,
        new.sealed_access_token,
        new.sealed_refresh_token,
        new.access_expires_at,
        new.client_fingerprint,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn mark_used(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connections set last_used_at = $3 where user_id = $1 and id = $2",
        user as UserId,
        id as ConnectionId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Says that the person must sign in again, unless the tokens have been replaced since this version was read.
pub async fn needs_reauth(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    version: i64,
    reason: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set state = 'needs_reauth', reason = $4, updated_at = $5
         where user_id = $1 and id = $2 and version = $3 and state <> 'needs_reauth'",
        user as UserId,
        id as ConnectionId,
        version,
        reason,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes the connection with its tokens and hands them out a last time.
pub async fn delete_connection(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
) -> Result<Option<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ConnectionRow,
        r#"delete from connections where user_id = $1 and id = $2
           returning id as "id: ConnectionId", provider, account_label, state, reason, scopes,
               sealed_access_token, sealed_refresh_token, access_expires_at, client_fingerprint, version, last_used_at,
               created_at, updated_at"#,
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await
}
