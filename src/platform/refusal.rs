//! How a refusal leaves: its status, `Retry-After`, the request id, and problem JSON or a page, by `Accept`.

use std::sync::Arc;

use axum::{
    body::{self, Body},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{
    error::{AppError, ErrorKind, Quota},
    platform::telemetry::RequestId,
};

/// The header by which server functions mark their own refusals.
const SERVER_FUNCTION: &str = "serverfnerror";
const LARGEST_REFUSAL: usize = 64 * 1024;

/// What handlers answer instead of an answer: `Result<_, Refusal>`, where `?` turns a service's error into one.
#[derive(Clone, Debug)]
pub struct Refusal(pub AppError);

impl<E: Into<AppError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The body is written by `present`, which knows what the request accepts.
        let mut response = status.into_response();
        response.headers_mut().extend(limit_headers(&self.0));
        response.extensions_mut().insert(self.0);
        response
    }
}

/// `Retry-After` of a refusal that passes with time, and `RateLimit` and `RateLimit-Policy` of one by a limit
/// (draft-ietf-httpapi-ratelimit-headers).
#[must_use]
pub fn limit_headers(error: &AppError) -> HeaderMap {
    let Some(seconds) = error.retry_after else { return HeaderMap::new() };
    let mut fields = vec![(header::RETRY_AFTER, seconds.to_string())];
    if let Some(Quota { name, hits, seconds: window }) = error.quota {
        fields.push((HeaderName::from_static("ratelimit"), format!("\"{name}\";r=0;t={seconds}")));
        fields.push((HeaderName::from_static("ratelimit-policy"), format!("\"{name}\";q={hits};w={window}")));
    }
    fields.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect()
}

/// What a page about a refusal shows.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    pub status: u16,
    pub error: AppError,
    pub request_id: String,
}

/// Draws the page; the platform knows none.
pub type DrawErrorPage = Arc<dyn Fn(ErrorPage) -> String + Send + Sync>;

/// Gives every refusal its body, and also those that the framework makes without one.
pub async fn present(State(draw): State<DrawErrorPage>, request: Request, next: Next) -> Response {
    let request_id = RequestId::of(request.extensions());
    // Whoever speaks to the JSON API gets JSON, whatever they accept.
    let page = wants_page(request.headers()) && !request.uri().path().starts_with("/api/v1/");
    let response = with_its_own_status(next.run(request).await).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = match response.extensions().get::<AppError>() {
        Some(error) => error.clone(),
        None if has_own_body(response.headers()) => return response,
        None => plain(status),
    };
    let mut headers = response.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.extend(limit_headers(&error));
    let body = if page {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        draw(ErrorPage { status: status.as_u16(), error, request_id: request_id.to_string() })
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        problem(status, &error, &request_id)
    };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    (status, headers, body).into_response()
}

/// A server function whose arguments cannot be read is refused before its body, with 500 and our error in the answer:
/// the status of that error is the right one.
async fn with_its_own_status(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key(SERVER_FUNCTION) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = body::to_bytes(body, LARGEST_REFUSAL).await.unwrap_or_default();
    if let Some(status) =
        serde_json::from_slice::<AppError>(&bytes).ok().and_then(|error| StatusCode::from_u16(error.kind.status()).ok())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// RFC 9457, with Aura's code beside it.
#[derive(Serialize)]
struct Problem<'a> {
    /// The kinds of refusal have no pages of their own: `code` names them.
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: &'a str,
    #[serde(flatten)]
    error: &'a AppError,
}

fn problem(status: StatusCode, error: &AppError, request_id: &RequestId) -> String {
    let problem = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Refused"),
        status: status.as_u16(),
        detail: &error.message,
        request_id: request_id.as_str(),
        error,
    };
    serde_json::to_string(&problem).unwrap_or_default()
}

/// A browser that opens a page names HTML; a program that names it beside JSON wants JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim()).find_map(|kind| match kind {
        "text/html" | "application/xhtml+xml" => Some(true),
        "application/json" | "application/problem+json" => Some(false),
        _ => None,
    }) == Some(true)
}

/// Pages and server functions write their own bodies; the framework's refusals are empty or plain text.
fn has_own_body(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"))
        || headers.contains_key(SERVER_FUNCTION)
}

fn plain(status: StatusCode) -> AppError {
    let (kind, code, message) = match status.as_u16() {
        401 => return AppError::unauthenticated(),
        403 => (ErrorKind::Forbidden, "forbidden", "You may not do this."),
        404 => (
            ErrorKind::NotFound,
            "not_found",
            "There is nothing at this address. It may have moved, or the link is not complete.",
        ),
        405 => (ErrorKind::Invalid, "method_not_allowed", "This address does not take requests of this kind."),
        413 => return too_large(),
        415 => (ErrorKind::Invalid, "unsupported_media_type", "This address does not take content of this type."),
        422 => {
            (ErrorKind::Unprocessable, "bad_request", "The request was not complete. Reload the page and try again.")
        }
        503 => (ErrorKind::Unavailable, "unavailable", "Aura cannot answer right now. Try again in a moment."),
        400..=499 => {
            (ErrorKind::Invalid, "bad_request", "The request could not be understood. Reload the page and try again.")
        }
        _ => return AppError::internal(),
    };
    AppError::new(kind, code, message)
}

/// The body is larger than any that Aura takes.
#[must_use]
pub fn too_large() -> AppError {
    AppError::new(
        ErrorKind::TooLarge,
        "too_large",
        "This is more than Aura takes at once. Shorten it and send it again.",
    )
}
