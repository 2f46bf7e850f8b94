//! GitHub's issues: lists, search, comments, and the writes that change them.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{has, now, parts, refuse, slice, word};
use crate::github_data::{self, ISSUES};
use crate::oauth::grants::Token;
use crate::people::Person;
use crate::shelf::{find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

const SHELF: &str = "github/issues";

fn seed() -> Vec<Value> {
    ISSUES.iter().map(github_data::issue).collect()
}

/// Answers whatever is about issues; everything else is not found.
pub fn answer(sandbox: &Sandbox, call: &Call, token: &Token) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    let issues = shelf.list(SHELF, seed);
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["issues"] | ["user", "issues"]) => listed(call, issues, token),
        ("GET", ["search", "issues"]) => search(call, issues, token.person),
        ("GET", ["repos", "northbeam", "harbor", "issues"]) => {
            answer::json(200, Value::Array(filtered(call, issues, |_| true)))
        }
        ("GET", ["repos", "northbeam", "harbor", "issues", number]) => match find(issues, "number", number) {
            Some(issue) => answer::json(200, issue.clone()),
            None => not_found(call),
        },
        ("GET", ["repos", "northbeam", "harbor", "issues", number, "comments"]) => {
            if find(issues, "number", number).is_none() {
                return not_found(call);
            }
            let comments = shelf.list(&format!("github/comments/{number}"), || comments(number));
            answer::json(200, Value::Array(comments.clone()))
        }
        // Private repositories are not there for who may not see them, and writing needs the same scope.
        (_, ["repos", "northbeam", "harbor", ..]) if !has(token, &["repo", "public_repo"]) => not_found(call),
        ("POST", ["repos", "northbeam", "harbor", "issues"]) => {
            let number = issues.iter().filter_map(|issue| issue["number"].as_u64()).max().unwrap_or(1) + 1;
            create(call, issues, token.person, number)
        }
        ("PATCH", ["repos", "northbeam", "harbor", "issues", number]) => match find_mut(issues, "number", number) {
            Some(issue) => change(&call.json(), issue),
            None => not_found(call),
        },
        ("POST", ["repos", "northbeam", "harbor", "issues", number, "comments"]) => {
            if find(issues, "number", number).is_none() {
                return not_found(call);
            }
            let body = call.json();
            let Some(text) = word(&body, "/body") else { return invalid("body") };
            let id = shelf.number();
            let made = comment(number, id, token.person, text, &now());
            shelf.list(&format!("github/comments/{number}"), || comments(number)).push(made.clone());
            answer::json(201, made)
        }
        _ => not_found(call),
    }
}

fn not_found(call: &Call) -> Response {
    refuse(
        404,
        json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
        format!("github: nothing at {} {}", call.method, call.path),
    )
}

fn invalid(field: &str) -> Response {
    refuse(
        422,
        json!({ "message": "Validation Failed", "errors": [{ "resource": "Issue", "field": field, "code": "missing_field" }], "status": "422" }),
        format!("github: {field} is missing or wrong"),
    )
}

/// `/issues`: by default the open ones assigned to the caller.
fn listed(call: &Call, issues: &[Value], token: &Token) -> Response {
    let mine = |issue: &Value| issue.pointer("/assignee/login").and_then(Value::as_str) == Some(token.person.login);
    let list = match call.q("filter").unwrap_or("assigned") {
        "assigned" => filtered(call, issues, mine),
        "created" => filtered(call, issues, |issue| !mine(issue)),
        "all" | "subscribed" | "repos" | "mentioned" => filtered(call, issues, |_| true),
        _ => return invalid("filter"),
    };
    answer::json(200, Value::Array(list))
}

fn filtered(call: &Call, issues: &[Value], which: impl Fn(&Value) -> bool) -> Vec<Value> {
    let state = call.q("state").unwrap_or("open");
    let page = |name: &str, otherwise: usize| call.q(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let size = page("per_page", 30).clamp(1, 100);
    let found: Vec<Value> =
        issues.iter().filter(|issue| state == "all" || issue["state"] == state).filter(|i| which(i)).cloned().collect();
    slice(&found, page("page", 1).max(1).saturating_sub(1) * size, size).0
}

/// The qualifiers that people use; any other word must stand in the title or the text.
fn search(call: &Call, issues: &[Value], person: Person) -> Response {
    let Some(query) = call.q("q").filter(|query| !query.trim().is_empty()) else {
        return invalid("q");
    };
    let found: Vec<&Value> =
        issues.iter().filter(|issue| query.split_whitespace().all(|word| meets(issue, word, person))).collect();
    answer::json(200, json!({ "total_count": found.len(), "incomplete_results": false, "items": found }))
}

fn meets(issue: &Value, word: &str, person: Person) -> bool {
    let text = |at: &str| issue.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let login = |name: &str| if name == "@me" { person.login.to_owned() } else { name.to_owned() };
    match word.split_once(':') {
        Some(("is" | "state" | "type", "open")) => text("/state") == "open",
        Some(("is" | "state" | "type", "closed")) => text("/state") == "closed",
        Some(("is" | "type", "issue")) => issue["pull_request"].is_null(),
        Some(("is" | "type", "pr")) => !issue["pull_request"].is_null(),
        Some(("assignee" | "involves", name)) => text("/assignee/login") == login(name),
        Some(("author", name)) => text("/user/login") == login(name),
        Some(("repo", name)) => name == "northbeam/harbor",
        Some(("org" | "user", name)) => name == "northbeam",
        Some(("label", name)) => text("/labels/0/name") == name,
        Some(_) => true,
        None => {
            let word = word.trim_matches('"').to_lowercase();
            [text("/title"), text("/body")].iter().any(|text| text.to_lowercase().contains(&word))
        }
    }
}

fn comments(number: &str) -> Vec<Value> {
    let by = crate::people::JONAS;
    vec![comment(number, 501, by, "I can repeat this on the staging machine.", &crate::desk::ago(20))]
}

fn comment(number: &str, id: u64, by: Person, text: &str, at: &str) -> Value {
    json!({
        "id": id,
        "html_url": format!("https://github.com/northbeam/harbor/issues/{number}#issuecomment-{id}"),
        "body": text,
        "user": github_data::user(by),
        "created_at": at,
        "updated_at": at,
        "author_association": "MEMBER",
    })
}

fn create(call: &Call, issues: &mut Vec<Value>, person: Person, number: u64) -> Response {
    let body = call.json();
    let Some(title) = word(&body, "/title") else { return invalid("title") };
    let mut made = json!({
        "id": 2_000_000 + number,
        "url": format!("https://api.github.com/repos/northbeam/harbor/issues/{number}"),
        "repository_url": "https://api.github.com/repos/northbeam/harbor",
        "html_url": format!("https://github.com/northbeam/harbor/issues/{number}"),
        "number": number,
        "title": title,
        "body": body["body"],
        "state": "open",
        "state_reason": null,
        "comments": 0,
        "user": github_data::user(person),
        "assignee": null,
        "assignees": [],
        "labels": [],
        "created_at": now(),
        "updated_at": now(),
        "closed_at": null,
        "repository": github_data::repository("harbor", false, 231_001),
    });
    if let Some(labels) = body["labels"].as_array() {
        made["labels"] = labels.iter().map(|label| json!({ "name": label })).collect();
    }
    issues.insert(0, made.clone());
    answer::json(201, made)
}

fn change(body: &Value, issue: &mut Value) -> Response {
    let state = body["state"].as_str();
    if state.is_some_and(|state| !["open", "closed"].contains(&state)) {
        return invalid("state");
    }
    for field in ["title", "body", "state", "state_reason"] {
        if !body[field].is_null() {
            issue[field] = body[field].clone();
        }
    }
    issue["closed_at"] = if issue["state"] == "closed" { now().into() } else { Value::Null };
    issue["updated_at"] = now().into();
    answer::json(200, issue.clone())
}
