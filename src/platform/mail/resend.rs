//! Mail by Resend's API (resend.com/docs/api-reference/emails/send-email).

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use super::{Letter, MailError};
use crate::{
    kit::id::MailId,
    platform::http::{Http, Request, Response},
};

/// An account there.
pub(super) struct Resend {
    http: Http,
    api_key: SecretString,
    from: String,
    reply_to: Option<String>,
}

impl Resend {
    pub(super) fn new(http: Http, api_key: SecretString, from: String, reply_to: Option<String>) -> Self {
        Self { http, api_key, from, reply_to }
    }

    /// Returns the id that the service gave the mail.
    pub(super) async fn send(
        &self,
        id: MailId,
        recipient: &str,
        letter: &Letter,
        now: OffsetDateTime,
    ) -> Result<Option<String>, MailError> {
        let url = Url::parse("https://api.resend.com/emails").map_err(|error| MailError::Broken(error.to_string()))?;
        let mut body = json!({
            "from": self.from,
            "to": [recipient],
            "subject": letter.subject,
            "html": letter.html,
            "text": letter.text,
        });
        if let Some(reply_to) = &self.reply_to {
            body["reply_to"] = json!(reply_to);
        }
        // The key makes a repetition within a day the same mail.
        let request = Request::new(Method::POST, url)
            .bearer(self.api_key.clone())
            .header("idempotency-key", &id.to_string())
            .json(body);
        read(&self.http.send(request).await?, now)
    }
}

fn read(response: &Response, now: OffsetDateTime) -> Result<Option<String>, MailError> {
    let body = response.json().unwrap_or(Value::Null);
    if response.is_success() {
        return Ok(body["id"].as_str().map(|id| id.chars().take(100).collect()));
    }
    let reason: String = body["name"].as_str().unwrap_or_default().chars().take(60).collect();
    let reason = reason.replace(|c: char| !c.is_ascii_lowercase() && c != '_', "");
    match response.status {
        429 => Err(MailError::Limited { retry_after: response.retry_after(now) }),
        // The key is known, with another content: the mail left before the settings or the templates changed.
        409 if reason == "invalid_idempotent_request" => Ok(None),
        status => Err(MailError::Refused { status, reason }),
    }
}

impl fmt::Display for Resend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "by Resend, from {}", self.from)
    }
}
