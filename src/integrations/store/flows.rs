use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{SessionId, UserId};

/// A visit to a consent page that begins.
pub struct NewFlow<'a> {
    pub id: Uuid,
    pub state_hash: [u8; 32],
    pub user: UserId,
    pub session: SessionId,
    pub provider: &'a str,
    pub redirect_uri: &'a str,
    pub sealed_verifier: Option<String>,
    pub scopes: &'a [String],
    pub client_fingerprint: [u8; 32],
    pub next_path: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What the visit left for its return.
pub struct FlowRow {
    pub id: Uuid,
    pub redirect_uri: String,
    pub sealed_verifier: Option<String>,
    pub scopes: Vec<String>,
    pub client_fingerprint: Vec<u8>,
    pub next_path: String,
}

pub async fn insert_flow(db: impl PgExecutor<'_>, flow: &NewFlow<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into connection_flows (id, state_hash, user_id, session_id, provider, purpose, redirect_uri,
             sealed_verifier, scopes, client_fingerprint, next_path, created_at, expires_at)
         values ($1, $2, $3, $4, $5, 'connect', $6, $7, $8, $9, $10, $11, $12)",
        flow.id,
        &flow.state_hash[..],
        flow.user as UserId,
        flow.session as SessionId,
        flow.provider,
        flow.redirect_uri,
        flow.sealed_verifier.as_deref(),
        flow.scopes,
        &flow.client_fingerprint[..],
        flow.next_path,
        flow.now,
        flow.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the visit away, so that of any number of returns at once one succeeds. It must be the same person in the same
/// browser at the same service, and not too late.
pub async fn consume_flow_by_secret(
    db: impl PgExecutor<'_>,
    state_hash: &[u8; 32],
    user: UserId,
    session: SessionId,
    provider: &str,
    now: OffsetDateTime,
) -> Result<Option<FlowRow>, sqlx::Error> {
    sqlx::query_as!(
        FlowRow,
        "delete from connection_flows
         where state_hash = $1 and user_id = $2 and session_id = $3 and provider = $4 and purpose = 'connect'
             and expires_at > $5
         returning id, redirect_uri, sealed_verifier, scopes, client_fingerprint, next_path",
        &state_hash[..],
        user as UserId,
        session as SessionId,
        provider,
        now,
    )
    .fetch_optional(db)
    .await
}
