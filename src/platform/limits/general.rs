//! The limit on writes under `/api`.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::RETRY_AFTER};

use super::{Bucket, Limited, Limits};
use crate::platform::{refusal::Refusal, security::Client};

/// Who is counted, put into a request's extensions by a layer that knows: the signed-in user.
#[derive(Clone, Debug)]
pub struct Key(pub String);

/// Counts a write under `/api` before anything is done for it. Reads, and what services send by themselves, are free.
pub async fn general(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    if !counted(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let key = match request.extensions().get::<Key>() {
        Some(Key(user)) => format!("user {user}"),
        None => format!("address {}", Client::of(request.extensions()).limit_key()),
    };
    match limits.hit(Bucket::General, &key).await {
        Ok(()) => next.run(request).await,
        Err(limited) => {
            let mut response = Refusal(limited.into()).into_response();
            response.headers_mut().extend(refusal_headers(limited));
            response
        }
    }
}

fn counted(method: &Method, path: &str) -> bool {
    let write = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    write && path.starts_with("/api/") && !path.starts_with("/api/webhooks/")
}

/// `Retry-After`, `RateLimit` and `RateLimit-Policy` of a refusal.
#[must_use]
pub fn refusal_headers(limited: Limited) -> HeaderMap {
    let Limited { bucket, retry_after } = limited;
    let fields = [
        (RETRY_AFTER, retry_after.to_string()),
        (HeaderName::from_static("ratelimit"), format!("\"{}\";r=0;t={retry_after}", bucket.name())),
        (
            HeaderName::from_static("ratelimit-policy"),
            format!("\"{}\";q={};w={}", bucket.name(), bucket.max(), bucket.window().whole_seconds()),
        ),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect()
}
