//! Errors in Stripe's shape.

use serde_json::{Value, json};

/// A refusal of the API.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Whether what was done until then stays: a declined payment leaves its traces, a refused request none.
    pub keep: bool,
    /// Whether the request began to be carried out, so that its answer is kept under the idempotency key.
    pub begun: bool,
}

/// What an operation gives.
pub type Outcome<T = Value> = Result<T, Problem>;

impl Problem {
    /// `invalid_request_error` with its code and parameter.
    pub fn invalid(code: &str, message: impl Into<String>, param: &str) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message, Some(param).filter(|param| !param.is_empty()))
    }

    /// A refusal without a code, as Stripe gives for rules between objects.
    pub fn rule(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", None, message, None)
    }

    /// Any error.
    pub fn new(status: u16, kind: &str, code: Option<&str>, message: impl Into<String>, param: Option<&str>) -> Self {
        let mut error = json!({ "type": kind, "message": message.into() });
        if let Some(code) = code {
            error["code"] = code.into();
            error["doc_url"] = format!("https://docs.stripe.com/error-codes/{}", code.replace('_', "-")).into();
        }
        if let Some(param) = param {
            error["param"] = param.into();
        }
        Self { status, body: json!({ "error": error }), keep: false, begun: false }
    }

    /// Nothing has that id.
    pub fn missing(what: &str, id: &str, param: &str) -> Self {
        let mut problem = Self::invalid("resource_missing", format!("No such {what}: '{id}'"), param);
        problem.status = if param == "id" { 404 } else { 400 };
        problem
    }

    /// A required parameter is absent.
    pub fn required(param: &str) -> Self {
        Self::invalid("parameter_missing", format!("Missing required param: {param}."), param)
    }

    /// A card was declined, or asks for its owner.
    pub fn card(code: &str, decline_code: Option<&str>, message: &str) -> Self {
        let mut problem = Self::new(402, "card_error", Some(code), message, None);
        if let Some(decline_code) = decline_code {
            problem.body["error"]["decline_code"] = decline_code.into();
        }
        problem.begun = true;
        problem
    }

    /// What was done until now stays.
    pub fn kept(mut self) -> Self {
        self.keep = true;
        self
    }

    /// The sentence of the error.
    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}
