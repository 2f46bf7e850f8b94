//! What tests and people may do to this Stripe over HTTP: `/_sandbox/stripe/…`.
//!
//! | | |
//! |---|---|
//! | `GET state` | everything, as JSON |
//! | `POST advance` `{"seconds": n}` | moves the clock; also a form |
//! | `POST freeze` `{"at": unix}` | stops the clock, or lets it run again without `at` |
//! | `GET knobs`, `POST knobs` | all knobs; what is absent goes back to the usual |
//! | `GET webhooks`, `POST webhooks` `{"url", "secret"}`, `DELETE webhooks` | where webhooks go, and what signs them |
//! | `POST flush` | sends what the knobs keep back |
//! | `POST resend` `{"event": id}` | sends an event once more |
//! | `GET events` | all events as posts, headers and body, without taking them |
//! | `POST act` | see [`super::acts`] |

use super::{Knobs, webhooks};
use crate::answer;
use crate::app::Sandbox;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

/// All of them.
pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/", get(super::pages::overview))
        .route("/state", get(state))
        .route("/advance", post(advance))
        .route("/freeze", post(freeze))
        .route("/knobs", get(knobs).post(set_knobs))
        .route("/webhooks", get(target).post(set_target).delete(clear_target))
        .route("/flush", post(flush))
        .route("/resend", post(resend))
        .route("/events", get(events))
        .route("/act", post(act))
}

async fn state(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.stripe().tick();
    Json(sandbox.stripe().state())
}

/// JSON from tests, a form from people, who are shown the page again.
fn read(headers: &HeaderMap, body: &Bytes) -> (Value, bool) {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return (serde_json::from_slice(body).unwrap_or_default(), false);
    }
    let pairs = url::form_urlencoded::parse(body).into_owned().filter(|(_, value)| !value.is_empty());
    let typed = |text: String| match text.parse::<i64>() {
        // A card's number is a text.
        Ok(number) if text.len() < 14 => number.into(),
        _ => serde_json::from_str(&text).ok().filter(Value::is_boolean).unwrap_or(Value::String(text)),
    };
    (Value::Object(pairs.map(|(name, value)| (name, typed(value))).collect()), true)
}

fn shown(form: bool, body: Value) -> Response {
    if form { Redirect::to("/_sandbox/stripe").into_response() } else { Json(body).into_response() }
}

async fn advance(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (asked, form) = read(&headers, &body);
    let Some(seconds) = asked["seconds"].as_i64().filter(|seconds| (0..=400 * 366 * 86_400).contains(seconds)) else {
        return answer::json(400, json!({ "error": "seconds must be a number that is not negative" }));
    };
    sandbox.stripe().advance(seconds);
    webhooks::flush(&sandbox);
    let now = sandbox.stripe().now();
    shown(form, json!({ "now": now }))
}

async fn freeze(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (asked, form) = read(&headers, &body);
    sandbox.stripe().freeze(asked["at"].as_i64());
    webhooks::flush(&sandbox);
    let now = sandbox.stripe().now();
    shown(form, json!({ "now": now }))
}

async fn knobs(State(sandbox): State<Sandbox>) -> Json<Knobs> {
    Json(sandbox.stripe().knobs.clone())
}

async fn set_knobs(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (asked, form) = read(&headers, &body);
    match serde_json::from_value::<Knobs>(asked) {
        Ok(knobs) => {
            sandbox.stripe().knobs = knobs.clone();
            webhooks::flush(&sandbox);
            shown(form, json!(knobs))
        }
        Err(error) => answer::json(400, json!({ "error": error.to_string() })),
    }
}

/// Where webhooks go, and with which secret.
#[derive(Debug, Deserialize)]
pub struct Target {
    url: String,
    secret: Option<String>,
}

async fn target(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.stripe().state()["webhooks"].clone())
}

async fn set_target(State(sandbox): State<Sandbox>, Json(target): Json<Target>) -> StatusCode {
    {
        let mut stripe = sandbox.stripe();
        stripe.send_to(Some(target.url));
        if let Some(secret) = &target.secret {
            stripe.sign_with(secret);
        }
    }
    webhooks::flush(&sandbox);
    StatusCode::NO_CONTENT
}

async fn clear_target(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.stripe().send_to(None);
    StatusCode::NO_CONTENT
}

async fn flush(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (_, form) = read(&headers, &body);
    webhooks::flush_all(&sandbox);
    shown(form, json!({}))
}

async fn resend(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (asked, form) = read(&headers, &body);
    let event = asked["event"].as_str().unwrap_or_default().to_owned();
    if sandbox.stripe().deliver(&event).is_none() {
        return answer::json(404, json!({ "error": format!("no event {event:?}") }));
    }
    webhooks::resend(&sandbox, &event);
    shown(form, json!({ "event": event }))
}

async fn events(State(sandbox): State<Sandbox>) -> Response {
    let all = sandbox.stripe().all_events();
    Json(all).into_response()
}

async fn act(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (asked, form) = read(&headers, &body);
    let done = sandbox.stripe().act(&asked);
    webhooks::flush(&sandbox);
    match done {
        Ok(object) => shown(form, object),
        Err(problem) => answer::json(problem.status, problem.body),
    }
}
