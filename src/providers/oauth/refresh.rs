//! Trades a refresh token for a new access token.

use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{
    Client,
    errors::{self, OauthError},
    reply::{self, TokenReply},
    request,
};
use crate::{platform::http::Http, providers::Oauth};

/// One request. Whoever calls holds the lease on the connection: a second caller could spend the token twice.
///
/// # Errors
/// The sorted refusal. A reply without a refresh token is none: the old one goes on.
pub async fn refresh(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    token: &SecretString,
    now: OffsetDateTime,
) -> Result<TokenReply, OauthError> {
    let fields = vec![
        ("grant_type".to_owned(), "refresh_token".to_owned()),
        ("refresh_token".to_owned(), token.expose_secret().to_owned()),
    ];
    let response = http.send(request::token(oauth, client, fields)).await?;
    reply::read(oauth, &errors::accepted(oauth, &response, now)?, now)
}
