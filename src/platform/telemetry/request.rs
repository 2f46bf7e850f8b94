//! One line and one figure per request, and the id that ties them to what a person saw.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{Extensions, HeaderValue};

use crate::platform::random::Random;

const HEADER: &str = "x-request-id";

/// Names one request in the log, in the answer's `x-request-id`, and on each page that reports an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id of the request that these extensions belong to; empty outside a request.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_else(|| Self("".into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Filled by whoever finds out who is signed in.
#[derive(Clone, Default)]
struct Person(Arc<OnceLock<String>>);

/// Notes the signed-in person's id for the line of this request.
pub fn note_user(extensions: &Extensions, user: impl fmt::Display) {
    if let Some(person) = extensions.get::<Person>() {
        let _already_noted = person.0.set(user.to_string());
    }
}

/// The outermost layer: gives the request its id, and writes its line when the answer's head is known.
pub async fn record(State(random): State<Random>, mut request: Request, next: Next) -> Response {
    let id = RequestId(hex::encode(random.bytes::<8>()).into());
    let person = Person::default();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(person.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    // The pattern of the route, so that the number of figures does not grow with the number of conversations.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let start = Instant::now();

    let mut response = next.run(request).await;

    let took = start.elapsed();
    let status = response.status().as_u16();
    metrics::counter!("aura_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("aura_request_seconds", "route" => route).record(took.as_secs_f64());
    let latency_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let user = person.0.get();
    tracing::info!(%method, path, status, latency_ms, request_id = %id, user, "request");
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
