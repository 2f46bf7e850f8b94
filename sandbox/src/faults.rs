//! Faults on demand: the next requests to a host fail in a chosen way.

use crate::answer;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
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
            && fault
                .path
                .as_deref()
                .is_none_or(|prefix| path.starts_with(prefix))
    })?;
    let fault = faults.get_mut(position)?;
    fault.times -= 1;
    let taken = fault.clone();
    if fault.times == 0 {
        faults.remove(position);
    }
    Some(taken)
}

/// Plays the fault.
pub async fn play(fault: &Fault) -> Response {
    let mut response = match fault.kind {
        Kind::Unauthorised => answer::json(
            401,
            json!({ "error": "invalid_token", "message": "Bad credentials" }),
        ),
        Kind::Limited => answer::json(
            429,
            json!({ "error": "rate_limited", "message": "API rate limit exceeded" }),
        ),
        Kind::Broken => answer::json(
            500,
            json!({ "error": "server_error", "message": "Internal error" }),
        ),
        Kind::Down => answer::json(
            503,
            json!({ "error": "temporarily_unavailable", "message": "Try again later" }),
        ),
        Kind::Html => answer::html(
            200,
            "<!doctype html><title>Maintenance</title><h1>Down for maintenance</h1>".to_owned(),
        ),
        Kind::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            answer::json(504, json!({ "error": "timeout" }))
        }
        Kind::Cut => cut(),
    };
    if let Some(seconds) = fault.retry_after
        && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer::noted(response, format!("fault {:?}", fault.kind))
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
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
