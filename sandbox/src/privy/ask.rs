//! One call to the issuer, taken apart.

use crate::app::Sandbox;
use crate::call::Call;
use crate::privy::problem::Problem;
use serde_json::Value;

/// A call after its host and its version.
pub struct Ask<'a> {
    /// The world, for what other vendors issue.
    pub sandbox: &'a Sandbox,
    /// The raw call.
    pub call: &'a Call,
    /// The path after `/api/v1` or `/v1`.
    pub path: &'a str,
    /// It came by `/api/v1`.
    pub older: bool,
    /// The body.
    pub body: Value,
}

impl Ask<'_> {
    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, Problem> {
        self.option(name).ok_or_else(|| Problem::data(format!("{name} is missing")))
    }

    /// A text that may be there.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str).filter(|value| !value.is_empty())
    }

    /// Whether unknown people may become known by this call.
    pub fn mode(&self) -> Option<&str> {
        self.option("mode")
    }
}
