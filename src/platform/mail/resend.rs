//! Mail by Resend's API.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::{Letter, MailError};
use crate::{
    kit::id::MailId,
    platform::http::{Http, Request},
};

/// An account there.
pub(super) struct Resend {
    http: Http,
    api_key: SecretString,
    from: String,
}

impl Resend {
    pub(super) fn new(http: Http, api_key: SecretString, from: String) -> Self {
        Self { http, api_key, from }
    }

    pub(super) async fn send(&self, id: MailId, recipient: &str, letter: &Letter) -> Result<(), MailError> {
        let url = Url::parse("https://api.resend.com/emails").map_err(|error| MailError::Broken(error.to_string()))?;
        let body = json!({
            "from": self.from,
            "to": [recipient],
            "subject": letter.subject,
            "html": letter.html,
            "text": letter.text,
        });
        // The key makes a repetition within a day the same mail.
        let request = Request::new(Method::POST, url)
            .bearer(self.api_key.clone())
            .header("idempotency-key", &id.to_string())
            .json(body);
        let response = self.http.send(request).await?;
        if response.is_success() { Ok(()) } else { Err(MailError::Refused(response.status)) }
    }
}
