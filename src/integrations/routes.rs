//! The addresses of this feature; disconnecting.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Extension, Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    account_routes, connect_routes,
    service::{Error, Integrations, Readings},
};
use crate::{
    identity::session::CurrentSession,
    kit::id::ConnectionId,
    platform::{refusal::Refusal, routes::Routes},
};

/// The address of the stylesheet; a build may have put a hash into its name.
#[derive(Clone)]
pub(super) struct Stylesheet(pub(super) Arc<str>);

/// The addresses of this feature. A service has one for its return, and no other service shares it.
pub fn routes(integrations: Integrations, stylesheet: &str) -> Routes {
    Routes::new()
        .get("/api/integrations/{id}", connect_routes::start)
        .get("/api/integrations/{id}/callback", connect_routes::callback)
        .get("/api/integrations/{id}/choice/{waiting}", connect_routes::choice)
        .post("/api/integrations/{id}/choice/{waiting}", connect_routes::choose)
        .post("/api/integrations/{id}/disconnect", disconnect)
        .get("/api/auth/signin/{id}", account_routes::sign_in)
        .get("/api/auth/link/{id}", account_routes::link)
        .get("/api/auth/prove/{id}", account_routes::prove)
        .get("/api/auth/callback/{id}", account_routes::callback)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(integrations)
}

/// Where vendors post their answers from other sites. It reads no session, so it stands outside the guard against such
/// posts.
pub fn posts(integrations: Integrations) -> Routes {
    Routes::new().post("/api/integrations/{id}/callback", connect_routes::posted).with_state(integrations)
}

/// Neither kept nor told on: addresses of a consent carry codes.
pub(super) fn quietly(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whether a request comes from a page of ours or from the address bar.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    matches!(headers.get("sec-fetch-site").map(HeaderValue::as_bytes), Some(b"same-origin" | b"none"))
}

/// A parameter of the query; the first counts.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

async fn disconnect(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: ConnectionId = id.parse().map_err(|_| Error::NotFound("connection"))?;
    let ended = integrations.disconnect(session.user, id, Readings::Keep).await?;
    if wants_page(&headers) {
        let place = format!("/connections?disconnected={}&verdict={}", ended.provider, ended.verdict.as_str());
        return Ok(quietly(Redirect::to(&place)));
    }
    Ok(quietly(Json(ended)))
}

pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
