//! Calls that are signed by an MD5 over their sorted parameters and a shared secret, as Last.fm has them
//! (<https://www.last.fm/api/authspec>, section 8).

use http::Method;
use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use crate::{
    platform::http::{Http, Request},
    providers::{
        Template,
        oauth::{Client, errors::OauthError},
    },
};

/// Parameters that say how the answer is written; they are not signed.
const UNSIGNED: [&str; 2] = ["format", "callback"];

/// The parameters of a call with what proves it: the client's key, the session, and the signature over them all.
#[must_use]
pub fn proved(
    parameters: Vec<(String, String)>,
    client: &Client,
    session: Option<&SecretString>,
) -> Vec<(String, String)> {
    let mut all = parameters;
    all.push(("api_key".into(), client.id.clone()));
    if let Some(session) = session.filter(|session| !session.expose_secret().is_empty()) {
        all.push(("sk".into(), session.expose_secret().to_owned()));
    }
    let signature = signature(&all, client.secret.as_ref().map_or("", |secret| secret.expose_secret()));
    all.push(("api_sig".into(), signature));
    all
}

fn signature(parameters: &[(String, String)], secret: &str) -> String {
    let mut signed: Vec<&(String, String)> =
        parameters.iter().filter(|(name, _)| !UNSIGNED.contains(&name.as_str())).collect();
    signed.sort();
    let mut hash = Md5::new();
    for (name, value) in signed {
        hash.update(name.as_bytes());
        hash.update(value.as_bytes());
    }
    hash.update(secret.as_bytes());
    hex::encode(hash.finalize())
}

/// The consent page. It knows no state: what ties its answer to the browser stands in `callback`.
#[must_use]
pub fn consent(http: &Http, authorize: &Template, client: &Client, callback: &str) -> Url {
    let mut url = http.address(authorize.url());
    url.query_pairs_mut().append_pair("api_key", &client.id).append_pair("cb", callback);
    url
}

/// Trades the token that came back for a session, which does not end by itself.
///
/// # Errors
/// As the service refuses. Its codes: 4, 14 and 15 are of the token, 10, 13 and 26 of the client.
pub async fn exchange(
    http: &Http,
    address: &Template,
    client: &Client,
    token: &SecretString,
    now: OffsetDateTime,
) -> Result<SecretString, OauthError> {
    let mut url = address.url().clone();
    let mut parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    parameters.push(("token".into(), token.expose_secret().to_owned()));
    url.query_pairs_mut().clear().extend_pairs(proved(parameters, client, None));
    let response = http.send(Request::new(Method::GET, url).limit(64 * 1024)).await?;
    let limited = OauthError::Limited { retry_after: response.retry_after(now).unwrap_or(30) };
    let body = serde_json::from_slice::<Value>(&response.body).ok().filter(Value::is_object);
    let code = body.as_ref().and_then(|body| body.get("error")?.as_i64());
    match (response.status, code, &body) {
        (429, ..) | (_, Some(29), _) => Err(limited),
        (_, Some(4 | 14 | 15), _) => Err(OauthError::InvalidGrant),
        (_, Some(10 | 13 | 26), _) => Err(OauthError::ClientWrong),
        (_, Some(8 | 11 | 16), _) | (408 | 500..=599, None, _) => Err(OauthError::Outage),
        (_, Some(_), _) => Err(OauthError::Refused),
        (200..=299, None, Some(body)) => {
            let key = body.pointer("/session/key").and_then(Value::as_str).filter(|key| !key.is_empty());
            key.map(|key| key.to_owned().into()).ok_or(OauthError::Malformed)
        }
        (_, None, None) => Err(OauthError::Malformed),
        (_, None, Some(_)) => Err(OauthError::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// «api_keyxxxxxxxxmethodauth.getSessiontokenxxxxxxxmysecret» is the text of the vendor's example; the digest was
    /// taken with md5sum.
    #[test]
    fn the_signature_is_over_names_and_values_in_order() {
        let pairs = [("token", "xxxxxxx"), ("method", "auth.getSession"), ("format", "json"), ("api_key", "xxxxxxxx")];
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(signature(&pairs, "mysecret"), "68afb32bee072407a63b6c41f3e1e2b4");
    }
}
