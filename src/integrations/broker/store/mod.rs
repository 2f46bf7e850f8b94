//! The tables of the broker. Visits and codes belong to whoever holds their secret, and are found by nothing else.

pub mod system;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::UserId;

/// A visit that a front end begins.
pub struct NewVisit<'a> {
    pub id: Uuid,
    pub state_hash: &'a [u8],
    pub provider: &'a str,
    pub redirect_uri: &'a str,
    pub sealed_verifier: Option<&'a str>,
    pub scopes: &'a [String],
    pub client_fingerprint: &'a [u8],
    pub front_challenge: &'a str,
    pub front_state: &'a str,
    pub user: Option<UserId>,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What it left for its return.
pub struct VisitRow {
    pub id: Uuid,
    pub redirect_uri: String,
    pub sealed_verifier: Option<String>,
    pub scopes: Vec<String>,
    pub client_fingerprint: Vec<u8>,
    pub front_challenge: String,
    pub front_state: String,
    pub user: Option<UserId>,
}

pub async fn insert_visit(db: impl PgExecutor<'_>, new: &NewVisit<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into broker_visits (id, state_hash, provider, redirect_uri, sealed_verifier, scopes,
             client_fingerprint, front_challenge, front_state, user_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.state_hash,
        new.provider,
        new.redirect_uri,
        new.sealed_verifier,
        new.scopes,
        new.client_fingerprint,
        new.front_challenge,
        new.front_state,
        new.user as Option<UserId>,
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the visit away, so that of any number of returns at once one succeeds.
pub async fn take_visit_by_secret(
    db: impl PgExecutor<'_>,
    state_hash: &[u8],
    provider: &str,
    now: OffsetDateTime,
) -> Result<Option<VisitRow>, sqlx::Error> {
    sqlx::query_as!(
        VisitRow,
        r#"delete from broker_visits where state_hash = $1 and provider = $2 and expires_at > $3
           returning id, redirect_uri, sealed_verifier, scopes, client_fingerprint, front_challenge, front_state,
               user_id as "user: UserId""#,
        state_hash,
        provider,
        now,
    )
    .fetch_optional(db)
    .await
}

/// A consent that waits to be redeemed.
pub struct NewCode<'a> {
    pub id: Uuid,
    pub code_hash: &'a [u8],
    pub provider: &'a str,
    pub front_challenge: &'a str,
    pub user: Option<UserId>,
    pub sealed_grant: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// The same, taken away.
pub struct CodeRow {
    pub id: Uuid,
    pub front_challenge: String,
    pub user: Option<UserId>,
    pub sealed_grant: String,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_code(db: impl PgExecutor<'_>, new: &NewCode<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into broker_codes (id, code_hash, provider, front_challenge, user_id, sealed_grant, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.code_hash,
        new.provider,
        new.front_challenge,
        new.user as Option<UserId>,
        new.sealed_grant,
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the consent away, whatever comes of it: a code is good for one try.
pub async fn take_code_by_secret(
    db: impl PgExecutor<'_>,
    code_hash: &[u8],
    provider: &str,
) -> Result<Option<CodeRow>, sqlx::Error> {
    sqlx::query_as!(
        CodeRow,
        r#"delete from broker_codes where code_hash = $1 and provider = $2
           returning id, front_challenge, user_id as "user: UserId", sealed_grant, expires_at"#,
        code_hash,
        provider,
    )
    .fetch_optional(db)
    .await
}

/// Lets a person's browser have access tokens of a service from a moment on, or no longer.
pub async fn set_direct(
    connection: &mut PgConnection,
    user: UserId,
    provider: &str,
    allowed: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    let statement = match allowed {
        Some(now) => {
            sqlx::query!(
                "insert into broker_direct (user_id, provider, allowed_at) values ($1, $2, $3) on conflict do nothing",
                user as UserId,
                provider,
                now,
            )
            .execute(connection)
            .await
        }
        None => {
            sqlx::query!("delete from broker_direct where user_id = $1 and provider = $2", user as UserId, provider,)
                .execute(connection)
                .await
        }
    };
    statement?;
    Ok(())
}

pub async fn is_direct(db: impl PgExecutor<'_>, user: UserId, provider: &str) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from broker_direct where user_id = $1 and provider = $2) as "found!""#,
        user as UserId,
        provider,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}
