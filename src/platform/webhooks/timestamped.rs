//! The scheme `t=<seconds>,v1=<hex>[,v1=…]`: HMAC with SHA-256 over the time, a point and the body
//! (<https://docs.stripe.com/webhooks#verify-manually>).

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use time::OffsetDateTime;

use super::{WebhookError, signature::TOLERANCE};

const MOST_SIGNATURES: usize = 20;

/// Checks such a header over the bytes as they came, and gives the time at which it was signed. Each of the secrets is
/// accepted, so that one can be replaced by another, and so is each signature, for a sender replaces its own likewise.
///
/// # Errors
/// When there is no secret, or when none of them made one of the signatures within five minutes of `now`.
pub fn verify_timestamped(
    secrets: &[SecretString],
    header: Option<&str>,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<OffsetDateTime, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::NotSetUp);
    }
    let header = header.ok_or(WebhookError::Unsigned)?;
    let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
    let mut times = pairs().filter(|(name, _)| *name == "t").map(|(_, value)| value);
    // One that is given twice is read differently by different programs.
    let (Some(seconds), None) = (times.next(), times.next()) else { return Err(WebhookError::Unsigned) };
    let signed_at = seconds.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let signed_at = signed_at.filter(|at| (now - *at).abs() <= TOLERANCE).ok_or(WebhookError::Unsigned)?;
    let given: Vec<_> = pairs()
        .filter(|(name, _)| *name == "v1")
        .take(MOST_SIGNATURES)
        .filter_map(|(_, value)| hex::decode(value).ok())
        .collect();
    let known = secrets.iter().any(|secret| {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        let mac = mac.chain_update(seconds).chain_update(b".").chain_update(body);
        given.iter().any(|given| mac.clone().verify_slice(given).is_ok())
    });
    if known { Ok(signed_at) } else { Err(WebhookError::Unsigned) }
}
