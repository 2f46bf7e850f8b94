//! Addresses for tests and for whoever wants to break something: `/_sandbox/…`.

use crate::app::Sandbox;
use crate::faults::Fault;
use crate::inbox::Mail;
use crate::ledger;
use crate::texts::Text;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// `to=` filters mails and text messages.
#[derive(Debug, Deserialize)]
pub struct MailQuery {
    to: Option<String>,
}

/// `host=` and `path=` (a prefix) filter the journal.
#[derive(Debug, Deserialize)]
pub struct JournalQuery {
    host: Option<String>,
    path: Option<String>,
}

/// Mails, newest first.
pub async fn mail(State(sandbox): State<Sandbox>, Query(query): Query<MailQuery>) -> Json<Vec<Mail>> {
    Json(sandbox.inbox().newest(query.to.as_deref()))
}

/// Text messages, newest first.
pub async fn texts(State(sandbox): State<Sandbox>, Query(query): Query<MailQuery>) -> Json<Vec<Text>> {
    Json(sandbox.texts().newest(query.to.as_deref()))
}

/// Requests that reached outside hosts, oldest first, and how often each came.
pub async fn journal(State(sandbox): State<Sandbox>, Query(query): Query<JournalQuery>) -> Json<Value> {
    let entries = sandbox.ledger().matching(query.host.as_deref(), query.path.as_deref());
    Json(json!({ "counts": ledger::counts(&entries), "entries": entries }))
}

/// `list=` names what a service remembers.
#[derive(Debug, Deserialize)]
pub struct ShelfQuery {
    list: String,
}

/// What a service remembers, such as `hubspot/deals`; empty until somebody has asked the service for it.
pub async fn shelf(State(sandbox): State<Sandbox>, Query(query): Query<ShelfQuery>) -> Json<Vec<Value>> {
    Json(sandbox.shelf().seen(&query.list).to_vec())
}

/// Faults that wait.
pub async fn faults(State(sandbox): State<Sandbox>) -> Json<Vec<Fault>> {
    Json(sandbox.faults().clone())
}

/// One more fault.
pub async fn add_fault(State(sandbox): State<Sandbox>, Json(fault): Json<Fault>) -> Response {
    sandbox.faults().push(fault.clone());
    (StatusCode::CREATED, Json(fault)).into_response()
}

/// No more faults.
pub async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.faults().clear();
    StatusCode::NO_CONTENT
}

/// Withdraws what people allowed, at one service or at all.
pub async fn revoke(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    with_service(&sandbox, &headers, &body, |service| json!({ "revoked": sandbox.grants().end_service(service) }))
}

/// Lets access tokens expire; refreshing still works.
pub async fn expire(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    with_service(&sandbox, &headers, &body, |service| json!({ "expired": sandbox.grants().expire_service(service) }))
}

/// Back to the first day.
pub async fn reset(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    sandbox.reset();
    if is_form(&headers) { Redirect::to("/").into_response() } else { StatusCode::NO_CONTENT.into_response() }
}

/// The service comes as JSON from tests and as a form from the first page, which is shown again.
fn with_service(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    body: &Bytes,
    act: impl FnOnce(Option<&str>) -> Value,
) -> Response {
    let named: HashMap<String, String> = if is_form(headers) {
        url::form_urlencoded::parse(body).into_owned().collect()
    } else {
        serde_json::from_slice(body).unwrap_or_default()
    };
    let service = named.get("service").map(String::as_str).filter(|service| !service.is_empty() && *service != "all");
    if let Some(id) = service
        && sandbox.dialects.by_id(id).is_none()
    {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": format!("no service {id:?}") }))).into_response();
    }
    let done = act(service);
    if is_form(headers) { Redirect::to("/").into_response() } else { Json(done).into_response() }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}
