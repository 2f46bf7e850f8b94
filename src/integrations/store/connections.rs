use std::collections::BTreeMap;

use sqlx::{PgExecutor, types::Json};
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, OwnAppId, UserId};

/// A connection as it is stored; the tokens are sealed.
#[derive(Clone)]
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub provider: String,
    pub account_id: String,
    pub account_label: String,
    pub state: String,
    pub reason: Option<String>,
    pub scopes: Vec<String>,
    /// What was asked for.
    pub asked_scopes: Vec<String>,
    pub sealed_access_token: String,
    pub sealed_refresh_token: Option<String>,
    /// The secrets beside the token, as one JSON object.
    pub sealed_fields: Option<String>,
    /// What fills the blanks of the service's addresses.
    pub blanks: Json<BTreeMap<String, String>>,
    pub access_expires_at: Option<OffsetDateTime>,
    pub client_fingerprint: Option<Vec<u8>>,
    /// The person's own app that it was made with; none: this installation's.
    pub own_app: Option<OwnAppId>,
    pub version: i64,
    pub last_used_at: Option<OffsetDateTime>,
    /// When the present tokens were handed out; none: before this was noted.
    pub issued_at: Option<OffsetDateTime>,
    /// Until when the service is left alone, where the last renewals failed.
    pub paused_until: Option<OffsetDateTime>,
    /// False: its owner keeps what is read through it from every model.
    pub for_model: bool,
    /// Whose model its owner has agreed to, as they were shown it, and when; none: nobody's.
    pub agreed_vendor: Option<String>,
    pub agreed_name: Option<String>,
    pub agreed_model: Option<String>,
    pub agreed_at: Option<OffsetDateTime>,
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
    pub asked_scopes: &'a [String],
    pub sealed_access_token: &'a str,
    pub sealed_refresh_token: Option<&'a str>,
    pub sealed_fields: Option<&'a str>,
    pub blanks: &'a BTreeMap<String, String>,
    pub access_expires_at: Option<OffsetDateTime>,
    pub refresh_expires_at: Option<OffsetDateTime>,
    pub consent_expires_at: Option<OffsetDateTime>,
    pub client_fingerprint: Option<&'a [u8]>,
    pub own_app: Option<OwnAppId>,
    pub now: OffsetDateTime,
}

pub async fn connections(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ConnectionRow,
        r#"select id as "id: ConnectionId", provider, account_id, account_label, state, reason,
               scopes, asked_scopes, sealed_access_token, sealed_refresh_token, sealed_fields, blanks as "blanks: Json<BTreeMap<String, String>>",
               access_expires_at, client_fingerprint, own_app_id as "own_app: OwnAppId", version, last_used_at,
               issued_at, paused_until, for_model, agreed_vendor, agreed_name, agreed_model,
               agreed_at, created_at, updated_at
           from connections where user_id = $1 order by provider, account_label, id"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

/// Until the transaction ends, nobody else makes a connection of this person.
pub async fn lock_number(db: impl PgExecutor<'_>, user: UserId) -> Result<(), sqlx::Error> {
    let name = format!("number of connections {user}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name).execute(db).await?;
    Ok(())
}

/// How many connections a person has.
pub async fn number(db: impl PgExecutor<'_>, user: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "number!" from connections where user_id = $1"#, user as UserId)
        .fetch_one(db)
        .await
}

pub async fn connection(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
) -> Result<Option<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ConnectionRow,
        r#"select id as "id: ConnectionId", provider, account_id, account_label, state, reason,
               scopes, asked_scopes, sealed_access_token, sealed_refresh_token, sealed_fields, blanks as "blanks: Json<BTreeMap<String, String>>",
               access_expires_at, client_fingerprint, own_app_id as "own_app: OwnAppId", version, last_used_at,
               issued_at, paused_until, for_model, agreed_vendor, agreed_name, agreed_model,
               agreed_at, created_at, updated_at
           from connections where user_id = $1 and id = $2"#,
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await
}

/// The connection that this person has to this account already, by the same app.
pub async fn connection_of_account(
    db: impl PgExecutor<'_>,
    user: UserId,
    provider: &str,
    account_id: &str,
    own_app: Option<OwnAppId>,
) -> Result<Option<ConnectionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: ConnectionId" from connections
           where user_id = $1 and provider = $2 and account_id = $3 and own_app_id is not distinct from $4"#,
        user as UserId,
        provider,
        account_id,
        own_app as Option<OwnAppId>,
    )
    .fetch_optional(db)
    .await
}

/// Stores a new connection, or the new tokens of one that is there under the same id. A consent that brought no refresh
/// token leaves the one that the same client had. False: the account is there under another id, for which the tokens
/// would have to be sealed.
pub async fn upsert_connection(db: impl PgExecutor<'_>, new: &NewConnection<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into connections (id, user_id, provider, account_id, account_label, state, scopes, sealed_access_token,
             sealed_refresh_token, access_expires_at, client_fingerprint, created_at, updated_at, own_app_id,
             asked_scopes, sealed_fields, blanks, refresh_expires_at, consent_expires_at, issued_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16, $17, $18, $12)
         on conflict on constraint connections_account_key do update set
             account_label = excluded.account_label, state = excluded.state, reason = null, scopes = excluded.scopes,
             sealed_access_token = excluded.sealed_access_token,
             sealed_refresh_token = coalesce(excluded.sealed_refresh_token, case
                 when connections.client_fingerprint = excluded.client_fingerprint
                     then connections.sealed_refresh_token end),
             access_expires_at = excluded.access_expires_at, client_fingerprint = excluded.client_fingerprint,
             asked_scopes = excluded.asked_scopes, sealed_fields = excluded.sealed_fields, blanks = excluded.blanks,
             refresh_expires_at = excluded.refresh_expires_at, consent_expires_at = excluded.consent_expires_at,
             version = connections.version + 1, fence = connections.fence + 1, lease_owner = null, lease_until = null,
             exchange_started_at = null, issued_at = excluded.issued_at, refresh_due_at = null, failures = 0,
             failing_since = null, paused_until = null, updated_at = excluded.updated_at
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
        new.own_app as Option<OwnAppId>,
        new.asked_scopes,
        new.sealed_fields,
        Json(new.blanks) as _,
        new.refresh_expires_at,
        new.consent_expires_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts another account in the place of the one that a connection is to, under its old id. What its owner has agreed to
/// was about the one before. False: there is no such connection any more.
pub async fn replace_account(db: impl PgExecutor<'_>, new: &NewConnection<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set account_id = $3, account_label = $4, state = $5, reason = null, scopes = $6,
             sealed_access_token = $7, sealed_refresh_token = $8, access_expires_at = $9, client_fingerprint = $10,
             own_app_id = $12, asked_scopes = $13, sealed_fields = $14, blanks = $15, refresh_expires_at = $16,
             consent_expires_at = $17, version = version + 1, fence = fence + 1, lease_owner = null,
             lease_until = null, exchange_started_at = null, rotation_observed = false, issued_at = $11,
             refresh_due_at = null, failures = 0, failing_since = null, paused_until = null, agreed_vendor = null,
             agreed_name = null, agreed_model = null, agreed_at = null, updated_at = $11
         where user_id = $1 and id = $2 and provider = $18",
        new.user as UserId,
        new.id as ConnectionId,
        new.account_id,
        new.account_label,
        new.state,
        new.scopes,
        new.sealed_access_token,
        new.sealed_refresh_token,
        new.access_expires_at,
        new.client_fingerprint,
        new.now,
        new.own_app as Option<OwnAppId>,
        new.asked_scopes,
        new.sealed_fields,
        Json(new.blanks) as _,
        new.refresh_expires_at,
        new.consent_expires_at,
        new.provider,
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
           returning id as "id: ConnectionId", provider, account_id, account_label, state, reason,
               scopes, asked_scopes, sealed_access_token, sealed_refresh_token, sealed_fields, blanks as "blanks: Json<BTreeMap<String, String>>",
               access_expires_at, client_fingerprint, own_app_id as "own_app: OwnAppId", version, last_used_at,
               issued_at, paused_until, for_model, agreed_vendor, agreed_name, agreed_model,
               agreed_at, created_at, updated_at"#,
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await
}
