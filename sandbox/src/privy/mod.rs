//! A Privy issuer: `auth.privy.io/api/v1/…` for browsers and older servers, `api.privy.io/v1/…` for servers.
//!
//! Shapes follow Privy's OpenAPI and its three public packages, which run against it unmodified.

mod accounts;
mod app;
mod ask;
mod ceremonies;
mod codes;
pub mod control;
mod keys;
mod oauth;
mod other_ways;
mod passkeys;
mod problem;
mod rest;
mod sessions;
mod siwe;
mod siws;
pub mod state;
mod users;
mod webhooks;

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::privy::ask::Ask;
use crate::privy::codes::Way;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::{Message, Privy};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;

/// The one app.
pub const APP_ID: &str = "sandbox-privy";
/// Its secret.
pub const APP_SECRET: &str = "sandbox-secret";

/// Whether a host is played here.
pub fn is_host(host: &str) -> bool {
    matches!(host, "auth.privy.io" | "api.privy.io")
}

/// One call, with what follows from it: messages and events go out once it is answered.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if call.method == "OPTIONS" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let Some((older, path)) = version(&call.path) else { return crate::app::nobody(call) };
    let ask = Ask { sandbox, call, path, older, body: call.json() };
    let outcome = route(&mut sandbox.privy(), &ask);
    deliver(sandbox);
    webhooks::flush(sandbox);
    match outcome {
        Ok(reply) if reply.body.is_null() => StatusCode::NO_CONTENT.into_response(),
        Ok(reply) => answer::json(reply.status, reply.body),
        Err(problem) => problem.response(),
    }
}

/// Headers without which a browser does not read the answer, faults included.
pub fn with_cors(sandbox: &Sandbox, call: &Call, mut response: Response) -> Response {
    let Some(origin) = call.header("origin").filter(|origin| sandbox.privy().allows(origin)) else { return response };
    let Ok(origin) = HeaderValue::from_str(origin) else { return response };
    let wanted = call.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if call.method == "OPTIONS" {
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if let Some(wanted) = wanted {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
    }
    response
}

impl Privy {
    /// The app allows this machine, and what a test adds to `allowed_domains`.
    fn allows(&self, origin: &str) -> bool {
        let listed = self.setting("allowed_domains");
        let listed = listed.as_ref().and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == origin));
        let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost");
        listed || Url::parse(origin).is_ok_and(|url| url.host_str().is_some_and(local))
    }
}

fn version(path: &str) -> Option<(bool, &str)> {
    let after = |prefix: &str| path.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
    after("/api/v1").map(|rest| (true, rest)).or_else(|| after("/v1").map(|rest| (false, rest)))
}

fn route(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    if let Some(failure) = privy.take_failure(ask.path) {
        let mut problem = Problem::missing("A failure on demand");
        (problem.status, problem.code) = (failure.status, failure.code);
        return Err(problem);
    }
    if ask.call.header("origin").is_some_and(|origin| !privy.allows(origin)) {
        return Err(Problem::new(403, "invalid_origin", "Origin not allowed"));
    }
    let parts: Vec<&str> = ask.path.trim_matches('/').split('/').collect();
    let method = ask.call.method.as_str();
    match (method, parts.as_slice()) {
        // Public: it holds nothing that is not in every page of the app.
        ("GET", ["apps", id]) => return app::show(privy, id),
        ("GET", ["apps", id, "jwks.json"]) => return app::jwks(privy, id),
        ("GET", ["apps", id, "test_credentials"]) => {
            app::check_secret(ask)?;
            return app::test_credentials(id);
        }
        (_, ["apps", id, "allowlist"]) => {
            app::check_secret(ask)?;
            return app::allowlist(privy, ask, id);
        }
        _ => {}
    }
    app::check_id(ask.call.header("privy-app-id").unwrap_or_default())?;
    match (method, parts.as_slice()) {
        ("GET", ["users", "me"]) => sessions::me(privy, ask),
        ("POST", ["users", "me", "accept_terms"]) => sessions::accept_terms(privy, ask),
        (_, ["users", rest @ ..]) => {
            app::check_secret(ask)?;
            server(privy, ask, method, rest)
        }
        ("POST", rest) => client(privy, ask, rest),
        _ => Err(unknown(ask)),
    }
}

fn server(privy: &mut Privy, ask: &Ask<'_>, method: &str, rest: &[&str]) -> Outcome {
    match (method, rest) {
        ("GET", []) => rest::list(privy, ask),
        ("POST", []) => rest::create(privy, ask),
        ("POST", ["search"]) => rest::search(privy, ask),
        ("GET", [id]) => rest::show(privy, id),
        ("DELETE", [id]) => rest::delete(privy, id),
        ("POST" | "PATCH", [id, "custom_metadata"]) => rest::set_metadata(privy, ask, id),
        ("POST", [id, "accounts"]) if id.starts_with("did:") => rest::add_account(privy, ask, id),
        ("POST", [id, "accounts", "unlink"]) => rest::remove_account(privy, ask, id),
        ("POST", [kind, field]) => rest::look_up(privy, ask, kind, field),
        _ => Err(unknown(ask)),
    }
}

fn client(privy: &mut Privy, ask: &Ask<'_>, parts: &[&str]) -> Outcome {
    if let [name @ ("passwordless" | "passwordless_sms"), act] = parts {
        let way = if *name == "passwordless" { Way::Mail } else { Way::Text };
        return match *act {
            "init" => codes::begin(privy, ask, way),
            "authenticate" => codes::authenticate(privy, ask, way),
            "link" => codes::link(privy, ask, way),
            "unlink" => codes::unlink(privy, ask, way),
            "update" => codes::update(privy, ask, way),
            _ => Err(unknown(ask)),
        };
    }
    match parts {
        ["oauth", "init"] => oauth::begin(privy, ask),
        ["oauth", "authenticate"] => oauth::authenticate(privy, ask),
        ["oauth", "link"] => oauth::link(privy, ask),
        ["oauth", "unlink"] => oauth::unlink(privy, ask),
        ["siwe", "init"] => siwe::begin(privy, ask, "wallet_auth"),
        ["siwe", "authenticate"] => siwe::authenticate(privy, ask),
        ["siwe", "link"] => siwe::link(privy, ask),
        ["siwe", "unlink"] => siwe::unlink(privy, ask),
        ["siws", "init"] => siwe::begin(privy, ask, "solana_wallet_auth"),
        ["siws", "authenticate"] => siws::authenticate(privy, ask),
        ["siws", "link"] => siws::link(privy, ask),
        ["siws", "unlink"] => siws::unlink(privy, ask),
        ["passkeys", "register", "init"] => passkeys::begin_registration(privy, ask, false),
        ["passkeys", "link", "init"] => passkeys::begin_registration(privy, ask, true),
        ["passkeys", "authenticate", "init"] => passkeys::begin_assertion(privy, ask),
        ["passkeys", "register"] => passkeys::register(privy, ask),
        ["passkeys", "link"] => passkeys::link(privy, ask),
        ["passkeys", "unlink"] => passkeys::unlink(privy, ask),
        ["passkeys", "authenticate"] => passkeys::authenticate(privy, ask),
        ["guest", "authenticate"] => other_ways::guest(privy, ask),
        ["custom_jwt_account", "authenticate"] => other_ways::authenticate(privy, ask),
        ["custom_jwt_account", "link"] => other_ways::link(privy, ask),
        ["sessions"] => sessions::refresh(privy, ask),
        ["sessions", "logout"] => sessions::log_out(privy, ask),
        ["analytics_events"] => ok(json!({ "success": true })),
        _ => Err(unknown(ask)),
    }
}

fn unknown(ask: &Ask<'_>) -> Problem {
    Problem::missing(format!("Nothing here plays {} {}", ask.call.method, ask.path))
}

/// Puts waiting codes where people and tests find them.
fn deliver(sandbox: &Sandbox) {
    let waiting = std::mem::take(&mut sandbox.privy().messages);
    for message in waiting {
        match message {
            Message::Mail(to, code) => {
                let raw = format!(
                    "From: Aura via Privy <no-reply@mail.privy.io>\r\nTo: {to}\r\nSubject: {code} is your login code for Aura\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour login code is {code}.\r\n\r\nIt ends in 10 minutes.\r\n"
                );
                sandbox.inbox().deliver(vec![to], raw.as_bytes());
            }
            Message::Text(to, code) => {
                sandbox.texts().deliver(to, format!("{code} is your login code for Aura (sent by Privy)"));
            }
        }
    }
}
