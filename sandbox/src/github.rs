//! GitHub's REST API, as far as reading goes, and the calls that end a grant.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::github_data::{self, ISSUES, Issue};
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
        ("GET", "/issues" | "/user/issues") => listed(call, &token),
        ("GET", "/search/issues") => search(call, &token),
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
        ("GET", "/repos/northbeam/harbor") => answer::json(200, github_data::repository("harbor", false, 231_001)),
        ("GET", "/repos/northbeam/harbor/issues") => answer::json(200, Value::Array(filtered(call, |_| true))),
        ("GET", path) => one_issue(call, path),
        _ => app::nobody(call),
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

fn has(token: &Token, any: &[&str]) -> bool {
    token.scopes.iter().any(|scope| any.contains(&scope.as_str()))
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

/// `/issues`: by default the open ones assigned to the caller.
fn listed(call: &Call, token: &Token) -> Response {
    let person = token.person;
    let list = match call.q("filter").unwrap_or("assigned") {
        "assigned" => filtered(call, |issue| issue.assignee == person),
        "created" => filtered(call, |issue| issue.assignee != person),
        "all" | "subscribed" | "repos" | "mentioned" => filtered(call, |_| true),
        _ => {
            return answer::refused(
                answer::json(
                    422,
                    json!({ "message": "Validation Failed", "errors": [{ "field": "filter", "code": "invalid" }], "status": "422" }),
                ),
                "github: unknown filter",
            );
        }
    };
    answer::json(200, Value::Array(list))
}

fn filtered(call: &Call, which: impl Fn(&Issue) -> bool) -> Vec<Value> {
    let state = call.q("state").unwrap_or("open");
    let page = |name: &str, otherwise: usize| call.q(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let size = page("per_page", 30).clamp(1, 100);
    ISSUES
        .iter()
        .filter(|issue| state == "all" || issue.open == (state == "open"))
        .filter(|issue| which(issue))
        .skip(page("page", 1).max(1).saturating_sub(1) * size)
        .take(size)
        .map(github_data::issue)
        .collect()
}

/// The qualifiers that people use; any other word must stand in the title or the text.
fn search(call: &Call, token: &Token) -> Response {
    let Some(query) = call.q("q").filter(|query| !query.trim().is_empty()) else {
        return answer::refused(
            answer::json(
                422,
                json!({ "message": "Validation Failed", "errors": [{ "resource": "Search", "field": "q", "code": "missing" }], "status": "422" }),
            ),
            "github: search without q",
        );
    };
    let found: Vec<Value> = ISSUES
        .iter()
        .filter(|issue| query.split_whitespace().all(|word| meets(issue, word, token)))
        .map(github_data::issue)
        .collect();
    answer::json(200, json!({ "total_count": found.len(), "incomplete_results": false, "items": found }))
}

fn meets(issue: &Issue, word: &str, token: &Token) -> bool {
    let login = |name: &str| {
        if name == "@me" { token.person.login.to_owned() } else { name.to_owned() }
    };
    match word.split_once(':') {
        Some(("is" | "state" | "type", "open")) => issue.open,
        Some(("is" | "state" | "type", "closed")) => !issue.open,
        Some(("is" | "type", "issue")) => !issue.pull,
        Some(("is" | "type", "pr")) => issue.pull,
        Some(("assignee" | "involves", name)) => issue.assignee.login == login(name),
        Some(("author", name)) => issue.assignee.login != login(name),
        Some(("repo", name)) => name == "northbeam/harbor",
        Some(("org" | "user", name)) => name == "northbeam",
        Some(("label", name)) => issue.label == name,
        Some(_) => true,
        None => {
            let word = word.trim_matches('"').to_lowercase();
            issue.title.to_lowercase().contains(&word) || issue.body.to_lowercase().contains(&word)
        }
    }
}

fn one_issue(call: &Call, path: &str) -> Response {
    let number = path.strip_prefix("/repos/northbeam/harbor/issues/").and_then(|text| text.parse::<u32>().ok());
    match number.and_then(|number| ISSUES.iter().find(|issue| issue.number == number)) {
        Some(issue) => answer::json(200, github_data::issue(issue)),
        None => answer::refused(
            answer::json(
                404,
                json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
            ),
            format!("github: nothing at {} {path}", call.method),
        ),
    }
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
