//! Tags of answers (RFC 9110 §8.8.3), so that nobody reads again what has not changed, and nobody overwrites what has.

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use crate::{
    error::{AppError, ErrorKind},
    platform::crypto::digest,
};

/// Answers larger than this go out without a tag.
const LARGEST: usize = 1024 * 1024;

/// The tag of what an answer shows.
#[must_use]
pub fn of(shown: &impl Serialize) -> String {
    tag(&serde_json::to_vec(shown).unwrap_or_default())
}

/// Lets a change go on whose sender has seen what is there now, or does not care.
///
/// # Errors
/// `changed` (412) when `If-Match` names something else.
pub fn require(headers: &HeaderMap, current: &str) -> Result<(), AppError> {
    let mut wanted = headers.get_all(header::IF_MATCH).iter().peekable();
    if wanted.peek().is_none() || wanted.any(|value| names(value, current, false)) {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Changed,
        "changed",
        "This has changed since you read it, so nothing was overwritten. Read it again, then repeat your change.",
    ))
}

/// Whether whoever asks says that they have what this tag names.
#[must_use]
pub fn known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, tag, true))
}

/// Gives every JSON answer to a `GET` its tag, and answers with 304 where the sender has it already.
pub async fn layer(request: Request, next: Next) -> Response {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    if !reading || response.status() != StatusCode::OK || !is_plain_json(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return crate::platform::refusal::Refusal(AppError::internal()).into_response();
    };
    let tag = tag(&bytes);
    if let Ok(value) = HeaderValue::try_from(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if known.iter().any(|value| names(value, &tag, true)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&digest(bytes)[..16]))
}

/// Whole, small and untagged: what streams has no length that is known ahead.
fn is_plain_json(response: &Response) -> bool {
    let headers = response.headers();
    !headers.contains_key(header::ETAG)
        && headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
        && response.body().size_hint().exact().is_some_and(|length| length <= LARGEST as u64)
}

/// Whether a list of tags names this one. A weak tag counts only where nothing is overwritten (RFC 9110 §8.8.3.2).
fn names(list: &HeaderValue, tag: &str, weak_counts: bool) -> bool {
    let Ok(list) = list.to_str() else { return false };
    list.split(',')
        .map(str::trim)
        .any(|one| one == "*" || one == tag || (weak_counts && one.strip_prefix("W/").is_some_and(|weak| weak == tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_change_names_what_it_has_seen() {
        let tag = of(&"seen");
        assert!(require(&HeaderMap::new(), &tag).is_ok());
        assert!(require(&headers(header::IF_MATCH, "*"), &tag).is_ok());
        let seen = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::try_from(&tag).unwrap())]);
        assert!(require(&seen, &tag).is_ok());
        assert_eq!(require(&seen, &of(&"other")).unwrap_err().code, "changed");
        let weak = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::try_from(format!("W/{tag}")).unwrap())]);
        assert!(require(&weak, &tag).is_err());
    }
}
