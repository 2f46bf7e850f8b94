//! Looks whether a client would be accepted, before anybody is sent to a consent page: the consent address is opened as
//! a browser would open it, then a code that nobody has issued is brought to the token endpoint. A server that checks
//! the client first, as RFC 6749 §5.2 has it, answers with what is wrong with the client, or else that the code is none.

use std::collections::BTreeMap;

use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    Client,
    authorize::{self, Asked},
    errors::{self, OauthError},
    request,
};
use crate::{
    platform::{
        http::{Http, Request, Response},
        random::Random,
    },
    providers::{AppFailure, Blanks, Provider},
};

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Nothing is wrong that can be seen without a person's consent.
    Fine,
    Wrong(AppFailure),
    /// The service did not answer in a way that tells anything.
    Unknown,
}

/// What codes nobody has issued look like.
const NO_CODE: &str = "aura-looks-whether-this-client-is-known";

/// Two requests at most.
pub async fn probe(
    http: &Http,
    random: &Random,
    provider: &Provider,
    client: &Client,
    redirect_uri: &str,
    now: OffsetDateTime,
) -> Probe {
    let Some(oauth) = &provider.oauth else { return Probe::Unknown };
    let (verifier, blanks) = (authorize::verifier(oauth, random), Blanks::new());
    let asked = Asked {
        client_id: &client.id,
        redirect_uri,
        state: NO_CODE,
        verifier: verifier.as_ref(),
        scopes: &oauth.scope_names(),
        extra: &oauth.authorize_extra,
        nonce: None,
    };
    // Where an address is another for each account, it is not known before somebody connects.
    let Some(consent) = authorize::address(http, oauth, &blanks, &asked) else { return Probe::Unknown };
    let opened =
        Request::new(Method::GET, consent).header("accept", "text/html").deadline(request::DEADLINE).limit(1024 * 1024);
    match http.send(opened).await {
        Ok(page) if page.status == 429 => return Probe::Wrong(AppFailure::QuotaUsedUp),
        Ok(page) if page.status >= 500 => return Probe::Unknown,
        Ok(page) => {
            if let Some(failure) = told(provider, &page) {
                return Probe::Wrong(failure);
            }
        }
        Err(_) => return Probe::Unknown,
    }
    token(http, provider, client, &blanks, redirect_uri, verifier.as_ref(), now).await
}

async fn token(
    http: &Http,
    provider: &Provider,
    client: &Client,
    blanks: &Blanks,
    redirect_uri: &str,
    verifier: Option<&SecretString>,
    now: OffsetDateTime,
) -> Probe {
    use secrecy::ExposeSecret as _;
    let Some(oauth) = &provider.oauth else { return Probe::Unknown };
    let mut fields = vec![
        ("grant_type".to_owned(), "authorization_code".to_owned()),
        ("code".to_owned(), NO_CODE.to_owned()),
        ("redirect_uri".to_owned(), redirect_uri.to_owned()),
    ];
    fields.extend(verifier.map(|verifier| ("code_verifier".to_owned(), verifier.expose_secret().to_owned())));
    let fields = request::with(fields, &oauth.token_extra);
    let Some(request) = request::token(oauth, client, blanks, &oauth.token, fields) else { return Probe::Unknown };
    let Ok(response) = http.send(request).await else { return Probe::Unknown };
    if let Some(failure) = told(provider, &response) {
        return Probe::Wrong(failure);
    }
    match errors::accepted(oauth, &response, now) {
        Err(OauthError::ClientWrong) if client.secret.is_none() => Probe::Wrong(AppFailure::WrongId),
        Err(OauthError::ClientWrong) => Probe::Wrong(AppFailure::Refused),
        Err(OauthError::InvalidGrant | OauthError::Refused | OauthError::AccessDenied) => Probe::Fine,
        Err(OauthError::RedirectMismatch) => Probe::Wrong(AppFailure::RedirectMismatch),
        Err(OauthError::Limited { .. }) => Probe::Wrong(AppFailure::QuotaUsedUp),
        // A code that nobody has issued is traded for nothing.
        Ok(_) | Err(_) => Probe::Unknown,
    }
}

/// What an answer says of the app, by the entry's signs or by the words that OAuth has for it.
#[must_use]
pub fn told(provider: &Provider, response: &Response) -> Option<AppFailure> {
    if let Some(failure) = provider.own_app.as_ref().and_then(|own| own.failure_in(response)) {
        return Some(failure);
    }
    let body: BTreeMap<String, Value> = serde_json::from_slice(&response.body).unwrap_or_default();
    match body.get("error").and_then(Value::as_str)? {
        "redirect_uri_mismatch" | "bad_redirect_uri" | "invalid_redirect_uri" => Some(AppFailure::RedirectMismatch),
        "insufficient_scope" => Some(AppFailure::MissingScope),
        _ => None,
    }
}
