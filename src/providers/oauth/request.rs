//! One request to a token endpoint, in the entry's dialect.

use std::{collections::BTreeMap, time::Duration};

use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::Client;
use crate::{
    platform::http::Request,
    providers::{Blanks, Oauth, Template, TokenAuth, TokenBody},
};

/// No token reply is larger.
pub(super) const LARGEST: usize = 64 * 1024;
/// How long a provider may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// The fields with the entry's own, which replace the usual ones of their name; one that is empty takes it out.
pub(super) fn with(mut fields: Vec<(String, String)>, extra: &BTreeMap<String, String>) -> Vec<(String, String)> {
    fields.retain(|(name, _)| !extra.contains_key(name));
    fields
        .extend(extra.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.clone(), value.clone())));
    fields
}

/// A request to an address of the entry; none while a blank of it is open. Where a person decides which host it is, the
/// way leads into no private network.
pub(super) fn to(method: Method, address: &Template, blanks: &Blanks) -> Option<Request> {
    let request = Request::new(method, address.fill(blanks)?).deadline(DEADLINE).limit(LARGEST);
    Some(if address.is_open() { request.user_supplied() } else { request })
}

/// The request with these fields and the client's proof. Nothing secret stands in the address.
pub(super) fn token(
    oauth: &Oauth,
    client: &Client,
    blanks: &Blanks,
    address: &Template,
    mut fields: Vec<(String, String)>,
) -> Option<Request> {
    let mut request = to(Method::POST, address, blanks)?;
    if !oauth.token_headers.keys().any(|name| name.eq_ignore_ascii_case("accept")) {
        request = request.header("accept", "application/json");
    }
    for (name, value) in &oauth.token_headers {
        request = request.header(&name.to_ascii_lowercase(), value);
    }
    match (oauth.token_auth, &client.secret) {
        (TokenAuth::Basic, Some(secret)) => {
            request = request.basic(&encoded(&client.id), &encoded(secret.expose_secret()).into());
        }
        (TokenAuth::Body, Some(secret)) => {
            fields.push(("client_id".into(), client.id.clone()));
            fields.push(("client_secret".into(), secret.expose_secret().to_owned()));
        }
        (TokenAuth::None, _) | (_, None) => fields.push(("client_id".into(), client.id.clone())),
    }
    Some(match oauth.token_body {
        TokenBody::Form => request.form(fields),
        TokenBody::Json => {
            let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
            request.json(Value::Object(fields))
        }
    })
}

/// RFC 6749, section 2.3.1: both halves are form-url-encoded before they are joined.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
