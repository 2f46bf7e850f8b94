//! OAuth 1.0a with HMAC-SHA1 (RFC 5849), for services that never went over to OAuth 2.
//!
//! It is ours because it is small and needs nothing but HMAC: the crates for it were last released years ago, and the
//! one that is used most brings a second generation of the hash crates. It is held against the examples of the RFC and
//! of a vendor, and against a server that nobody here wrote.

pub mod exchange;
mod signature;

use std::collections::BTreeMap;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;
use url::Url;

use super::oauth::Client;
use crate::platform::random::Random;

/// A token and its secret: temporary while a person is at the consent page, lasting afterwards.
#[derive(Clone)]
pub struct Token {
    pub token: SecretString,
    pub secret: SecretString,
}

/// What a signature says besides what is signed.
#[derive(Clone, Debug)]
pub struct Moment {
    pub nonce: String,
    pub timestamp: i64,
}

impl Moment {
    /// Now, with a nonce that nobody has used before.
    #[must_use]
    pub fn new(random: &Random, now: OffsetDateTime) -> Self {
        Self { nonce: hex::encode(random.bytes::<16>()), timestamp: now.unix_timestamp() }
    }
}

/// The value of the Authorization header for one request. `form` are the fields of its body where that is a form;
/// `extra` are further protocol parameters, such as `oauth_verifier`.
#[must_use]
pub fn authorization(
    client: &Client,
    token: Option<&Token>,
    method: &Method,
    url: &Url,
    form: &[(String, String)],
    extra: &[(&str, &str)],
    moment: &Moment,
) -> SecretString {
    let mut protocol = BTreeMap::from([
        ("oauth_consumer_key", client.id.clone()),
        ("oauth_nonce", moment.nonce.clone()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", moment.timestamp.to_string()),
    ]);
    if let Some(token) = token {
        protocol.insert("oauth_token", token.token.expose_secret().to_owned());
    }
    protocol.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let all = url.query_pairs().into_owned().chain(form.iter().cloned());
    let all = all.chain(protocol.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let base = signature::base_string(method, url, all);
    let client_secret = client.secret.as_ref().map_or("", |secret| secret.expose_secret());
    let token_secret = token.map_or("", |token| token.secret.expose_secret());
    protocol.insert("oauth_signature", signature::hmac_sha1(&base, client_secret, token_secret));
    let parameters: Vec<String> =
        protocol.iter().map(|(name, value)| format!("{name}=\"{}\"", signature::encoded(value))).collect();
    format!("OAuth {}", parameters.join(", ")).into()
}
