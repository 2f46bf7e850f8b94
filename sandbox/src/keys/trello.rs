//! Trello's OAuth 1.0a (RFC 5849): temporary tokens, the consent page, lasting tokens, and the signature of each call,
//! which is reckoned here anew and compared.

use super::agree;
use crate::answer;
use crate::app::Sandbox;
use crate::call::{Call, find};
use crate::desk::refuse;
use crate::oauth::grants::{Kind, Life, Token};
use crate::oauth::{known_client, right_secret};
use crate::people::{Person, by_key};
use aws_lc_rs::hmac;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fmt::Write;

const SECRET: &str = "sandbox-secret";
const TEMPORARY: &str = "trello/temporary";
const LASTING: &str = "trello/lasting";

/// Whether a browser asks for the consent page.
pub fn is_consent(call: &Call) -> bool {
    call.host == "trello.com" && call.path == "/1/OAuthAuthorizeToken" && call.method == "GET"
}

/// The consent page.
pub fn consent(sandbox: &Sandbox, call: &Call) -> Response {
    let token = call.q("oauth_token").unwrap_or_default();
    let scope = call.q("scope").unwrap_or("read").to_owned();
    let known = scope.split(',').all(|scope| ["read", "write", "account"].contains(&scope));
    let mut shelf = sandbox.shelf();
    let Some(open) = shelf.list(TEMPORARY, Vec::new).iter_mut().find(|open| open["token"] == token) else {
        return refuse(400, json!("token not found"), "trello: unknown temporary token");
    };
    if !known {
        return refuse(400, json!("invalid scope"), format!("trello: scope {scope}"));
    }
    open["scope"] = Value::from(scope.as_str());
    agree::page("trello", "Trello", &format!("{} asks for: {scope}", call.q("name").unwrap_or("A program")), token)
}

/// Where the browser goes after the page.
pub fn decided(sandbox: &Sandbox, request: &str, person: Option<Person>) -> Option<String> {
    let mut shelf = sandbox.shelf();
    let verifier = format!("{:x}", shelf.number());
    let list = shelf.list(TEMPORARY, Vec::new);
    let at = list.iter().position(|open| open["token"] == request)?;
    let callback = list[at]["callback"].as_str()?.to_owned();
    let between = if callback.contains('?') { '&' } else { '?' };
    let Some(person) = person else {
        list.remove(at);
        return Some(format!("{callback}{between}denied={request}"));
    };
    list[at]["verifier"] = Value::from(verifier.as_str());
    list[at]["person"] = Value::from(person.key);
    Some(format!("{callback}{between}oauth_token={request}&oauth_verifier={verifier}"))
}

/// Answers `trello.com`: temporary and lasting tokens.
pub fn desk(sandbox: &Sandbox, call: &Call) -> Response {
    let said = Said::of(call);
    if call.method != "POST" || !known_client(&said.get("oauth_consumer_key")) {
        return refuse(401, json!("invalid key"), "trello: unknown consumer key");
    }
    match call.path.as_str() {
        "/1/OAuthGetRequestToken" => {
            let callback = said.get("oauth_callback");
            if !said.right(call, SECRET, "") {
                return refuse(401, json!("invalid signature"), "trello: wrong signature");
            }
            if !callback.starts_with("http") {
                return refuse(400, json!("invalid return url"), "trello: no callback");
            }
            let mut shelf = sandbox.shelf();
            let (token, secret) = (format!("temporary-{}", shelf.number()), format!("secret-{}", shelf.number()));
            shelf.list(TEMPORARY, Vec::new).push(
                json!({ "token": token, "secret": secret, "callback": callback, "client": said.get("oauth_consumer_key") }),
            );
            pairs(&[("oauth_token", &token), ("oauth_token_secret", &secret), ("oauth_callback_confirmed", "true")])
        }
        "/1/OAuthGetAccessToken" => lasting(sandbox, call, &said),
        _ => crate::app::nobody(call),
    }
}

fn lasting(sandbox: &Sandbox, call: &Call, said: &Said) -> Response {
    let (token, verifier) = (said.get("oauth_token"), said.get("oauth_verifier"));
    let taken = {
        let mut shelf = sandbox.shelf();
        crate::shelf::take(shelf.list(TEMPORARY, Vec::new), "token", &token)
    };
    let Some(open) = taken else {
        return refuse(401, json!("token not found"), "trello: the temporary token is spent");
    };
    let text = |name: &str| open[name].as_str().unwrap_or_default().to_owned();
    if !said.right(call, SECRET, &text("secret")) || verifier.is_empty() || verifier != text("verifier") {
        return refuse(401, json!("invalid signature or verifier"), "trello: wrong verifier or signature");
    }
    let issued = sandbox.grants().issue(
        "ATTA",
        Token {
            kind: Kind::Access,
            service: "trello".to_owned(),
            client_id: text("client"),
            person: by_key(&text("person")),
            scopes: text("scope").split(',').map(str::to_owned).collect(),
            family: 0,
            expires: None,
            life: Life::Live,
        },
    );
    let mut shelf = sandbox.shelf();
    let secret = format!("lasting-secret-{}", shelf.number());
    shelf.list(LASTING, Vec::new).push(json!({ "token": issued, "secret": secret }));
    pairs(&[("oauth_token", &issued), ("oauth_token_secret", &secret)])
}

/// Checks the signature of a call of the API, and takes tokens back. None: the call goes on. A token that was not
/// issued here has no secret that could be compared.
pub fn guard(sandbox: &Sandbox, call: &Call) -> Option<Response> {
    let said = Said::of(call);
    let token = said.get("oauth_token");
    let secret = {
        let mut shelf = sandbox.shelf();
        let known = shelf.list(LASTING, Vec::new).iter().find(|open| open["token"] == token.as_str());
        known.and_then(|open| open["secret"].as_str().map(str::to_owned))?
    };
    let client = right_secret(SECRET) && known_client(&said.get("oauth_consumer_key"));
    if !client || !said.right(call, SECRET, &secret) {
        return Some(refuse(401, json!("invalid signature"), "trello: wrong signature"));
    }
    if call.method == "DELETE" && call.path == format!("/1/tokens/{token}") {
        sandbox.grants().end_one(&token);
        return Some(answer::json(200, json!({ "_value": null })));
    }
    None
}

fn pairs(fields: &[(&str, &str)]) -> Response {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    answer::form(200, &fields)
}

/// The protocol's parameters in the Authorization header.
struct Said(Vec<(String, String)>);

impl Said {
    fn of(call: &Call) -> Self {
        let whole = call.authorization("OAuth").unwrap_or_default();
        let pairs = whole.split(',').filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            Some((name.to_owned(), decoded(value.trim_matches('"'))))
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> String {
        find(&self.0, name).unwrap_or_default().to_owned()
    }

    /// Whether the signature is the one that this call must have.
    fn right(&self, call: &Call, client: &str, token: &str) -> bool {
        // Tests of Aura have a clock of their own, so that any moment counts.
        let timed = self.get("oauth_timestamp").parse::<u32>().is_ok();
        if !timed || self.get("oauth_signature_method") != "HMAC-SHA1" || self.get("oauth_nonce").len() < 8 {
            return false;
        }
        let mut all: Vec<(String, String)> = call.query.iter().map(encoded_pair).collect();
        if call.content_type() == "application/x-www-form-urlencoded" {
            all.extend(call.fields().iter().map(encoded_pair));
        }
        all.extend(self.0.iter().filter(|(name, _)| name != "oauth_signature" && name != "realm").map(encoded_pair));
        all.sort();
        let all: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let address = format!("https://{}{}", call.host, call.path);
        let base = format!("{}&{}&{}", call.method, encoded(&address), encoded(&all.join("&")));
        let key = hmac::Key::new(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            format!("{}&{}", encoded(client), encoded(token)).as_bytes(),
        );
        STANDARD.encode(hmac::sign(&key, base.as_bytes())) == self.get("oauth_signature")
    }
}

fn encoded_pair((name, value): &(String, String)) -> (String, String) {
    (encoded(name), encoded(value))
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn decoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}
