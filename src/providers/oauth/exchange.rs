//! Trades an authorization code for tokens.

use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{
    Client,
    errors::{self, OauthError},
    reply::{self, TokenReply},
    request,
};
use crate::{
    platform::http::Http,
    providers::{Blanks, Oauth, Provider},
};

/// What came back from the consent page, with what was kept for it.
pub struct Code<'a> {
    pub code: &'a str,
    /// The very address that the consent page was asked with.
    pub redirect_uri: &'a str,
    pub verifier: Option<&'a SecretString>,
    /// Whose reply it will be: it says more than tokens to some.
    pub provider: &'a Provider,
}

/// One request, never repeated: a code is good once.
///
/// # Errors
/// The sorted refusal.
pub async fn exchange(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    blanks: &Blanks,
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
    let fields = request::with(fields, &oauth.token_extra);
    let request = request::token(oauth, client, blanks, &oauth.token, fields).ok_or(OauthError::Refused)?;
    let response = http.send(request).await?;
    let body = errors::accepted(oauth, &response, now)?;
    reply::read(oauth, &body, now)?.with_blanks(code.provider, &body)
}
