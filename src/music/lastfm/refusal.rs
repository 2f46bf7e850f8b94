//! What Last.fm's refusals mean (<https://www.last.fm/api/errorcodes>). They come with many statuses, 200 among them.

use serde_json::Value;
use time::OffsetDateTime;

use super::shapes::number;
use crate::{music::trouble::Trouble, platform::http::Response};

/// How long to wait where it does not say.
const WAIT: u32 = 60;

/// Whether another try may help at once.
#[derive(Debug)]
pub(super) enum Refusal {
    Again(Trouble),
    Final(Trouble),
}

/// The answer, or what its refusal means.
pub(super) fn sorted(response: &Response, now: OffsetDateTime) -> Result<Value, Refusal> {
    let body = response.json().ok();
    let code = body.as_ref().and_then(|body| number(&body["error"]));
    let limited = || Trouble::RateLimited { retry_after: response.retry_after(now).unwrap_or(WAIT) };
    match (code, response.status, body) {
        (Some(29), ..) | (_, 429, _) => Err(Refusal::Final(limited())),
        (Some(2 | 8 | 11 | 16), ..) => Err(Refusal::Again(Trouble::Unavailable)),
        // All other parameters are ours, so it is the name that is wrong.
        (Some(6 | 7), ..) | (None, 404, _) => Err(Refusal::Final(Trouble::NoSuchAccount)),
        (Some(17), ..) => Err(Refusal::Final(Trouble::Private)),
        (Some(4 | 9 | 10 | 13 | 14 | 15 | 26), ..) => Err(Refusal::Final(Trouble::KeyRefused)),
        (None, 200..=299, Some(body)) => Ok(body),
        (None, 200..=299 | 500..=599, _) => Err(Refusal::Again(Trouble::Unavailable)),
        _ => Err(Refusal::Final(Trouble::Unreadable)),
    }
}
