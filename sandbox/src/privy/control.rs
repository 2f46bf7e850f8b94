//! What tests may do to the issuer: `/_sandbox/privy/…`.

use crate::app::Sandbox;
use crate::privy::problem::Problem;
use crate::privy::state::{Failure, TOKEN_SECONDS};
use crate::privy::{APP_ID, keys::SigningKey, webhooks};
use crate::privy::{oauth, other_ways};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// All of them, with the consent page.
pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/rotate-key", post(rotate_key))
        .route("/clock", post(clock))
        .route("/transfer", post(transfer))
        .route("/delete-user", post(delete_user))
        .route("/fail", post(fail))
        .route("/app", post(app))
        .route("/custom-jwt", post(vouch))
        .route("/webhooks", get(targets).post(add_target).delete(clear_targets))
        .route("/webhooks/resend", post(resend))
        .route("/consent", get(oauth::consent).post(oauth::decide))
}

/// Whether tokens of the old key stay good.
#[derive(Debug, Default, Deserialize)]
pub struct Rotation {
    #[serde(default)]
    keep: bool,
}

/// A new signing key; the old one is withdrawn unless it is kept.
pub async fn rotate_key(State(sandbox): State<Sandbox>, body: Option<Json<Rotation>>) -> Response {
    let Ok(key) = SigningKey::generate() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let kid = key.kid.clone();
    let mut privy = sandbox.privy();
    if !body.is_some_and(|body| body.keep) {
        privy.keys.clear();
    }
    privy.keys.push(key);
    Json(json!({ "kid": kid, "published": privy.keys.len() })).into_response()
}

/// The issuer's clock and the life of its tokens.
#[derive(Debug, Deserialize)]
pub struct ClockChange {
    #[serde(default)]
    offset_seconds: i64,
    token_seconds: Option<i64>,
}

/// Sets the clock; what is not named goes back to the usual.
pub async fn clock(State(sandbox): State<Sandbox>, Json(change): Json<ClockChange>) -> Json<Value> {
    let mut privy = sandbox.privy();
    privy.offset = change.offset_seconds;
    privy.token_seconds = change.token_seconds.unwrap_or(TOKEN_SECONDS);
    Json(json!({ "now": privy.now(), "token_seconds": privy.token_seconds }))
}

/// From whom to whom.
#[derive(Debug, Deserialize)]
pub struct Transfer {
    from: String,
    to: String,
}

/// Moves the only account of one person to another.
pub async fn transfer(State(sandbox): State<Sandbox>, Json(wish): Json<Transfer>) -> Response {
    let done = sandbox.privy().transfer(&wish.from, &wish.to);
    answer(&sandbox, done)
}

/// Whom to delete.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
}

/// Deletes a person, as the dashboard does.
pub async fn delete_user(State(sandbox): State<Sandbox>, Json(named): Json<Named>) -> Response {
    let done = sandbox.privy().delete(&named.id).map(|()| json!({ "deleted": named.id }));
    answer(&sandbox, done)
}

/// One more refusal in Privy's own words.
pub async fn fail(State(sandbox): State<Sandbox>, Json(failure): Json<Failure>) -> StatusCode {
    sandbox.privy().failures.push(failure);
    StatusCode::CREATED
}

/// Changes settings of the app; `{}` puts all back, and takes waiting refusals away.
pub async fn app(State(sandbox): State<Sandbox>, Json(settings): Json<Map<String, Value>>) -> Json<Value> {
    let mut privy = sandbox.privy();
    if settings.is_empty() {
        privy.overlay.clear();
        privy.failures.clear();
    }
    privy.overlay.extend(settings);
    Json(Value::Object(privy.overlay.clone()))
}

/// A token of the outside issuer.
#[derive(Debug, Deserialize)]
pub struct Vouching {
    sub: String,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default = "ten_minutes")]
    expires_in: i64,
}

fn ten_minutes() -> i64 {
    600
}

/// Issues a token for `custom_jwt_account`.
pub async fn vouch(State(sandbox): State<Sandbox>, Json(wish): Json<Vouching>) -> Json<Value> {
    let audience = wish.audience.as_deref().unwrap_or(APP_ID);
    Json(json!({ "token": other_ways::vouch(&sandbox.privy(), &wish.sub, audience, wish.expires_in) }))
}

/// Where events go.
#[derive(Debug, Deserialize)]
pub struct Target {
    url: String,
}

/// Adds an address; the answer tells the signing secret.
pub async fn add_target(State(sandbox): State<Sandbox>, Json(target): Json<Target>) -> Response {
    if url::Url::parse(&target.url).is_err() {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "url is no web address" }))).into_response();
    }
    let mut privy = sandbox.privy();
    if !privy.targets.contains(&target.url) {
        privy.targets.push(target.url);
    }
    (StatusCode::CREATED, Json(json!({ "targets": privy.targets, "secret": webhooks::SECRET }))).into_response()
}

/// Addresses, and what was sent to them.
pub async fn targets(State(sandbox): State<Sandbox>) -> Json<Value> {
    let privy = sandbox.privy();
    Json(json!({ "targets": privy.targets, "deliveries": privy.deliveries }))
}

/// No more addresses.
pub async fn clear_targets(State(sandbox): State<Sandbox>) -> StatusCode {
    let mut privy = sandbox.privy();
    privy.targets.clear();
    privy.deliveries.clear();
    StatusCode::NO_CONTENT
}

/// Which delivery, or all.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    id: Option<String>,
}

/// Sends all deliveries (or the one that is named) once more, with the same ids.
pub async fn resend(State(sandbox): State<Sandbox>, body: Option<Json<Wanted>>) -> Json<Value> {
    let wanted = body.and_then(|Json(wanted)| wanted.id);
    let again: Vec<_> = {
        let privy = sandbox.privy();
        let fits = |id: &str| wanted.as_deref().is_none_or(|wanted| wanted == id);
        privy.deliveries.iter().filter(|delivery| fits(&delivery.id)).cloned().collect()
    };
    let count = again.len();
    webhooks::send(&sandbox, again);
    Json(json!({ "sent": count }))
}

fn answer(sandbox: &Sandbox, done: Result<Value, Problem>) -> Response {
    webhooks::flush(sandbox);
    done.map_or_else(Problem::response, |body| Json(body).into_response())
}
