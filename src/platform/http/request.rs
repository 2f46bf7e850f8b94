//! What is asked of an outside service.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::HttpError;

/// A request in the making. Twenty seconds and one mebibyte unless it says otherwise.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
    pub(super) deadline: Duration,
    pub(super) limit: usize,
    pub(super) user_supplied: bool,
    pub(super) quiet: bool,
    /// What is longer than the limit is left unread, rather than refused.
    pub(super) cut: bool,
    /// Set when a header could not be written; the sending then fails without a word about its value.
    broken: bool,
}

impl Request {
    /// A request without a body, which accepts JSON.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            method,
            url,
            headers,
            body: Vec::new(),
            deadline: Duration::from_secs(20),
            limit: 1024 * 1024,
            user_supplied: false,
            quiet: false,
            cut: false,
            broken: false,
        }
    }

    /// A body of form fields.
    #[must_use]
    pub fn form(mut self, fields: Vec<(String, String)>) -> Self {
        self.body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, value: Value) -> Self {
        self.body = value.to_string().into_bytes();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    /// A body of any kind; a header says which.
    #[must_use]
    pub fn body(mut self, content: Vec<u8>) -> Self {
        self.body = content;
        self
    }

    /// A header; it replaces one of the same name.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.put(name, value, false)
    }

    /// A header whose value is secret.
    #[must_use]
    pub fn secret_header(self, name: &str, value: SecretString) -> Self {
        self.put(name, value.expose_secret(), true)
    }

    /// `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: SecretString) -> Self {
        self.put(AUTHORIZATION.as_str(), &format!("Bearer {}", token.expose_secret()), true)
    }

    /// `Authorization: Basic …`, with name and password as they are.
    #[must_use]
    pub fn basic(self, name: &str, password: &SecretString) -> Self {
        let pair = STANDARD.encode(format!("{name}:{}", password.expose_secret()));
        self.put(AUTHORIZATION.as_str(), &format!("Basic {pair}"), true)
    }

    /// How long the whole call may take.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How many bytes the answer may have.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// A person typed this address: it must be https and lead to the open internet.
    #[must_use]
    pub fn user_supplied(mut self) -> Self {
        self.user_supplied = true;
        self
    }

    /// Made so often that a line in the log for each would hide the others: it is written at `debug`.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// An answer that is longer than the limit is cut off there, rather than refused.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    fn put(mut self, name: &str, value: &str, secret: bool) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(secret);
                self.headers.insert(name, value);
            }
            _ => self.broken = true,
        }
        self
    }

    pub(super) fn into_reqwest(self, found: Url) -> Result<reqwest::Request, HttpError> {
        if self.broken {
            return Err(HttpError::Broken);
        }
        let mut request = reqwest::Request::new(self.method, found);
        *request.headers_mut() = self.headers;
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.into());
        }
        Ok(request)
    }
}

/// Shows the method and the host: paths, queries, headers and bodies can be secret.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}
