//! What `cross_site` lets through and browsers of today never send.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, header};
use url::Url;

use super::guards::from_elsewhere;

/// The scheme of our own pages.
#[derive(Clone)]
pub struct OwnScheme(Arc<str>);

impl OwnScheme {
    /// That of the address that people type.
    #[must_use]
    pub fn of(public_url: &Url) -> Self {
        Self(public_url.scheme().into())
    }
}

/// Refuses a write without `Sec-Fetch-Site` whose origin has another scheme than ours, and one that brings our cookies
/// and does not say at all where it comes from: programs bring no cookies, and browsers say it.
pub async fn own_origin(State(OwnScheme(scheme)): State<OwnScheme>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), &scheme) { next.run(request).await } else { from_elsewhere().into_response() }
}

fn is_own(headers: &HeaderMap, scheme: &str) -> bool {
    let told = |name| headers.get(name).map(http::HeaderValue::as_bytes).filter(|value: &&[u8]| !value.is_empty());
    if told("sec-fetch-site").is_some() {
        return true;
    }
    match told("origin") {
        Some(origin) => origin.strip_prefix(scheme.as_bytes()).is_some_and(|rest| rest.starts_with(b"://")),
        None => !headers.get_all(header::COOKIE).iter().any(|cookies| {
            cookies.as_bytes().split(|byte| *byte == b';').any(|cookie| cookie.trim_ascii().starts_with(b"__Host-aura"))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_say_where_they_come_from() {
        let own = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            is_own(&headers, "https")
        };
        assert!(own(&[]));
        assert!(own(&[("cookie", "theme=dark; _Host-aura=x")]));
        assert!(own(&[("cookie", "__Host-aura=x"), ("sec-fetch-site", "same-origin")]));
        assert!(own(&[("cookie", "__Host-aura=x"), ("origin", "https://aura.example")]));
        assert!(!own(&[("cookie", "a=b; __Host-aura=x")]));
        assert!(!own(&[("cookie", "a=b"), ("cookie", "__Host-aura-signin=x")]));
        assert!(!own(&[("cookie", "__Host-aura=x"), ("sec-fetch-site", ""), ("origin", "")]));
        assert!(!own(&[("origin", "http://aura.example")]));
        assert!(!own(&[("origin", "httpsx://aura.example")]));
        assert!(!own(&[("origin", "null")]));
    }
}
