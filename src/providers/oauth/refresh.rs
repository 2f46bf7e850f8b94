//! Trades a refresh token for a new access token.

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
    providers::{Blanks, Oauth},
};

/// One request. Whoever calls holds the lease on the connection: a second caller could spend the token twice.
///
/// # Errors
/// The sorted refusal. A reply without a refresh token is none: the old one goes on.
pub async fn refresh(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    blanks: &Blanks,
    token: &SecretString,
    now: OffsetDateTime,
) -> Result<TokenReply, OauthError> {
    let fields = vec![
        ("grant_type".to_owned(), "refresh_token".to_owned()),
        ("refresh_token".to_owned(), token.expose_secret().to_owned()),
    ];
    let fields = request::with(fields, &oauth.refresh_extra);
    let address = oauth.refresh.as_ref().unwrap_or(&oauth.token);
    let request = request::token(oauth, client, blanks, address, fields).ok_or(OauthError::Refused)?;
    let response = http.send(request).await?;
    let body = errors::accepted_renewal(oauth, &response, now)?;
    reply::read(oauth, &body, now)
}
