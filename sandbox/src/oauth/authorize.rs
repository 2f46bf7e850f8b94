//! The authorize address: checks the request as the vendor would, then shows the consent page.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::dialects::{Dialect, Errors, Pkce};
use crate::log;
use crate::oauth::grants::Asked;
use crate::oauth::{consent, known_client, pkce};
use axum::response::Response;
use url::{Host, Url};

/// Parameters that may stand only once.
const SINGLE: [&str; 8] = [
    "nonce",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "response_type",
    "code_challenge",
    "code_challenge_method",
];

/// What is wrong, and whether the client may be told by a redirect.
enum Fault {
    Page(String),
    Back(&'static str, String),
}

/// Answers a browser that was sent here.
pub fn show(sandbox: &Sandbox, call: &Call) -> Response {
    let client_id = call.q("client_id").unwrap_or_default();
    let openid = call.q("scope").is_some_and(|scopes| scopes.split(' ').any(|scope| scope == "openid"));
    let Some(dialect) = sandbox.dialects.at_authorize(&call.host, &call.path, client_id, openid) else {
        return crate::app::nobody(call);
    };
    match check(dialect, call) {
        Ok(asked) => {
            let body = consent::page(dialect, &asked, &sandbox.grants().ask(asked.clone()));
            answer::noted(answer::html(200, body), format!("consent page of {}", dialect.id))
        }
        Err(Fault::Page(reason)) => answer::refused(answer::html(400, error_page(dialect, &reason)), reason),
        Err(Fault::Back(error, reason)) => {
            let to = back(
                call.q("redirect_uri"),
                call.q("state"),
                dialect,
                &[("error", error), ("error_description", &reason)],
            );
            answer::refused(answer::see_other(&to), reason)
        }
    }
}

fn check(dialect: &Dialect, call: &Call) -> Result<Asked, Fault> {
    for name in SINGLE {
        if call.query.iter().filter(|(key, _)| key == name).count() > 1 {
            return Err(Fault::Page(format!("{name} is given twice")));
        }
    }
    let client_id = call.q("client_id").unwrap_or_default();
    if !known_client(client_id) {
        return Err(Fault::Page(format!(
            "client_id {client_id:?} is not registered here: it must begin with sandbox-"
        )));
    }
    let redirect_uri = call.q("redirect_uri").map(str::to_owned);
    match &redirect_uri {
        Some(uri) => {
            redirect_objection(uri, dialect.loopback_in_numbers).map_or(Ok(()), |reason| Err(Fault::Page(reason)))?;
        }
        None => return Err(Fault::Page("redirect_uri is missing".into())),
    }
    if call.q("response_type").map_or(!dialect.response_type_optional, |kind| kind != "code") {
        return Err(Fault::Back("unsupported_response_type", "response_type must be code".into()));
    }
    let state = call.q("state").map(str::to_owned);
    if state.as_ref().is_some_and(|state| state.len() < dialect.state_min) || (state.is_none() && dialect.state_min > 0)
    {
        return Err(Fault::Back("invalid_request", format!("state must have {} characters", dialect.state_min)));
    }
    for pair in &dialect.authorize_params {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if call.q(name) != Some(value) {
            return Err(Fault::Back("invalid_request", format!("{pair} is missing")));
        }
    }
    let scopes = scopes(dialect, call.q("scope").unwrap_or_default())?;
    let user_scopes = scopes_of_person(dialect, call)?;
    if !dialect.scopes.is_empty()
        && dialect.errors != Errors::Github
        && scopes.is_empty()
        && user_scopes.is_empty()
        && dialect.id != "spotify"
    {
        return Err(Fault::Back("invalid_scope", "no scope was requested".into()));
    }
    Ok(Asked {
        service: dialect.id.clone(),
        client_id: client_id.to_owned(),
        redirect_uri,
        state,
        offline: offline(dialect, call, &scopes),
        scopes,
        user_scopes,
        challenge: challenge(dialect, call)?,
        nonce: call.q("nonce").map(str::to_owned),
        at: log::now(),
    })
}

fn challenge(dialect: &Dialect, call: &Call) -> Result<Option<String>, Fault> {
    let wrong = |reason: &str| Err(Fault::Back("invalid_request", reason.to_owned()));
    match (dialect.pkce, call.q("code_challenge")) {
        (Pkce::Off, _) | (Pkce::Ok, None) => Ok(None),
        (Pkce::Required, None) => wrong("code_challenge is required"),
        (_, Some(_)) if call.q("code_challenge_method") != Some("S256") => wrong("code_challenge_method must be S256"),
        (_, Some(challenge)) if !pkce::is_challenge(challenge) => {
            wrong("code_challenge is not the base64url of 32 bytes")
        }
        (_, Some(challenge)) => Ok(Some(challenge.to_owned())),
    }
}

/// Google gives a refresh token only to who asks for it in so many words; others by scope or always.
fn offline(dialect: &Dialect, call: &Call, scopes: &[String]) -> bool {
    if dialect.errors == Errors::Google {
        let prompts = call.q("prompt").unwrap_or_default();
        return call.q("access_type") == Some("offline") && prompts.split(' ').any(|prompt| prompt == "consent");
    }
    if dialect.id == "gong" {
        return call.q("access_type") == Some("offline");
    }
    dialect.offline.is_empty() || dialect.offline.iter().any(|needed| scopes.contains(needed))
}

fn scopes(dialect: &Dialect, raw: &str) -> Result<Vec<String>, Fault> {
    if dialect.separator.is_empty() || raw.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = if dialect.separator == "," { ' ' } else { ',' };
    if raw.contains(wrong) {
        return Err(Fault::Back(
            "invalid_scope",
            format!("scopes are separated by {:?}, not by {wrong:?}", dialect.separator),
        ));
    }
    let list: Vec<String> =
        raw.split(dialect.separator.as_str()).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    for scope in &list {
        let prefixed = dialect.scope_prefix.as_deref().is_some_and(|prefix| scope.starts_with(prefix));
        if !dialect.scopes.is_empty() && !prefixed && !dialect.scopes.contains(scope) {
            return Err(Fault::Back("invalid_scope", format!("{} has no scope {scope:?}", dialect.name)));
        }
    }
    Ok(list)
}

fn scopes_of_person(dialect: &Dialect, call: &Call) -> Result<Vec<String>, Fault> {
    if dialect.errors == Errors::Slack {
        scopes(dialect, call.q("user_scope").unwrap_or_default())
    } else {
        Ok(Vec::new())
    }
}

fn redirect_objection(uri: &str, in_numbers: bool) -> Option<String> {
    let Ok(url) = Url::parse(uri) else {
        return Some(format!("redirect_uri {uri:?} is not an address"));
    };
    if url.fragment().is_some() {
        return Some("redirect_uri must not have a fragment".into());
    }
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => !in_numbers && (name == "localhost" || name.ends_with(".localhost")),
        None => false,
    };
    (url.scheme() != "https" && !(url.scheme() == "http" && loopback))
        .then(|| format!("redirect_uri {uri:?} must be https, or http on a loopback address"))
}

/// The client's address with the answer in its query.
pub fn back(redirect_uri: Option<&str>, state: Option<&str>, dialect: &Dialect, pairs: &[(&str, &str)]) -> String {
    let Some(mut url) = redirect_uri.and_then(|uri| Url::parse(uri).ok()) else {
        return "/".to_owned();
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(pairs);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        if let Some(iss) = &dialect.iss {
            query.append_pair("iss", iss);
        }
    }
    url.into()
}

fn error_page(dialect: &Dialect, reason: &str) -> String {
    let name = answer::escape(&dialect.name);
    let body = format!(
        "<main class=\"narrow\"><p class=\"brandline\">{name} (sandbox)</p><h1>This request was refused</h1><p role=\"alert\">{}</p><p><a href=\"/\">Back to the sandbox</a></p></main>",
        answer::escape(reason)
    );
    answer::page(&format!("{name}: refused"), &body)
}
