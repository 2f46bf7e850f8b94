//! The door of `api.stripe.com` for secret keys: key, version, idempotency, failures on demand, the shape of answers.

use super::idempotency::Met;
use super::knobs::FailureKind;
use super::params::Params;
use super::problem::Problem;
use super::template::id;
use super::{VERSION, webhooks};
use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call hangs that is to hang.
const HANG: Duration = Duration::from_secs(60);

/// Whether a call is made with a secret key of Stripe, so that it is for this Stripe and not for a connected account.
pub fn is_for_us(call: &Call) -> bool {
    key(call).is_some_and(|key| ["sk_", "rk_", "pk_"].iter().any(|start| key.starts_with(start)))
}

/// The key of a call: a bearer's, or the user of HTTP Basic.
fn key(call: &Call) -> Option<String> {
    let basic = || call.basic().map(|(user, _)| user);
    call.authorization("Bearer").map(str::to_owned).or_else(basic)
}

/// Answers a call with a secret key.
pub async fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let request = id("req_");
    let response = match refusal(call) {
        Some(problem) => told(&problem),
        None => carried_out(sandbox, call, &request).await,
    };
    webhooks::flush(sandbox);
    let response = with(response, "request-id", &request);
    with(response, "stripe-version", VERSION)
}

/// What is wrong with the call itself.
fn refusal(call: &Call) -> Option<Problem> {
    let key = key(call).unwrap_or_default();
    if !key.starts_with("sk_test_") {
        let masked = format!(
            "{}***{}",
            key.get(..8).unwrap_or("sk_"),
            key.get(key.len().saturating_sub(4)..).unwrap_or_default()
        );
        return Some(Problem { status: 401, ..Problem::rule(format!("Invalid API Key provided: {masked}")) });
    }
    match call.header("stripe-version") {
        None => {
            return Some(Problem::rule(
                "No Stripe-Version header: every call names the version that it was written for.",
            ));
        }
        Some(version) if version != VERSION => {
            return Some(Problem::rule(format!(
                "Invalid Stripe API version: {version}. Here only {VERSION} is played."
            )));
        }
        Some(_) => {}
    }
    let form = call.body.is_empty() || call.content_type() == "application/x-www-form-urlencoded";
    (!form).then(|| Problem::rule("Requests are form-encoded: Content-Type must be application/x-www-form-urlencoded."))
}

async fn carried_out(sandbox: &Sandbox, call: &Call, request: &str) -> Response {
    let (latency, failure) = {
        let mut stripe = sandbox.stripe();
        stripe.tick();
        stripe.peers.extend(call.peer);
        (stripe.knobs.latency_ms, stripe.knobs.take_failure(call.method.as_str(), &call.path))
    };
    match failure {
        Some(FailureKind::RateLimit) => {
            return told(&Problem::new(
                429,
                "invalid_request_error",
                Some("rate_limit"),
                "Request rate limit exceeded.",
                None,
            ));
        }
        Some(FailureKind::LockTimeout) => {
            let message = "This object cannot be accessed right now because another API request or Stripe process is currently accessing it.";
            return told(&Problem::new(409, "invalid_request_error", Some("lock_timeout"), message, None));
        }
        _ => {}
    }
    let pairs: Vec<(String, String)> =
        call.query.iter().cloned().chain(url::form_urlencoded::parse(&call.body).into_owned()).collect();
    let key = call.header("idempotency-key").filter(|_| call.method == "POST").map(str::to_owned);
    if let Some(key) = &key {
        let asked = format!("{} {}", call.path, sorted(&pairs));
        let met = sandbox.stripe().meet(key, &asked, request);
        match met {
            Err(problem) => return told(&problem),
            Ok(Met::Again(saved)) => {
                let (status, body) = saved.answer.unwrap_or_default();
                let response = answer::noted(answer::json(status, Value::clone(&body)), "stripe: the answer of before");
                let response = with(response, "idempotent-replayed", "true");
                return with(with(response, "idempotency-key", key), "original-request", &saved.request);
            }
            Ok(Met::Fresh) => {}
        }
    }
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let broken = || {
        let mut problem = Problem::new(500, "api_error", None, "An unexpected error occurred.", None);
        problem.begun = true;
        problem
    };
    let outcome = if failure == Some(FailureKind::Error) {
        Err(broken())
    } else {
        let parts = parts(call);
        let path: Vec<&str> = parts.iter().map(String::as_str).skip(1).collect();
        let known = parts.first().is_some_and(|first| first == "v1");
        let mut stripe = sandbox.stripe();
        stripe.cause = json!({ "id": request, "idempotency_key": key });
        let outcome = if known {
            stripe.carry_out(call.method.as_str(), &path, &Params::read(&pairs))
        } else {
            Err(Problem { status: 404, ..Problem::rule("Unrecognized request URL.") })
        };
        stripe.cause = json!({ "id": null, "idempotency_key": null });
        outcome.and_then(|done| if failure == Some(FailureKind::Torn) { Err(broken()) } else { Ok(done) })
    };
    if let Some(key) = &key {
        let kept = match &outcome {
            Ok(body) => Some((200, body.clone())),
            Err(problem) => problem.begun.then(|| (problem.status, problem.body.clone())),
        };
        sandbox.stripe().keep(key, kept);
    }
    match failure {
        Some(FailureKind::Hang) => tokio::time::sleep(HANG).await,
        Some(FailureKind::Lost) => {
            return answer::noted(
                answer::html(502, "<h1>Bad gateway</h1>".to_owned()),
                "stripe: done, the answer is lost",
            );
        }
        _ => {}
    }
    let response = match outcome {
        Ok(body) => answer::json(200, body),
        Err(problem) => told(&problem),
    };
    match &key {
        Some(key) => with(response, "idempotency-key", key),
        None => response,
    }
}

/// Parameters in an order of their own, so that theirs does not matter.
fn sorted(pairs: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> = pairs.iter().collect();
    pairs.sort();
    format!("{pairs:?}")
}

fn told(problem: &Problem) -> Response {
    let response = answer::json(problem.status, problem.body.clone());
    // A card that does not pay and a failure on demand are no mistakes of the caller.
    match problem.status {
        402 | 409 | 429 | 500.. => answer::noted(response, format!("stripe: {}", problem.message())),
        _ => answer::refused(response, format!("stripe: {}", problem.message())),
    }
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}
