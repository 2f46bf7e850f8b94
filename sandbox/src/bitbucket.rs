//! Bitbucket Cloud: a workspace, its repositories, pull requests and their comments.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, size, slice, word};
use crate::halls::opened;
use crate::people::{JONAS, MIRA, Person};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.bitbucket.org`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "bitbucket") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "Token is invalid or not supported for this endpoint.", reason),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["2.0", path @ ..] = parts.as_slice() else { return wrong(404, "Resource not found", "no such address") };
    let needed: &[&str] = match (call.method.as_str(), path) {
        (_, ["user", ..]) => &["account"],
        (_, [.., "pullrequests" | "comments"] | ["workspaces", ..]) => &["pullrequest", "pullrequest:write"],
        _ => &["repository"],
    };
    if !has(&token, needed) {
        return wrong(403, "Your credentials lack one or more required privilege scopes.", needed[0]);
    }
    let mine = format!("{{{}}}", token.person.number);
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["user", "workspaces"]) => {
            let workspace = json!({ "type": "workspace_base", "uuid": "{ws-1}", "slug": "northbeam", "links": {} });
            listed(call, &[json!({ "type": "workspace_access", "administrator": true, "workspace": workspace })])
        }
        ("GET", ["repositories", "northbeam"]) => listed(call, &[repository("harbor"), repository("landing-page")]),
        ("GET", ["workspaces", "northbeam", "pullrequests", user]) => {
            let own: Vec<Value> = pulls().into_iter().filter(|pull| pull["author"]["uuid"] == **user).collect();
            if *user == mine { listed(call, &own) } else { wrong(404, "Resource not found", "unknown user") }
        }
        ("GET", ["repositories", "northbeam", "harbor", "pullrequests"]) => listed(call, &pulls()),
        (method @ ("GET" | "POST"), ["repositories", "northbeam", "harbor", "pullrequests", number, "comments"])
            if number.parse().is_ok_and(|number: i64| pulls().iter().any(|pull| pull["id"] == number)) =>
        {
            let comments = shelf
                .list(&format!("bitbucket/comments/{number}"), || vec![comment(31, JONAS, "Why not a list?", &ago(3))]);
            if method == "GET" {
                return listed(call, comments);
            }
            let body = call.json();
            let Some(text) = word(&body, "/content/raw") else {
                return wrong(400, "content: required key not provided", "no text");
            };
            let made = comment(32 + comments.len(), token.person, text, &now());
            comments.push(made.clone());
            answer::json(201, made)
        }
        _ => wrong(404, "Resource not found", "no such address, repository or pull request"),
    }
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    refuse(status, json!({ "type": "error", "error": { "message": message } }), format!("bitbucket: {reason}"))
}

fn account(person: Person) -> Value {
    json!({ "type": "user", "uuid": format!("{{{}}}", person.number), "display_name": person.name, "nickname": person.login })
}

fn repository(slug: &str) -> Value {
    json!({ "type": "repository", "slug": slug, "name": slug, "full_name": format!("northbeam/{slug}"), "description": "What runs the harbor", "language": "rust",
        "updated_on": ago(9), "links": { "html": { "href": format!("https://bitbucket.org/northbeam/{slug}") } } })
}

fn pulls() -> Vec<Value> {
    let pull = |id: u32, title: &str, by: Person| {
        json!({ "type": "pullrequest", "id": id, "title": title, "state": "OPEN", "author": account(by), "updated_on": ago(5),
            "destination": { "repository": { "full_name": "northbeam/harbor" }, "branch": { "name": "main" } },
            "links": { "html": { "href": format!("https://bitbucket.org/northbeam/harbor/pull-requests/{id}") } } })
    };
    vec![pull(12, "Show free berths", MIRA), pull(11, "Round the prices", JONAS)]
}

fn comment(id: usize, by: Person, text: &str, at: &str) -> Value {
    json!({ "type": "pullrequest_comment", "id": id, "content": { "raw": text, "markup": "markdown" }, "user": account(by), "created_on": at,
        "links": { "html": { "href": format!("https://bitbucket.org/northbeam/harbor/pull-requests/12#comment-{id}") } } })
}

/// A page, with the whole address of the next.
fn listed(call: &Call, all: &[Value]) -> Response {
    let Some(size) = size(call, "pagelen", 10, 100) else { return wrong(400, "Invalid pagelen", "pagelen") };
    let page = call.q("page").and_then(|text| text.parse().ok()).filter(|page| *page > 0).unwrap_or(1_usize);
    let (values, more) = slice(all, (page - 1) * size, size);
    let mut body = json!({ "pagelen": size, "page": page, "size": all.len(), "values": values });
    if more {
        body["next"] = format!("https://{}{}?pagelen={size}&page={}", call.host, call.path, page + 1).into();
    }
    answer::json(200, body)
}
