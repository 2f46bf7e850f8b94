//! Checks an id token (OpenID Connect Core 1.0, section 3.1.3.7): who it is, in the issuer's signed words.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use time::Duration;

use super::Client;
use crate::{
    platform::crypto::jwt::{Algorithm, Expected, JwtError, RemoteKeys},
    providers::OpenId,
};

/// How far the issuer's clock may be off.
const LEEWAY: Duration = Duration::seconds(30);

/// The claims of an id token that was made for this client, in answer to the request with this nonce.
///
/// # Errors
/// Says which rule it breaks; holds no part of the token.
pub async fn claims(
    keys: &RemoteKeys,
    openid: &OpenId,
    client: &Client,
    token: &SecretString,
    is_nonce: impl FnOnce(&str) -> bool + Send,
) -> Result<Value, JwtError> {
    let issuers: Vec<&str> = openid.issuers.iter().map(String::as_str).collect();
    let expected = Expected {
        algorithms: &[Algorithm::Rs256],
        issuers: &issuers,
        audience: &client.id,
        leeway: LEEWAY,
        typ: None,
    };
    let claims = keys.verify(token.expose_secret(), &expected).await?;
    if claims.members.get("azp").is_some_and(|party| party.as_str() != Some(client.id.as_str())) {
        return Err(JwtError::Claim("azp"));
    }
    if !claims.text("nonce").is_some_and(is_nonce) {
        return Err(JwtError::Claim("nonce"));
    }
    Ok(Value::Object(claims.members))
}
