//! Revocation where the vendor has it. A token that is unknown counts as revoked (RFC 7009).

use crate::answer;
use crate::app::Sandbox;
use crate::call::{Call, find};
use crate::dialects::{Dialect, Errors};
use crate::oauth::{known_client, refusal, right_secret};
use crate::people::EVERYBODY;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Answers a revocation request.
pub fn answer(sandbox: &Sandbox, call: &Call, dialect: &Dialect) -> Response {
    let fields = call.fields();
    if let Some(field) = &dialect.revoke_account {
        return account(sandbox, call, dialect, &fields, field);
    }
    if dialect.revoke_by_client && !by_client(call, &fields) {
        return refusal::answer(dialect, call, refusal::Wrong::Client, "revocation needs the client's id and secret");
    }
    let in_path = dialect.revoke.as_deref().is_some_and(|address| address.contains("{token}"));
    let value = if in_path {
        call.path.rsplit('/').next()
    } else {
        ["token", "access_token", "refresh_token"]
            .iter()
            .find_map(|name| find(&fields, name))
            .or_else(|| call.q("token"))
            .or_else(|| call.authorization("Bearer"))
    };
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return refusal::answer(dialect, call, refusal::Wrong::Request, "no token to revoke");
    };
    let mut grants = sandbox.grants();
    let found = grants.token(value).map(|token| token.family);
    match found {
        Some(_) if dialect.revoke_keeps_access || dialect.errors == Errors::Slack => grants.end_one(value),
        Some(family) => grants.end_family(family),
        None => {}
    }
    let note = format!("{}: revoked{}", dialect.id, if found.is_none() { " (unknown token)" } else { "" });
    drop(grants);
    let response = match dialect.errors {
        Errors::Slack if found.is_none() => answer::json(200, json!({ "ok": false, "error": "invalid_auth" })),
        Errors::Slack => answer::json(200, json!({ "ok": true, "revoked": true })),
        Errors::Google if found.is_none() => {
            answer::json(400, json!({ "error": "invalid_token", "error_description": "Token expired or revoked" }))
        }
        _ if call.method == "DELETE" => StatusCode::NO_CONTENT.into_response(),
        _ => answer::json(200, json!({ "success": true })),
    };
    answer::noted(response, note)
}

/// Ends what an account has granted to a client, which shows its secret as bearer.
fn account(sandbox: &Sandbox, call: &Call, dialect: &Dialect, fields: &[(String, String)], field: &str) -> Response {
    let client = find(fields, "client_id").filter(|id| known_client(id));
    let (Some(client), true) = (client, call.authorization("Bearer").is_some_and(right_secret)) else {
        let reason = "the client's id and its secret as bearer are needed";
        return refusal::answer(dialect, call, refusal::Wrong::Client, reason);
    };
    let number = find(fields, field).and_then(|id| id.rsplit('_').next()?.parse::<u32>().ok());
    let Some(person) = EVERYBODY.into_iter().find(|person| Some(person.number) == number) else {
        return refusal::answer(dialect, call, refusal::Wrong::Request, "no such account");
    };
    sandbox.grants().end_client(client, person);
    let body = json!({ field: find(fields, field).unwrap_or_default() });
    answer::noted(answer::json(200, body), format!("{}: revoked", dialect.id))
}

fn by_client(call: &Call, fields: &[(String, String)]) -> bool {
    let (id, secret) = call.basic().unwrap_or_else(|| {
        let field = |name| find(fields, name).unwrap_or_default().to_owned();
        (field("client_id"), field("client_secret"))
    });
    known_client(&id) && right_secret(&secret)
}
