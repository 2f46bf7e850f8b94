//! One request to an outside host, taken apart once.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::SocketAddr;
use url::form_urlencoded;

/// Bodies above this are refused.
const LIMIT: usize = 8 * 1024 * 1024;

/// A request as the vendor would see it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The outside host, such as `api.github.com`.
    pub host: String,
    /// The path on that host, with its leading slash.
    pub path: String,
    /// Query pairs in order.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The number of this request in the journal.
    pub entry: u64,
    /// The caller's port, by which connections are told apart; none where the server does not tell.
    pub peer: Option<u16>,
}

impl Call {
    /// Splits `/{host}/{path…}` and reads the body; `None` when it is too long or breaks off.
    pub async fn read(request: Request<Body>) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let whole = parts.uri.path().trim_start_matches('/');
        let (host, path) = whole.split_once('/').unwrap_or((whole, ""));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.port());
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Some(Self {
            method: parts.method,
            host: host.to_ascii_lowercase(),
            path: format!("/{path}"),
            query,
            headers: parts.headers,
            body: to_bytes(body, LIMIT).await.ok()?,
            entry: 0,
            peer,
        })
    }

    /// A query parameter.
    pub fn q(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body type without parameters.
    pub fn content_type(&self) -> &str {
        let whole = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim()
    }

    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The fields of a form or of a flat JSON object.
    pub fn fields(&self) -> Vec<(String, String)> {
        if self.content_type() == "application/json" {
            let Value::Object(object) = self.json() else {
                return Vec::new();
            };
            return object
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => (name, text),
                    other => (name, other.to_string()),
                })
                .collect();
        }
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// What follows `Authorization: {scheme} `.
    pub fn authorization(&self, scheme: &str) -> Option<&str> {
        let (found, value) = self.header("authorization")?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| value.trim())
    }

    /// User and password of HTTP Basic, form-decoded as RFC 6749 §2.3.1 has them encoded.
    pub fn basic(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.authorization("Basic")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((unescape(user), unescape(password)))
    }
}

/// The first value of a name.
pub fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn unescape(text: &str) -> String {
    form_urlencoded::parse(format!("v={text}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}
