//! Accounts of other services: init, consent, the exchange of the code.

use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::log;
use crate::oauth::grants::{Kind, Life, Token};
use crate::people::{self, EVERYBODY, Person};
use crate::privy::ask::Ask;
use crate::privy::keys::{encode, random};
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::{CEREMONY_SECONDS, OauthFlow, Privy};
use axum::extract::{Form, Query, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use time::Duration;
use url::Url;

/// Life of the service's own access token.
const ACCESS_SECONDS: i64 = 3_600;
/// What Privy's clients take for a refusal by the person.
const DENIED_CODE: &str = "undefined";

/// `POST /oauth/init`.
pub fn begin(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let provider = ask.text("provider")?;
    if !privy.is_on(&format!("{provider}_oauth")) || provider == "telegram" {
        return Err(Problem::method_off(provider));
    }
    let challenge = ask.text("code_challenge").map_err(|_| pkce())?;
    if !URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32) {
        return Err(pkce());
    }
    let state = ask.text("state_code").map_err(|_| pkce())?;
    let redirect_to = ask.text("redirect_to")?;
    if !Url::parse(redirect_to).is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme())) {
        return Err(Problem::data("redirect_to must be a web address"));
    }
    let (request, at) = (random(32), privy.now());
    privy.flows.insert(
        request.clone(),
        OauthFlow {
            provider: provider.to_owned(),
            redirect_to: redirect_to.to_owned(),
            challenge: challenge.to_owned(),
            state: state.to_owned(),
            allowed: None,
            spent: false,
            at,
        },
    );
    ok(json!({ "url": format!("{}/_sandbox/privy/consent?request={request}", ask.sandbox.settings.base) }))
}

/// `POST /oauth/authenticate`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let (account, tokens) = exchange(privy, ask)?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, Some(tokens))
}

/// `POST /oauth/link`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let (account, tokens) = exchange(privy, ask)?;
    let mut user = privy.link(&person, account)?;
    if let Some(object) = user.as_object_mut() {
        object.insert("oauth_tokens".into(), tokens);
    }
    ok(user)
}

/// `POST /oauth/unlink {provider, subject}`.
pub fn unlink(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let key = (format!("{}_oauth", ask.text("provider")?), ask.text("subject")?.to_owned());
    ok(privy.unlink(&person, &key)?)
}

fn exchange(privy: &mut Privy, ask: &Ask<'_>) -> Result<(Value, Value), Problem> {
    if ask.option("code_type") == Some("raw") {
        return Err(Problem::new(400, "not_supported", "Raw codes of native apps are not played here"));
    }
    let (code, state) = (ask.text("authorization_code")?, ask.text("state_code")?);
    let now = privy.now();
    let flow = privy
        .flows
        .get_mut(code)
        .filter(|flow| now - flow.at < CEREMONY_SECONDS)
        .ok_or_else(|| Problem::credentials("Invalid OAuth code"))?;
    let allowed = flow.allowed.clone().ok_or_else(|| Problem::credentials("Invalid OAuth code"))?;
    if flow.spent {
        return Err(Problem::new(400, "token_already_used", "This OAuth code was used already"));
    }
    if flow.state != state {
        return Err(Problem::new(400, "oauth_state_mismatch", "The state is not the one of this flow"));
    }
    let verifier = ask.text("code_verifier").map_err(|_| pkce())?;
    if encode(Sha256::digest(verifier)) != flow.challenge {
        return Err(pkce());
    }
    flow.spent = true;
    Ok(allowed)
}

fn pkce() -> Problem {
    Problem::new(400, "invalid_pkce_parameters", "Invalid PKCE parameters")
}

/// Which consent is asked for.
#[derive(Debug, Deserialize)]
pub struct ConsentQuery {
    request: String,
}

/// The consent page.
pub async fn consent(State(sandbox): State<Sandbox>, Query(query): Query<ConsentQuery>) -> Response {
    let Some(flow) = sandbox.privy().flows.get(&query.request).cloned().filter(|flow| flow.allowed.is_none()) else {
        return too_late();
    };
    let mut choices = String::new();
    for (position, person) in EVERYBODY.iter().enumerate() {
        let checked = if position == 0 { " checked" } else { "" };
        let _ = write!(
            choices,
            "<label class=\"choice\"><input type=\"radio\" name=\"person\" value=\"{}\"{checked}><span><strong>{}</strong><small>{}</small></span></label>",
            person.key, person.name, person.email
        );
    }
    let provider = escape(&flow.provider);
    let body = format!(
        "<main class=\"narrow\"><p class=\"brandline\">{provider} through Privy (sandbox)</p>\
         <h1>Sign in to Aura with {provider}?</h1>\
         <form method=\"post\" action=\"/_sandbox/privy/consent\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\
         <fieldset><legend>Continue as</legend>{choices}\
         <label class=\"choice\"><span><strong>Or as somebody else</strong><small>Any address; the account follows from it</small></span>\
         <input type=\"email\" name=\"email\" aria-label=\"Address of somebody else\"></label></fieldset>\
         <div class=\"actions\"><button type=\"submit\" name=\"decision\" value=\"allow\" class=\"primary\">Allow</button>\
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></div></form></main>",
        escape(&query.request)
    );
    answer::html(200, answer::page(&format!("{} · Sign in", flow.provider), &body))
}

/// The choice of the person in front of the page.
#[derive(Debug, Deserialize)]
pub struct Decision {
    request: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    email: String,
    decision: String,
}

/// Sends the browser back with a code, or with Privy's word for a refusal.
pub async fn decide(State(sandbox): State<Sandbox>, Form(decision): Form<Decision>) -> Response {
    let taken = sandbox.privy().flows.remove(&decision.request).filter(|flow| flow.allowed.is_none());
    let Some(mut flow) = taken else { return too_late() };
    let Ok(mut back) = Url::parse(&flow.redirect_to) else { return too_late() };
    let allowed = decision.decision == "allow";
    let code = if allowed { random(43) } else { DENIED_CODE.to_owned() };
    back.query_pairs_mut()
        .append_pair("privy_oauth_code", &code)
        .append_pair("privy_oauth_state", &flow.state)
        .append_pair("privy_oauth_provider", &flow.provider);
    log::line("privy consent", &[("provider", &flow.provider), ("allowed", if allowed { "yes" } else { "no" })]);
    if allowed {
        let other = decision.email.trim().to_lowercase();
        let person = people::by_key(&decision.person);
        let account =
            if other.is_empty() { of_person(&flow.provider, person) } else { of_address(&flow.provider, &other) };
        let tokens = tokens(&sandbox, &flow.provider, person);
        let mut privy = sandbox.privy();
        flow.allowed = Some((account, tokens));
        flow.at = privy.now();
        privy.flows.insert(code, flow);
    }
    answer::see_other(back.as_str())
}

fn too_late() -> Response {
    let page = "<main class=\"narrow\"><h1>This request is over</h1><p>It was answered already, or nobody asked. Go back and sign in again.</p></main>";
    answer::html(400, answer::page("Too late", page))
}

fn of_person(provider: &str, person: Person) -> Value {
    let subject = if provider == "spotify" { person.login.to_owned() } else { person.number.to_string() };
    account(provider, &subject, person.email, person.name, person.login)
}

/// Somebody who is not seeded: all follows from the address, so that the same address is the same account.
fn of_address(provider: &str, address: &str) -> Value {
    let subject = Sha256::digest(format!("{provider} {address}"))
        .iter()
        .take(9)
        .fold(0_u64, |number, byte| number.wrapping_mul(251).wrapping_add(u64::from(*byte)));
    let name = address.split('@').next().unwrap_or_default();
    account(provider, &subject.to_string(), address, name, name)
}

/// The fields that Privy keeps of each service; Spotify gives no address.
fn account(provider: &str, subject: &str, email: &str, name: &str, login: &str) -> Value {
    let kind = format!("{provider}_oauth");
    match provider {
        "google" => json!({ "type": kind, "subject": subject, "email": email, "name": name }),
        "spotify" => json!({ "type": kind, "subject": subject, "email": null, "name": name }),
        "apple" => json!({ "type": kind, "subject": subject, "email": email }),
        "discord" => json!({ "type": kind, "subject": subject, "username": format!("{login}#0"), "email": email }),
        "github" => json!({ "type": kind, "subject": subject, "username": login, "name": name, "email": email }),
        "twitter" => {
            json!({ "type": kind, "subject": subject, "username": login, "name": name, "profile_picture_url": null })
        }
        "linkedin" => json!({ "type": kind, "subject": subject, "name": name, "email": email, "vanity_name": login }),
        "line" => {
            json!({ "type": kind, "subject": subject, "name": name, "email": email, "profile_picture_url": null })
        }
        "tiktok" => json!({ "type": kind, "subject": subject, "username": login, "name": name }),
        _ => json!({ "type": kind, "subject": subject, "username": login }),
    }
}

/// Tokens of the service itself, good at the API that is played here where there is one.
fn tokens(sandbox: &Sandbox, provider: &str, person: Person) -> Value {
    let service = if provider == "google" { "google-calendar" } else { provider };
    let scopes = sandbox.dialects.by_id(service).map(|dialect| dialect.scopes.clone()).unwrap_or_default();
    let expires = Some(log::now() + Duration::seconds(ACCESS_SECONDS));
    let mut grants = sandbox.grants();
    let family = grants.spend_code("");
    let mut issue = |kind, expires| {
        grants.issue(
            "privy-",
            Token {
                kind,
                service: service.to_owned(),
                client_id: format!("sandbox-{provider}"),
                person,
                scopes: scopes.clone(),
                family,
                expires,
                life: Life::Live,
            },
        )
    };
    json!({
        "provider": provider, "access_token": issue(Kind::Access, expires),
        "access_token_expires_in_seconds": ACCESS_SECONDS, "refresh_token": issue(Kind::Refresh, None), "scopes": scopes,
    })
}
