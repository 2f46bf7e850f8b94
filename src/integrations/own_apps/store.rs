//! The table of apps that people have registered themselves.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, OwnAppId, UserId};

/// An app as it is stored; id and secret are sealed.
pub struct OwnAppRow {
    pub id: OwnAppId,
    pub name: String,
    pub sealed_client_id: String,
    pub sealed_secret: Option<String>,
    pub client_hint: String,
    pub client_fingerprint: Vec<u8>,
    pub state: String,
    pub failure: Option<String>,
    pub checked_at: Option<OffsetDateTime>,
}

/// What is stored of an app that was just given.
pub struct NewOwnApp<'a> {
    pub id: OwnAppId,
    pub user: UserId,
    pub provider: &'a str,
    pub name: &'a str,
    pub sealed_client_id: &'a str,
    pub sealed_secret: Option<&'a str>,
    pub client_hint: &'a str,
    pub client_fingerprint: &'a [u8],
    pub state: &'a str,
    pub failure: Option<&'a str>,
    pub checked_at: Option<OffsetDateTime>,
    pub now: OffsetDateTime,
}

pub async fn own_app(db: impl PgExecutor<'_>, user: UserId, provider: &str) -> Result<Option<OwnAppRow>, sqlx::Error> {
    sqlx::query_as!(
        OwnAppRow,
        r#"select id as "id: OwnAppId", name, sealed_client_id, sealed_secret, client_hint, client_fingerprint, state,
               failure, checked_at
           from own_apps where user_id = $1 and provider = $2"#,
        user as UserId,
        provider,
    )
    .fetch_optional(db)
    .await
}

pub async fn own_app_by_id(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: OwnAppId,
) -> Result<Option<OwnAppRow>, sqlx::Error> {
    sqlx::query_as!(
        OwnAppRow,
        r#"select id as "id: OwnAppId", name, sealed_client_id, sealed_secret, client_hint, client_fingerprint, state,
               failure, checked_at
           from own_apps where user_id = $1 and id = $2"#,
        user as UserId,
        id as OwnAppId,
    )
    .fetch_optional(db)
    .await
}

/// Stores an app, or what is new of the one that is there under the same id. False: there is one under another id.
pub async fn upsert(db: impl PgExecutor<'_>, new: &NewOwnApp<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into own_apps (id, user_id, provider, name, sealed_client_id, sealed_secret, client_hint,
             client_fingerprint, state, failure, checked_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
         on conflict on constraint own_apps_provider_key do update set
             name = excluded.name, sealed_client_id = excluded.sealed_client_id,
             sealed_secret = excluded.sealed_secret, client_hint = excluded.client_hint,
             client_fingerprint = excluded.client_fingerprint, state = excluded.state, failure = excluded.failure,
             checked_at = excluded.checked_at, updated_at = excluded.updated_at
         where own_apps.id = excluded.id",
        new.id as OwnAppId,
        new.user as UserId,
        new.provider,
        new.name,
        new.sealed_client_id,
        new.sealed_secret,
        new.client_hint,
        new.client_fingerprint,
        new.state,
        new.failure,
        new.checked_at,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a look at the service has shown.
pub async fn note_check(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: OwnAppId,
    state: &str,
    failure: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update own_apps set state = $3, failure = $4, checked_at = $5 where user_id = $1 and id = $2",
        user as UserId,
        id as OwnAppId,
        state,
        failure,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes an app away; its connections must be gone before.
pub async fn delete(db: impl PgExecutor<'_>, user: UserId, id: OwnAppId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from own_apps where user_id = $1 and id = $2", user as UserId, id as OwnAppId,)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A connection by an own app.
pub struct ByApp {
    pub id: ConnectionId,
    pub state: String,
}

pub async fn connections_by(db: impl PgExecutor<'_>, user: UserId, app: OwnAppId) -> Result<Vec<ByApp>, sqlx::Error> {
    sqlx::query_as!(
        ByApp,
        r#"select id as "id: ConnectionId", state from connections
           where user_id = $1 and own_app_id = $2 order by id"#,
        user as UserId,
        app as OwnAppId,
    )
    .fetch_all(db)
    .await
}

/// Lets connections go on that had only ended because the app was refused: what they were granted is as it was.
pub async fn revive(
    db: impl PgExecutor<'_>,
    user: UserId,
    app: OwnAppId,
    fingerprint: &[u8],
    reasons: &[String],
    now: OffsetDateTime,
) -> Result<Vec<ConnectionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"update connections set reason = null, updated_at = $5,
               state = case when asked_scopes <@ scopes then 'active' else 'partial' end
           where user_id = $1 and own_app_id = $2 and client_fingerprint = $3 and state = 'needs_reauth' and reason = any($4)
           returning id as "id: ConnectionId""#,
        user as UserId,
        app as OwnAppId,
        fingerprint,
        reasons,
        now,
    )
    .fetch_all(db)
    .await
}

/// Ends connections that were made with another client id than the app has now.
pub async fn end_by(
    db: impl PgExecutor<'_>,
    user: UserId,
    app: OwnAppId,
    fingerprint: &[u8],
    reason: &str,
    now: OffsetDateTime,
) -> Result<Vec<ConnectionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"update connections set state = 'needs_reauth', reason = $4, updated_at = $5
           where user_id = $1 and own_app_id = $2 and client_fingerprint is distinct from $3 and state <> 'needs_reauth'
           returning id as "id: ConnectionId""#,
        user as UserId,
        app as OwnAppId,
        fingerprint,
        reason,
        now,
    )
    .fetch_all(db)
    .await
}
