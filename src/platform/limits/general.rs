//! The limit on writes under `/api`.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::Method;

use super::{Bucket, Limits};
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
        Err(limited) => Refusal::from(limited).into_response(),
    }
}

fn counted(method: &Method, path: &str) -> bool {
    let write = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    write && path.starts_with("/api/") && !path.starts_with("/api/webhooks/")
}
