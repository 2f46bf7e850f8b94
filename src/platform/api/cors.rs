//! Which pages of other sites may use the JSON API from a browser: those of one origin, named in the settings.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// The origin that may; none where nobody's page may.
#[derive(Clone)]
pub struct Origins(Arc<[HeaderValue]>);

impl Origins {
    /// That of this front end.
    #[must_use]
    pub fn of(front_end: Option<&Url>) -> Self {
        let origin = front_end.and_then(|url| HeaderValue::try_from(url.origin().ascii_serialization()).ok());
        Self(origin.into_iter().collect())
    }

    /// Answers preflights, and marks what the front end may read. It never allows cookies: a token is shown instead.
    pub fn layer(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(self.0.iter().cloned()))
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                header::RANGE,
                HeaderName::from_static("idempotency-key"),
                HeaderName::from_static("last-event-id"),
                HeaderName::from_static("x-app-platform"),
                HeaderName::from_static("x-app-version"),
            ])
            .expose_headers([
                header::ETAG,
                header::LOCATION,
                header::LINK,
                header::RETRY_AFTER,
                header::CONTENT_RANGE,
                HeaderName::from_static("idempotent-replayed"),
                HeaderName::from_static("ratelimit"),
                HeaderName::from_static("ratelimit-policy"),
                HeaderName::from_static("x-request-id"),
            ])
            .max_age(Duration::from_secs(600))
    }
}

/// Tells operators whose page was turned away, and which may: a wrong setting shows at once.
pub async fn watch(State(Origins(allowed)): State<Origins>, request: Request, next: Next) -> Response {
    if let Some(origin) = request.headers().get(header::ORIGIN)
        && !allowed.contains(origin)
    {
        let origin: String = String::from_utf8_lossy(origin.as_bytes()).chars().take(200).collect();
        tracing::warn!(origin, ?allowed, "a page of an origin that is not allowed asked for the API");
    }
    next.run(request).await
}
