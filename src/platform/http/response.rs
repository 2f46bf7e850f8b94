//! What an outside service answered.

use std::fmt;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

use super::HttpError;

/// An answer, whole.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the request allowed.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, whatever the header calls it.
    pub fn json(&self) -> Result<Value, HttpError> {
        serde_json::from_slice(&self.body).map_err(|_| HttpError::Broken)
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How many seconds `Retry-After` asks to wait, be it a number or a date.
    #[must_use]
    pub fn retry_after(&self, now: OffsetDateTime) -> Option<u32> {
        let text = self.header(RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            // Some services send fractions; a rounded-up second is never too early. `as` saturates.
            return (seconds >= 0.0).then(|| seconds.ceil() as u32);
        }
        let date =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        let moment = PrimitiveDateTime::parse(text, date).ok()?.assume_utc();
        Some(u32::try_from((moment - now).whole_seconds().max(0)).unwrap_or(u32::MAX))
    }
}

/// Shows the status and the size: headers and bodies can be secret.
impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
