//! Trades an authorization code for tokens.

use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{
    Client,
    errors::{self, OauthError},
    reply::{self, TokenReply},
    request,
};
use crate::{platform::http::Http, providers::Oauth};

/// What came back from the consent page, with what was kept for it.
pub struct Code<'a> {
    pub code: &'a str,
    /// The very address that the consent page was asked with.
    pub redirect_uri: &'a str,
    pub verifier: Option<&'a SecretString>,
}

/// One request, never repeated: a code is good once.
///
/// # Errors
/// The sorted refusal.
pub async fn exchange(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    code: &Code<'_>,
    now: OffsetDateTime,
) -> Result<TokenReply, OauthError> {
    let mut fields = vec![
        ("grant_type".to_owned(), "authorization_code".to_owned()),
        ("code".to_owned(), code.code.to_owned()),
        ("redirect_uri".to_owned(), code.redirect_uri.to_owned()),
    ];
    if let Some(verifier) = code.verifier {
        fields.push(("code_verifier".to_owned(), verifier.expose_secret().to_owned()));
    }
    let response = http.send(request::token(oauth, client, fields)).await?;
    reply::read(oauth, &errors::accepted(oauth, &response, now)?, now)
}
