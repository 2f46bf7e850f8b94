//! What stops a request before or instead of its handler.

use std::{any::Any, time::Duration};

use axum::{
    body::{self, Body},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{Method, header};
use http_body_util::Limited;
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::{CsrfLayer, ProtectionError},
};
use url::Url;

use crate::{
    error::{AppError, ErrorKind},
    platform::refusal::{Refusal, too_large},
};

const FORM_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 1024 * 1024;
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Refuses requests that change something and come from another site (`Sec-Fetch-Site`, or `Origin` from browsers
/// without it). Requests of programs carry neither and pass: they carry no cookie either.
pub fn cross_site(public_url: &Url) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let refuse: fn(ProtectionError) -> Response = |_| from_elsewhere().into_response();
    // Behind a proxy the Host header may differ from the public address; where that is no origin, Host decides alone.
    CsrfLayer::new()
        .add_trusted_origin(public_url.origin().ascii_serialization())
        .unwrap_or_default()
        .with_rejection_response(refuse)
}

/// How a write from another site is refused.
pub(super) fn from_elsewhere() -> Refusal {
    Refusal(AppError::new(
        ErrorKind::Forbidden,
        "cross_site",
        "This request came from another site, so nothing was changed. Open the page in Aura and try again.",
    ))
}

/// An address that takes files. Its handler counts for itself; this is where even reading and dropping ends.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    pub path: &'static str,
    /// In bytes.
    pub most: usize,
    pub longest: Duration,
}

/// The addresses that take files.
pub type Uploads = &'static [Upload];

fn upload(uploads: Uploads, request: &Request) -> Option<Upload> {
    let bringing = matches!(*request.method(), Method::POST | Method::PUT);
    uploads.iter().copied().find(|upload| bringing && upload.path == request.uri().path())
}

/// Reads the body before the handler, so that too much of it is refused in one way everywhere. Files that are uploaded
/// stream through to their handler.
pub async fn limit_body(State(uploads): State<Uploads>, request: Request, next: Next) -> Response {
    let upload = upload(uploads, &request);
    let (parts, body) = request.into_parts();
    if let Some(upload) = upload {
        return next.run(Request::from_parts(parts, Body::new(Limited::new(body, upload.most)))).await;
    }
    let form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    match body::to_bytes(body, if form { FORM_LIMIT } else { BODY_LIMIT }).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => Refusal(too_large()).into_response(),
    }
}

/// Ends requests whose answer does not begin in time. What streams has begun and may go on.
pub async fn limit_time(State(uploads): State<Uploads>, request: Request, next: Next) -> Response {
    let limit = upload(uploads, &request).map_or(TIME_LIMIT, |upload| upload.longest);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(AppError::new(
            ErrorKind::Unavailable,
            "timeout",
            "This took too long and was given up. Try again in a moment.",
        ))
        .into_response(),
    }
}

/// Turns a panic into a refusal; the log has its place.
pub fn panics() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(|_| Refusal(AppError::internal()).into_response())
}
