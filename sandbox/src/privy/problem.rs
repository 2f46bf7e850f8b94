//! Refusals in Privy's own shape: `{error, code?, cause?, data?}`.

use crate::answer;
use axum::response::Response;
use serde_json::{Map, Value};

/// What a call came to: status and body, or a refusal.
pub type Outcome = Result<Reply, Problem>;

/// A good answer; `Null` stands for no body.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
}

/// 200 with a body.
pub fn ok(body: Value) -> Outcome {
    Ok(Reply { status: 200, body })
}

/// A refusal. Statuses are those of the error classes in `@privy-io/api-base`.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// One of Privy's codes.
    pub code: Option<String>,
    /// A sentence.
    pub error: String,
    /// What the caller may do about it.
    pub data: Option<Value>,
}

impl Problem {
    /// A refusal with a code.
    pub fn new(status: u16, code: &str, error: impl Into<String>) -> Self {
        Self { status, code: Some(code.to_owned()), error: error.into(), data: None }
    }

    /// A body or a query that does not have its form.
    pub fn data(error: impl Into<String>) -> Self {
        Self::new(400, "invalid_data", error)
    }

    /// A code, signature or token that proves nothing.
    pub fn credentials(error: impl Into<String>) -> Self {
        Self::new(422, "invalid_credentials", error)
    }

    /// No session, or one that has ended.
    pub fn token() -> Self {
        Self::new(401, "missing_or_invalid_token", "Missing or invalid token")
    }

    /// Nothing of that name.
    pub fn missing(error: impl Into<String>) -> Self {
        Self { status: 404, code: None, error: error.into(), data: None }
    }

    /// A method of signing in that the app has switched off.
    pub fn method_off(method: &str) -> Self {
        Self::new(403, "disallowed_login_method", format!("Login with {method} is not allowed"))
    }

    /// The answer, marked for the journal.
    pub fn response(self) -> Response {
        let reason = format!("{}: {}", self.code.as_deref().unwrap_or("refused"), self.error);
        let mut body = Map::new();
        body.insert("error".into(), self.error.into());
        if let Some(code) = self.code {
            body.insert("code".into(), code.into());
        }
        if let Some(data) = self.data {
            body.insert("data".into(), data);
        }
        answer::noted(answer::json(self.status, Value::Object(body)), reason)
    }
}
