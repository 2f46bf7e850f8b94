//! A session that is begun with a name and a password, which go along each time one has ended.

use std::{collections::BTreeMap, time::Duration};

use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    platform::http::{Http, HttpError, Request},
    providers::{Session, Template},
};

/// Fills `{name}` in the strings of a body.
fn filled(body: &Value, value: &impl Fn(&str) -> Option<String>) -> Option<Value> {
    Some(match body {
        Value::String(text) => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => Value::String(value(name)?),
            None => body.clone(),
        },
        Value::Array(entries) => entries.iter().map(|entry| filled(entry, value)).collect::<Option<_>>()?,
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(name, field)| Some((name.clone(), filled(field, value)?)));
            Value::Object(pairs.collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}

/// How a service's sessions are begun and ended; taken out of its entry.
pub struct Login<'a> {
    pub address: &'a Template,
    pub json: &'a Value,
    /// JSON pointer to the session in the answer.
    pub token: &'a str,
    /// Seconds a session lives unused.
    pub ttl: u64,
    pub logout: Option<&'a Template>,
    pub headers: &'a BTreeMap<String, String>,
}

impl<'a> Login<'a> {
    /// Of an entry whose sessions are begun with a password.
    #[must_use]
    pub fn of(session: &'a Session) -> Option<Self> {
        match session {
            Session::Login { login, json, token, ttl, logout, headers } => {
                Some(Self { address: login, json, token, ttl: *ttl, logout: logout.as_ref(), headers })
            }
            Session::SignedWeb { .. } => None,
        }
    }

    /// The request that begins a session; none where a value is missing.
    #[must_use]
    pub fn request(&self, value: &impl Fn(&str) -> Option<String>) -> Option<Request> {
        let request = Request::new(Method::POST, self.address.url().clone()).limit(64 * 1024);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        Some(request.deadline(Duration::from_secs(5)).json(filled(self.json, value)?))
    }

    /// When a session ends that was last used at this moment.
    #[must_use]
    pub fn ends(&self, used: OffsetDateTime) -> OffsetDateTime {
        used + time::Duration::seconds(i64::try_from(self.ttl).unwrap_or(i64::MAX))
    }

    /// The session in an answer.
    #[must_use]
    pub fn session(&self, body: &Value) -> Option<SecretString> {
        let text = body.pointer(self.token)?.as_str().filter(|text| !text.is_empty())?;
        Some(text.to_owned().into())
    }
}

/// Ends a session: true where the service has ended it or does not know it any more.
///
/// # Errors
/// Where no answer came.
pub async fn log_out(http: &Http, request: Request) -> Result<bool, HttpError> {
    let response = http.send(request.deadline(Duration::from_secs(10))).await?;
    Ok(response.is_success() || response.status == 401)
}
