//! Faults on demand: the next requests to a host fail in a chosen way.

use crate::{answer, log};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// A fault that waits for requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// Outside host; `smtp` stands for the mail server.
    pub host: String,
    /// Only paths that start so.
    #[serde(default)]
    pub path: Option<String>,
    /// What goes wrong.
    pub kind: Kind,
    /// How many requests it meets.
    #[serde(default = "once")]
    pub times: u32,
    /// Seconds for the `Retry-After` header of a 429 or a 503.
    #[serde(default)]
    pub retry_after: Option<u32>,
}

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The token is refused.
    #[serde(rename = "401")]
    Unauthorised,
    /// Too many requests.
    #[serde(rename = "429")]
    Limited,
    /// The vendor broke.
    #[serde(rename = "500")]
    Broken,
    /// The vendor is down for a while.
    #[serde(rename = "503")]
    Down,
    /// A page where data belongs.
    #[serde(rename = "html")]
    Html,
    /// No answer at all.
    #[serde(rename = "hang")]
    Hang,
    /// The connection ends in the middle of the body.
    #[serde(rename = "cut")]
    Cut,
}

fn once() -> u32 {
    1
}

/// Takes the first fault that meets this request, and counts it.
pub fn take(faults: &mut Vec<Fault>, host: &str, path: &str) -> Option<Fault> {
    let position = faults.iter().position(|fault| {
        fault.times > 0
            && fault.host.eq_ignore_ascii_case(host)
            && fault.path.as_deref().is_none_or(|prefix| path.starts_with(prefix))
    })?;
    let fault = faults.get_mut(position)?;
    fault.times -= 1;
    let taken = fault.clone();
    if fault.times == 0 {
        faults.remove(position);
    }
    Some(taken)
}

/// Plays the fault as the host would have it.
pub async fn play(fault: &Fault, host: &str) -> Response {
    let mut response = match fault.kind {
        Kind::Unauthorised if host == "slack.com" => answer::json(200, json!({ "ok": false, "error": "invalid_auth" })),
        Kind::Limited if host == "api.linear.app" => linear_limit(),
        Kind::Unauthorised => answer::json(401, words(host, "invalid_token", "Bad credentials")),
        Kind::Limited => limited(host, fault.retry_after.unwrap_or(30)),
        Kind::Broken => answer::json(500, words(host, "server_error", "Internal error")),
        Kind::Down => answer::json(503, words(host, "temporarily_unavailable", "Try again later")),
        Kind::Html => {
            let page = "<!doctype html><title>Maintenance</title><h1>Down for maintenance</h1>";
            answer::html(200, page.to_owned())
        }
        Kind::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            answer::json(504, words(host, "timeout", "No answer"))
        }
        Kind::Cut => cut(),
    };
    let by_header = fault.kind != Kind::Limited || !tells_otherwise(host);
    if let Some(seconds) = fault.retry_after.filter(|_| by_header)
        && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// The body of a failure in the shape of the host.
fn words(host: &str, error: &str, message: &str) -> Value {
    match host {
        "slack.com" => json!({ "ok": false, "error": error }),
        "api.sendgrid.com" => json!({ "errors": [{ "field": null, "message": message }] }),
        "api.openai.com" | "api.spotify.com" | "www.googleapis.com" => {
            json!({ "error": { "message": message, "type": error, "status": error } })
        }
        _ => json!({ "error": error, "error_description": message, "message": message }),
    }
}

/// Whether the host says how long to wait in another way than by `Retry-After`.
fn tells_otherwise(host: &str) -> bool {
    matches!(host, "discord.com" | "api.intercom.io" | "api.calendly.com") || host.ends_with(".my.salesforce.com")
}

/// «Too often», as the host says it.
fn limited(host: &str, seconds: u32) -> Response {
    let header = |mut response: Response, name: &'static str, value: i64| {
        response.headers_mut().insert(name, HeaderValue::from(value));
        response
    };
    match host {
        "discord.com" => answer::json(
            429,
            json!({ "message": "You are being rate limited.", "retry_after": f64::from(seconds) - 0.4, "global": false }),
        ),
        "api.intercom.io" => {
            let body = json!({ "type": "error.list", "errors": [{ "code": "rate_limit_exceeded", "message": "Exceeded rate limit" }] });
            header(answer::json(429, body), "x-ratelimit-reset", log::now().unix_timestamp() + i64::from(seconds))
        }
        "api.calendly.com" => {
            let body = json!({ "title": "Too Many Requests", "message": "Rate limit exceeded" });
            header(answer::json(429, body), "x-ratelimit-reset", i64::from(seconds))
        }
        "ws.audioscrobbler.com" => answer::json(429, json!({ "error": 29, "message": "Rate Limit Exceeded" })),
        "graph.microsoft.com" => {
            answer::json(429, json!({ "error": { "code": "TooManyRequests", "message": "Too many requests" } }))
        }
        host if host.ends_with(".my.salesforce.com") => answer::json(
            403,
            json!([{ "message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED" }]),
        ),
        _ => answer::json(429, words(host, "ratelimited", "API rate limit exceeded")),
    }
}

/// Linear says 400 and tells by its headers that nothing is left.
fn linear_limit() -> Response {
    let body = json!({ "errors": [{ "message": "Rate limit exceeded", "extensions": { "code": "RATELIMITED", "statusCode": 429 } }] });
    let mut response = answer::json(400, body);
    let reset = (log::now() + Duration::from_secs(60)).unix_timestamp() * 1_000;
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-requests-limit", HeaderValue::from_static("5000"));
    headers.insert("x-ratelimit-requests-remaining", HeaderValue::from_static("0"));
    headers.insert("x-ratelimit-requests-reset", HeaderValue::from(reset));
    response
}

/// Half an object, then the connection breaks, late enough for the half to arrive.
pub fn cut() -> Response {
    let (send, receive) = mpsc::channel::<Result<&'static [u8], std::io::Error>>(1);
    tokio::spawn(async move {
        if send.send(Ok(b"{\"items\": [{\"id\": 1, \"ti")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = send.send(Err(std::io::Error::other("cut on demand"))).await;
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receive)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_its_path_as_often_as_asked() {
        let mut faults = vec![Fault {
            host: "api.github.com".into(),
            path: Some("/user".into()),
            kind: Kind::Limited,
            times: 2,
            retry_after: Some(3),
        }];
        assert!(take(&mut faults, "api.github.com", "/issues").is_none());
        assert!(take(&mut faults, "api.github.com", "/user").is_some());
        assert!(take(&mut faults, "api.github.com", "/user/repos").is_some());
        assert!(take(&mut faults, "api.github.com", "/user").is_none());
    }
}
