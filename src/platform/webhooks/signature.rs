use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use standardwebhooks::Webhook;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};

use super::WebhookError;

/// How far the sender's clock may be off, and how long a post may have been on its way.
pub(super) const TOLERANCE: Duration = Duration::minutes(5);
const LONGEST_ID: usize = 200;

/// What the signature vouches for beside the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The sender's id of the event; a repetition has the same.
    pub id: String,
    /// When it was signed.
    pub sent_at: OffsetDateTime,
}

/// Checks the signature of a post over its bytes as they came. Each of the secrets is accepted, so that one can be
/// replaced by another.
///
/// # Errors
/// When there is no secret, or when none of them made one of the signatures within five minutes of `now`.
pub fn verify(
    secrets: &[SecretString],
    headers: &HeaderMap,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<Signed, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::NotSetUp);
    }
    let id = header(headers, "id").filter(|id| (1..=LONGEST_ID).contains(&id.len())).ok_or(WebhookError::Unsigned)?;
    let seconds = header(headers, "timestamp").and_then(|text| text.parse().ok()).ok_or(WebhookError::Unsigned)?;
    let given = header(headers, "signature").ok_or(WebhookError::Unsigned)?;
    let sent_at = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| WebhookError::Unsigned)?;
    if (now - sent_at).abs() > TOLERANCE {
        return Err(WebhookError::Unsigned);
    }
    // The crate's own check asks the system for the time; so it only makes the signature that is to be found.
    let known = secrets
        .iter()
        .filter_map(|secret| Webhook::new(secret.expose_secret()).ok())
        .filter_map(|webhook| webhook.sign(id, seconds, body).ok())
        .any(|right| given.split(' ').any(|given| bool::from(given.as_bytes().ct_eq(right.as_bytes()))));
    if known { Ok(Signed { id: id.to_owned(), sent_at }) } else { Err(WebhookError::Unsigned) }
}

/// Svix sends its own names; the scheme's are the same with another prefix.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let found = headers.get(format!("svix-{name}")).or_else(|| headers.get(format!("webhook-{name}")));
    found.and_then(|value| value.to_str().ok())
}
