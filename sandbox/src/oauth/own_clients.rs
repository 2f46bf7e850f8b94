//! Apps that people have registered at Spotify themselves: one that works, one without a secret, and one for each reason
//! for which Spotify refuses an app, in the words that Spotify has for it. Their secret is `own-app-secret`.

use crate::answer;
use crate::app::Sandbox;
use crate::call::{Call, find};
use crate::oauth::SECRET;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use url::form_urlencoded;

const AUTHORIZE: &str = "accounts.spotify.com/authorize";
const TOKEN: &str = "accounts.spotify.com/api/token";
const APP_SECRET: &str = "own-app-secret";
/// The rest of the sandbox knows these apps under names of its own.
const INSIDE: &str = "sandbox-own-";

/// What is the matter with an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Nothing,
    /// It has no secret: it proves itself by its code verifier.
    Public,
    /// It has registered another redirect address.
    Redirect,
    /// The person is not on its list.
    NotListed,
    /// Its owner has no Premium.
    NotPremium,
    /// One scope less is granted than was asked for.
    Withholds,
    /// It has had all its calls.
    Spent,
}

/// Client ids as Spotify gives them: 32 hexadecimal digits.
const APPS: [(&str, Matter); 7] = [
    ("0000000000000000000000000000a001", Matter::Nothing),
    ("0000000000000000000000000000a002", Matter::Public),
    ("0000000000000000000000000000a003", Matter::Redirect),
    ("0000000000000000000000000000a004", Matter::NotListed),
    ("0000000000000000000000000000a005", Matter::NotPremium),
    ("0000000000000000000000000000a006", Matter::Withholds),
    ("0000000000000000000000000000a007", Matter::Spent),
];

/// What becomes of a request on its way to the authorization server or the API.
pub enum Way {
    /// It is none of these apps'.
    On,
    /// It goes on as this one.
    As(Box<Call>),
    Ends(Response),
}

/// Looks at a request before anybody else does.
pub fn meet(sandbox: &Sandbox, call: &Call) -> Way {
    match format!("{}{}", call.host, call.path).as_str() {
        AUTHORIZE => authorize(call),
        TOKEN => token(call),
        _ if call.host == "api.spotify.com" => api(sandbox, call),
        _ => Way::On,
    }
}

fn app(id: &str) -> Option<Matter> {
    APPS.iter().find(|(known, _)| *known == id).map(|(_, matter)| *matter)
}

fn inside(id: &str) -> bool {
    id.starts_with("sandbox-")
}

fn page(reason: &str) -> Way {
    let text = format!("INVALID_CLIENT: {reason}");
    Way::Ends(answer::refused(answer::html(400, text), format!("spotify: {reason}")))
}

fn authorize(call: &Call) -> Way {
    let id = call.q("client_id").unwrap_or_default();
    if inside(id) {
        return Way::On;
    }
    let Some(matter) = app(id) else { return page("Invalid client") };
    if matter == Matter::Redirect {
        return page("Invalid redirect URI");
    }
    let mut call = call.clone();
    for (name, value) in &mut call.query {
        match name.as_str() {
            "client_id" => *value = format!("{INSIDE}{value}"),
            "scope" if matter == Matter::Withholds => {
                *value = value.rsplit_once(' ').map_or_else(String::new, |(rest, _)| rest.to_owned());
            }
            _ => {}
        }
    }
    Way::As(Box::new(call))
}

fn no_client(words: &str) -> Way {
    let body = json!({ "error": "invalid_client", "error_description": words });
    Way::Ends(answer::refused(answer::json(400, body), format!("spotify: {words}")))
}

fn token(call: &Call) -> Way {
    let fields = call.fields();
    let (id, secret) = match call.basic() {
        Some((id, secret)) => (id, Some(secret)),
        None => (find(&fields, "client_id").unwrap_or_default().to_owned(), None),
    };
    if inside(&id) {
        return Way::On;
    }
    let Some(matter) = app(&id) else { return no_client("Invalid client") };
    match secret {
        Some(secret) if secret != APP_SECRET => return no_client("Invalid client secret"),
        None if matter != Matter::Public => return no_client("Invalid client secret"),
        _ => {}
    }
    // The rest of the sandbox asks every client for its secret.
    let mut call = call.clone();
    let proof = STANDARD.encode(format!("{INSIDE}{id}:{SECRET}"));
    if let Ok(value) = HeaderValue::from_str(&format!("Basic {proof}")) {
        call.headers.insert(header::AUTHORIZATION, value);
    }
    let rest = fields.iter().filter(|(name, _)| name != "client_id");
    call.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish().into();
    Way::As(Box::new(call))
}

fn api(sandbox: &Sandbox, call: &Call) -> Way {
    let client = {
        let grants = sandbox.grants();
        let shown = call.authorization("Bearer").and_then(|value| grants.token(value));
        shown.map(|token| token.client_id.clone()).unwrap_or_default()
    };
    let matter = client.strip_prefix(INSIDE).and_then(app);
    let plain = |text: &'static str, reason: &str| {
        Way::Ends(answer::refused(
            (axum::http::StatusCode::FORBIDDEN, text).into_response(),
            format!("spotify: {reason}"),
        ))
    };
    match matter {
        Some(Matter::NotListed) => {
            plain("User not registered in the Developer Dashboard", "the person is not on the list of the app")
        }
        Some(Matter::NotPremium) => plain(
            "Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few hours for the change to take effect.",
            "the owner of the app has no Premium",
        ),
        Some(Matter::Spent) => {
            let body =
                json!({ "error": { "status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED" } });
            let mut response = answer::json(429, body);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("86400"));
            Way::Ends(answer::refused(response, "spotify: the app has had all its calls"))
        }
        _ => Way::On,
    }
}
