use std::collections::BTreeMap;

use sqlx::{PgExecutor, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ConnectionId, OwnAppId, SessionId, UserId};

/// A visit to a consent page that begins.
pub struct NewFlow<'a> {
    pub id: Uuid,
    pub state_hash: [u8; 32],
    /// Who begins it; nobody where the visit is to find out who it is.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// The digest of the secret in the browser's cookie, where nobody is signed in.
    pub browser_hash: Option<[u8; 32]>,
    pub provider: &'a str,
    pub purpose: &'a str,
    pub redirect_uri: &'a str,
    pub sealed_verifier: Option<String>,
    pub scopes: &'a [String],
    pub client_fingerprint: [u8; 32],
    /// The person's own app that it leaves with; none: this installation's.
    pub own_app: Option<OwnAppId>,
    /// What was typed before consent.
    pub blanks: &'a BTreeMap<String, String>,
    /// The connection that is to get new tokens under its old id.
    pub reconnect: Option<ConnectionId>,
    pub next_path: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What comes back from a consent page, and in which browser.
pub struct Return<'a> {
    pub state_hash: [u8; 32],
    pub provider: &'a str,
    /// The address that it came to.
    pub redirect_uri: &'a str,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub browser_hash: Option<[u8; 32]>,
    pub now: OffsetDateTime,
}

/// What the visit left for its return.
pub struct FlowRow {
    pub id: Uuid,
    pub purpose: String,
    pub redirect_uri: String,
    pub sealed_verifier: Option<String>,
    pub scopes: Vec<String>,
    pub client_fingerprint: Vec<u8>,
    pub own_app: Option<OwnAppId>,
    pub blanks: Json<BTreeMap<String, String>>,
    pub reconnect: Option<ConnectionId>,
    pub next_path: String,
}

pub async fn insert_flow(db: impl PgExecutor<'_>, flow: &NewFlow<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into connection_flows (id, state_hash, user_id, session_id, browser_hash, provider, purpose,
             redirect_uri, sealed_verifier, scopes, client_fingerprint, next_path, created_at, expires_at,
             own_app_id, blanks, reconnect)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        flow.id,
        &flow.state_hash[..],
        flow.user as Option<UserId>,
        flow.session as Option<SessionId>,
        flow.browser_hash.as_ref().map(<[u8; 32]>::as_slice),
        flow.provider,
        flow.purpose,
        flow.redirect_uri,
        flow.sealed_verifier.as_deref(),
        flow.scopes,
        &flow.client_fingerprint[..],
        flow.next_path,
        flow.now,
        flow.expires_at,
        flow.own_app as Option<OwnAppId>,
        Json(flow.blanks) as _,
        flow.reconnect as Option<ConnectionId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the visit away, so that of any number of returns at once one succeeds. It must come to the same address, from
/// the same service, in the same browser, by the same person where one was signed in, and not too late.
pub async fn consume_flow_by_secret(
    db: impl PgExecutor<'_>,
    back: &Return<'_>,
) -> Result<Option<FlowRow>, sqlx::Error> {
    sqlx::query_as!(
        FlowRow,
        r#"delete from connection_flows
         where state_hash = $1 and provider = $2 and redirect_uri = $3 and expires_at > $4
             and case when purpose = 'sign_in' then browser_hash = $5 else user_id = $6 and session_id = $7 end
         returning id, purpose, redirect_uri, sealed_verifier, scopes, client_fingerprint,
             own_app_id as "own_app: OwnAppId", blanks as "blanks: Json<BTreeMap<String, String>>",
             reconnect as "reconnect: ConnectionId", next_path"#,
        &back.state_hash[..],
        back.provider,
        back.redirect_uri,
        back.now,
        back.browser_hash.as_ref().map(<[u8; 32]>::as_slice),
        back.user as Option<UserId>,
        back.session as Option<SessionId>,
    )
    .fetch_optional(db)
    .await
}
