//! GitHub's REST API: who am I, repositories, notifications, and the calls that end a grant. Issues stand beside it.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::has;
use crate::github_data;
use crate::github_issues;
use crate::oauth::grants::{Denied, Token};
use crate::oauth::{known_client, right_secret};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Answers `api.github.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if call.method == "DELETE" && call.path.starts_with("/applications/") {
        return end_grant(sandbox, call);
    }
    let sent = call.authorization("Bearer").or_else(|| call.authorization("token"));
    let checked = sandbox.grants().check(sent, &["github"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return bad_credentials(denied),
    };
    let mut response = match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/user") => answer::json(200, user(&token)),
        ("GET", "/user/emails") if has(&token, &["user:email", "user"]) => answer::json(
            200,
            json!([{ "email": token.person.email, "primary": true, "verified": true, "visibility": "private" }]),
        ),
        ("GET", "/notifications") if has(&token, &["notifications", "repo"]) => {
            answer::json(200, github_data::notifications())
        }
        ("GET", "/notifications" | "/user/emails") => answer::refused(
            answer::json(
                403,
                json!({ "message": "Resource not accessible by this token", "documentation_url": "https://docs.github.com/rest", "status": "403" }),
            ),
            format!("github: {} needs another scope", call.path),
        ),
        ("GET", "/user/repos") => answer::json(200, repositories(&token)),
        ("GET", "/repos/northbeam/harbor/actions/runs") => answer::json(200, github_data::runs()),
        ("GET", "/repos/northbeam/harbor") => answer::json(200, github_data::repository("harbor", false, 231_001)),
        _ => github_issues::answer(sandbox, call, &token),
    };
    if let Ok(scopes) = HeaderValue::from_str(&token.scopes.join(", ")) {
        response.headers_mut().insert("x-oauth-scopes", scopes);
    }
    response.headers_mut().insert("x-ratelimit-limit", HeaderValue::from_static("5000"));
    response.headers_mut().insert("x-ratelimit-remaining", HeaderValue::from_static("4987"));
    response
}

fn bad_credentials(denied: Denied) -> Response {
    let message = if denied == Denied::Missing { "Requires authentication" } else { "Bad credentials" };
    answer::refused(
        answer::json(
            401,
            json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": "401" }),
        ),
        format!("github: {}", denied.reason()),
    )
}

fn user(token: &Token) -> Value {
    let mut user = github_data::user(token.person);
    user["name"] = token.person.name.into();
    user["email"] =
        if has(token, &["user", "user:email", "read:user"]) { token.person.email.into() } else { Value::Null };
    user["company"] = "Northbeam".into();
    user["public_repos"] = 12.into();
    user["created_at"] = "2019-04-02T09:00:00Z".into();
    user
}

fn repositories(token: &Token) -> Value {
    let mut list = vec![github_data::repository("harbor", false, 231_001)];
    if has(token, &["repo"]) {
        list.push(github_data::repository("ledger", true, 231_002));
    }
    Value::Array(list)
}

/// `DELETE /applications/{client_id}/token` and `/grant`: the client's own credentials, the token in a JSON body.
fn end_grant(sandbox: &Sandbox, call: &Call) -> Response {
    let parts: Vec<&str> = call.path.split('/').collect();
    let [_, _, client_id, what] = parts.as_slice() else {
        return app::nobody(call);
    };
    let right = call.basic().is_some_and(|(id, secret)| id == *client_id && known_client(&id) && right_secret(&secret));
    if !right {
        return bad_credentials(Denied::Unknown);
    }
    let body = call.json();
    let Some(value) = body["access_token"].as_str() else {
        return answer::refused(
            answer::json(422, json!({ "message": "Validation Failed", "status": "422" })),
            "github: no access_token in the body",
        );
    };
    let mut grants = sandbox.grants();
    let Some(token) = grants.token(value).filter(|token| token.client_id == *client_id).cloned() else {
        return answer::noted(
            answer::json(404, json!({ "message": "Not Found", "status": "404" })),
            "github: unknown token",
        );
    };
    match *what {
        "grant" => grants.end_client(client_id, token.person),
        "token" => grants.end_one(value),
        _ => return app::nobody(call),
    }
    answer::noted(StatusCode::NO_CONTENT.into_response(), format!("github: revoked the {what}"))
}
