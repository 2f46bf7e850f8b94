//! What browsers are told about each answer.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::platform::{config::Environment, random::Random};

/// Lets one answer's own scripts run; minted for each request of an app page.
#[derive(Clone, Debug)]
pub struct Nonce(pub Arc<str>);

/// What decides the headers, the same for every request.
#[derive(Clone)]
pub struct HeaderPolicy {
    random: Random,
    environment: Environment,
    /// Where a page that is being developed hears that it was rebuilt.
    reload: String,
}

const PUBLIC_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

impl HeaderPolicy {
    #[must_use]
    pub fn new(random: Random, environment: Environment, reload_port: u32) -> Self {
        let reload = if environment.is_development() {
            format!(" ws://127.0.0.1:{reload_port} ws://localhost:{reload_port}")
        } else {
            String::new()
        };
        Self { random, environment, reload }
    }

    fn nonce(&self) -> Nonce {
        Nonce(URL_SAFE_NO_PAD.encode(self.random.bytes::<16>()).into())
    }

    /// Scalar writes styles. Its elements carry the nonce; its attributes cannot, so attributes alone are let through:
    /// they run nothing, and load nothing that `img-src` does not allow.
    fn reference_policy(nonce: &Nonce) -> String {
        let Nonce(nonce) = nonce;
        format!(
            "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
             img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
             form-action 'self'"
        )
    }

    fn page_policy(&self, nonce: &Nonce) -> String {
        let (Nonce(nonce), reload) = (nonce, &self.reload);
        format!(
            "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; connect-src 'self'{reload}; object-src 'none'; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'"
        )
    }
}

/// For pages of the app: a nonce in the request's extensions and in the policy, and nothing kept by any cache.
pub async fn page_headers(State(policy): State<HeaderPolicy>, request: Request, next: Next) -> Response {
    let nonce = policy.nonce();
    with_nonce(nonce.clone(), &policy.page_policy(&nonce), request, next).await
}

/// For the page that shows the contract of the JSON API: the same with a policy under which Scalar can draw it.
pub async fn reference_headers(State(policy): State<HeaderPolicy>, request: Request, next: Next) -> Response {
    let nonce = policy.nonce();
    with_nonce(nonce.clone(), &HeaderPolicy::reference_policy(&nonce), request, next).await
}

async fn with_nonce(nonce: Nonce, policy: &str, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(nonce);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// For pages that are one person's and run no script but a file of ours: nothing kept by any cache.
pub async fn unkept(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// For every answer; what a handler or `page_headers` has set stays.
pub async fn site_headers(State(policy): State<HeaderPolicy>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (api, callback) = (path.starts_with("/api/"), path.ends_with("/callback"));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    default(headers, header::CONTENT_SECURITY_POLICY, PUBLIC_POLICY);
    default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // The address of a callback holds a code: it is told to nobody.
    default(headers, header::REFERRER_POLICY, if callback { "no-referrer" } else { "same-origin" });
    default(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(
        headers,
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    );
    if !policy.environment.is_development() {
        default(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if api || callback {
        default(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
