//! What is wrong with the configuration, all of it in one message.

use std::fmt;

/// One variable that is missing or wrong, and what to do about it. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub variable: String,
    pub remedy: String,
}

/// Everything that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    pub(super) fn add(&mut self, variable: &str, remedy: impl Into<String>) {
        self.0.push(ConfigError { variable: variable.into(), remedy: remedy.into() });
    }

    /// Whether this variable is among them.
    #[must_use]
    pub fn names(&self, variable: &str) -> bool {
        self.0.iter().any(|error| error.variable == variable)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the configuration is not complete:")?;
        for error in &self.0 {
            write!(formatter, "\n  {}: {}", error.variable, error.remedy)?;
        }
        formatter.write_str("\nEach variable is told in .env.example.")
    }
}

impl std::error::Error for ConfigErrors {}
