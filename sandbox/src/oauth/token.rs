//! The token endpoint: a code or a refresh token becomes an access token.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::{Call, find};
use crate::dialects::{BodyForm, ClientAuth, Dialect, Errors, GrantName, Refresh};
use crate::log;
use crate::oauth::grants::{Code, Grants, Kind, Life, Token};
use crate::oauth::refusal::{self, Wrong};
use crate::oauth::{known_client, openid, pkce, right_secret};
use axum::response::Response;
use serde_json::{Value, json};
use time::Duration;

type Verdict<T> = Result<T, (Wrong, String)>;

/// What the client asks for.
enum Wish {
    Code(String),
    Refresh(String),
}

/// Answers a token request.
pub fn exchange(sandbox: &Sandbox, call: &Call) -> Response {
    let fields = call.fields();
    let shown =
        call.basic().map(|(id, _)| id).or_else(|| find(&fields, "client_id").map(str::to_owned)).unwrap_or_default();
    let openid = {
        let grants = sandbox.grants();
        let asked = find(&fields, "code").and_then(|code| grants.code(code)).map(|(code, _)| code.asked.service);
        asked.is_some_and(|service| sandbox.dialects.by_id(&service).is_some_and(|dialect| dialect.openid))
    };
    let Some(dialect) = sandbox.dialects.at_token(&call.host, &call.path, &shown, openid) else {
        return app::nobody(call);
    };
    let mut note = String::new();
    let outcome = client(dialect, call, &fields).and_then(|client_id| {
        let wish = wish(dialect, &fields)?;
        let grants = &mut sandbox.grants();
        match wish {
            Wish::Code(code) => {
                note = format!("{}: code exchanged", dialect.id);
                from_code(grants, dialect, &client_id, &code, &fields)
            }
            Wish::Refresh(value) => {
                note = format!("{}: refreshed", dialect.id);
                from_refresh(grants, dialect, &client_id, &value)
            }
        }
    });
    match outcome {
        Ok(body) if dialect.errors == Errors::Github => answer::noted(refusal::github_form(call, &body), note),
        Ok(body) => answer::noted(answer::json(200, body), note),
        Err((wrong, reason)) => refusal::answer(dialect, call, wrong, &reason),
    }
}

/// Who asks: id and secret where this vendor wants them, in the body form it reads.
pub fn client(dialect: &Dialect, call: &Call, fields: &[(String, String)]) -> Verdict<String> {
    let form = match call.content_type() {
        "application/json" => BodyForm::Json,
        "application/x-www-form-urlencoded" => BodyForm::Form,
        other => return Err((Wrong::Request, format!("the body type {other:?} is not read"))),
    };
    if !dialect.body.contains(&form) {
        return Err((Wrong::Request, format!("{} does not read a {form:?} body", dialect.name)));
    }
    let in_body = find(fields, "client_secret")
        .map(|secret| (find(fields, "client_id").unwrap_or_default().to_owned(), secret.to_owned()));
    let (way, (id, secret)) = match (call.basic(), in_body) {
        (Some(_), Some(_)) => return Err((Wrong::Request, "the client shows its secret twice".into())),
        (Some(pair), None) => (ClientAuth::Basic, pair),
        (None, Some(pair)) => (ClientAuth::Body, pair),
        (None, None) => return Err((Wrong::Client, "no client secret".into())),
    };
    if !dialect.client_auth.contains(&way) {
        return Err((
            Wrong::Client,
            format!("{} does not take the client secret by {way:?}, only by {:?}", dialect.name, dialect.client_auth),
        ));
    }
    if !known_client(&id) || !right_secret(&secret) {
        return Err((Wrong::Client, "unknown client or wrong secret".into()));
    }
    Ok(id)
}

fn wish(dialect: &Dialect, fields: &[(String, String)]) -> Verdict<Wish> {
    for pair in &dialect.token_params {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if find(fields, name) != Some(value) {
            return Err((Wrong::Request, format!("{pair} is missing")));
        }
    }
    let (grant, code_word, refresh_word) = match dialect.grant {
        GrantName::Type => (find(fields, "type"), "web_server", "refresh"),
        GrantName::Standard => (find(fields, "grant_type"), "authorization_code", "refresh_token"),
        GrantName::Optional => {
            (find(fields, "grant_type").or(Some("authorization_code")), "authorization_code", "refresh_token")
        }
    };
    let value = |name: &str| {
        find(fields, name).map(str::to_owned).ok_or_else(|| (Wrong::Request, format!("{name} is missing")))
    };
    match grant {
        Some(word) if word == code_word => value("code").map(Wish::Code),
        Some(word) if word == refresh_word => value("refresh_token").map(Wish::Refresh),
        Some(other) => Err((Wrong::GrantType, format!("grant type {other:?} is unknown"))),
        None => Err((Wrong::Request, "the grant type is missing".into())),
    }
}

fn from_code(
    grants: &mut Grants,
    dialect: &Dialect,
    client_id: &str,
    value: &str,
    fields: &[(String, String)],
) -> Verdict<Value> {
    let no = |reason: &str| Err((Wrong::Code, reason.to_owned()));
    let Some((code, late)) = grants.code(value) else {
        return no("the code is unknown");
    };
    if let Some(family) = code.family {
        grants.end_family(family);
        return no("the code was used before; the tokens it gave are revoked");
    }
    if late {
        return no("the code is older than ten minutes");
    }
    if code.asked.service != dialect.id || code.asked.client_id != client_id {
        return no("the code was issued to another client");
    }
    if find(fields, "redirect_uri") != code.asked.redirect_uri.as_deref() {
        return Err((Wrong::Redirect, "redirect_uri differs from the one of the authorize request".into()));
    }
    if let Some(challenge) = &code.asked.challenge
        && let Some(objection) = pkce::objection(challenge, find(fields, "code_verifier"))
    {
        return Err((Wrong::Proof, objection.to_owned()));
    }
    let family = grants.spend_code(value);
    let refresh = (dialect.refresh != Refresh::None && code.asked.offline).then(|| {
        let token = fresh(dialect, &code, family, Kind::Refresh, &code.asked.scopes);
        grants.issue("rt_", token)
    });
    if dialect.errors == Errors::Slack {
        return Ok(slack(grants, dialect, &code, family));
    }
    let token = fresh(dialect, &code, family, Kind::Access, &code.asked.scopes);
    let access = grants.issue(&dialect.prefix, token);
    let mut body = body(dialect, &access, refresh.as_deref(), &code.asked.scopes);
    if dialect.openid && code.asked.scopes.iter().any(|scope| scope == "openid") {
        body["id_token"] = openid::id_token(dialect, &code).into();
    }
    Ok(body)
}

fn from_refresh(grants: &mut Grants, dialect: &Dialect, client_id: &str, value: &str) -> Verdict<Value> {
    let no = |reason: &str| Err((Wrong::RefreshToken, reason.to_owned()));
    let Some(old) = grants.token(value).cloned() else {
        return no("the refresh token is unknown");
    };
    if old.kind != Kind::Refresh || old.client_id != client_id {
        return no("the refresh token was issued to another client");
    }
    match old.life {
        Life::Revoked => return no("the refresh token is revoked"),
        Life::Spent(at) if dialect.refresh == Refresh::Grace && log::now() - at < Duration::seconds(dialect.grace) => {}
        Life::Spent(_) => {
            grants.end_family(old.family);
            return no("the refresh token was used before; the whole grant is revoked");
        }
        Life::Live => {}
    }
    if dialect.refresh == Refresh::Strict {
        grants.end_access(old.family);
    }
    if matches!(dialect.refresh, Refresh::Strict | Refresh::Grace) {
        grants.spend(value);
    }
    let refresh =
        (dialect.refresh != Refresh::Never).then(|| grants.issue("rt_", Token { life: Life::Live, ..old.clone() }));
    let expires = lifetime(dialect);
    let scopes = old.scopes.clone();
    let access = grants.issue(&dialect.prefix, Token { kind: Kind::Access, life: Life::Live, expires, ..old });
    Ok(body(dialect, &access, refresh.as_deref(), &scopes))
}

fn fresh(dialect: &Dialect, code: &Code, family: u64, kind: Kind, scopes: &[String]) -> Token {
    Token {
        kind,
        service: dialect.id.clone(),
        client_id: code.asked.client_id.clone(),
        person: code.person,
        scopes: scopes.to_vec(),
        family,
        expires: if kind == Kind::Access { lifetime(dialect) } else { None },
        life: Life::Live,
    }
}

fn lifetime(dialect: &Dialect) -> Option<time::OffsetDateTime> {
    (dialect.access_ttl > 0).then(|| log::now() + Duration::seconds(dialect.access_ttl))
}

fn body(dialect: &Dialect, access: &str, refresh: Option<&str>, scopes: &[String]) -> Value {
    let separator = if dialect.errors == Errors::Github { "," } else { " " };
    let kind = if dialect.errors == Errors::Github { "bearer" } else { "Bearer" };
    let mut body = json!({ "access_token": access, "token_type": kind });
    if !dialect.separator.is_empty() {
        let told: Vec<&str> =
            scopes.iter().filter(|scope| !dialect.scopes_untold.contains(scope)).map(String::as_str).collect();
        body[&dialect.scope_field] = if dialect.scope_list { json!(told) } else { told.join(separator).into() };
    }
    if dialect.access_ttl > 0 {
        if dialect.tells_moment {
            body["expires_at"] = log::rfc3339(log::now() + Duration::seconds(dialect.access_ttl)).into();
        } else {
            body["expires_in"] = dialect.access_ttl.into();
        }
    }
    if let Some(refresh) = refresh {
        body["refresh_token"] = refresh.into();
        for (name, seconds) in &dialect.refresh_ttl {
            body[name] = (*seconds).into();
        }
    }
    for (name, value) in &dialect.reply {
        body[name] = value.as_str().into();
    }
    body
}

/// Two sets of tokens: the bot's at the top where bot scopes were asked, the person's under `authed_user`.
fn slack(grants: &mut Grants, dialect: &Dialect, code: &Code, family: u64) -> Value {
    let person = code.person;
    let mut body = json!({
        "ok": true,
        "app_id": "A0SANDBOX1",
        "team": { "id": "T0NORTH001", "name": "Northbeam" },
        "enterprise": null,
        "is_enterprise_install": false,
        "authed_user": { "id": crate::slack_data::user_id(person) },
    });
    if !code.asked.scopes.is_empty() {
        let token = fresh(dialect, code, family, Kind::Access, &code.asked.scopes);
        body["access_token"] = grants.issue("xoxb-", token).into();
        body["token_type"] = "bot".into();
        body["scope"] = code.asked.scopes.join(",").into();
        body["bot_user_id"] = "U0AURABOT1".into();
    }
    if !code.asked.user_scopes.is_empty() {
        let token = fresh(dialect, code, family, Kind::Access, &code.asked.user_scopes);
        body["authed_user"]["access_token"] = grants.issue("xoxp-", token).into();
        body["authed_user"]["token_type"] = "user".into();
        body["authed_user"]["scope"] = code.asked.user_scopes.join(",").into();
    }
    body
}
