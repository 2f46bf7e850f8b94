//! One request to a token endpoint, in the entry's dialect.

use std::time::Duration;

use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::Client;
use crate::{
    platform::http::Request,
    providers::{Oauth, TokenAuth, TokenBody},
};

/// No token reply is larger.
pub(super) const LARGEST: usize = 64 * 1024;
/// How long a provider may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// The request with these fields and the client's proof. Nothing secret stands in the address.
pub(super) fn token(oauth: &Oauth, client: &Client, mut fields: Vec<(String, String)>) -> Request {
    let mut request = Request::new(Method::POST, oauth.token.url().clone()).deadline(DEADLINE).limit(LARGEST);
    if !oauth.token_headers.keys().any(|name| name.eq_ignore_ascii_case("accept")) {
        request = request.header("accept", "application/json");
    }
    for (name, value) in &oauth.token_headers {
        request = request.header(&name.to_ascii_lowercase(), value);
    }
    match oauth.token_auth {
        TokenAuth::Basic => {
            request = request.basic(&encoded(&client.id), &encoded(client.secret.expose_secret()).into());
        }
        TokenAuth::Body => {
            fields.push(("client_id".into(), client.id.clone()));
            fields.push(("client_secret".into(), client.secret.expose_secret().to_owned()));
        }
        TokenAuth::None => fields.push(("client_id".into(), client.id.clone())),
    }
    match oauth.token_body {
        TokenBody::Form => request.form(fields),
        TokenBody::Json => {
            let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
            request.json(Value::Object(fields))
        }
    }
}

/// RFC 6749, section 2.3.1: both halves are form-url-encoded before they are joined.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
