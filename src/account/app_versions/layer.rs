use axum::{
    Json,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::AppVersions;
use crate::{
    identity::v1::device_given::Platform,
    platform::{api::Problem, telemetry::RequestId},
};

const PLATFORM: &str = "x-app-platform";
const VERSION: &str = "x-app-version";

/// Refuses apps that are too old, with the address of the new one. What is not said, or cannot be read as a version, is
/// nobody's: programs that are no apps of ours send neither header. An old app can still renew its tokens, ask for
/// versions and sign out, so that it ends in order.
pub async fn layer(State(versions): State<AppVersions>, request: Request, next: Next) -> Response {
    let Some((platform, version)) = said(request.headers()) else { return next.run(request).await };
    if is_open(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    match versions.update_of(platform, version).await {
        Ok(Some((minimum, store_url))) => refused(&minimum, &store_url, &RequestId::of(request.extensions())),
        Ok(None) => next.run(request).await,
        // Whoever answers needs the database too, and says it better.
        Err(error) => {
            tracing::warn!(%error, "an app's version was not checked");
            next.run(request).await
        }
    }
}

fn said(headers: &HeaderMap) -> Option<(&'static str, &str)> {
    let platform = headers.get(PLATFORM)?.to_str().ok()?.to_ascii_lowercase();
    let known = Platform::parse(&platform).as_str();
    let version = headers.get(VERSION)?.to_str().ok()?;
    (known == platform).then_some((known, version))
}

fn is_open(method: &Method, path: &str) -> bool {
    let sign_out = *method == Method::DELETE && (path == "/api/v1/sessions" || path.starts_with("/api/v1/sessions/"));
    let versions = path == "/api/v1/app-versions" || path.starts_with("/api/v1/app-versions/");
    sign_out || versions || path == "/api/v1/tokens/refresh"
}

fn refused(minimum: &str, store_url: &str, request_id: &RequestId) -> Response {
    let message = format!("This version of the app is no longer served: version {minimum} is the oldest. Update it.");
    let problem = Problem {
        r#type: "about:blank".to_owned(),
        title: "Upgrade Required".to_owned(),
        status: StatusCode::UPGRADE_REQUIRED.as_u16(),
        detail: message.clone(),
        kind: "outdated".to_owned(),
        code: "app_outdated".to_owned(),
        message,
        request_id: request_id.as_str().to_owned(),
        field: None,
        retry_after: None,
        store_url: Some(store_url.to_owned()),
    };
    let mut response = (StatusCode::UPGRADE_REQUIRED, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(link) = HeaderValue::try_from(format!("<{store_url}>; rel=\"latest-version\"")) {
        headers.insert(header::LINK, link);
    }
    response
}
