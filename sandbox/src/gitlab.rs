//! GitLab's REST API: issues, merge requests, to-do items, projects, notes.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, word};
use crate::oauth::grants::Token;
use crate::people::{JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut, take};
use axum::response::Response;
use serde_json::{Value, json};

const PROJECT: u64 = 501;

/// Answers `gitlab.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["gitlab"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => {
            let body = json!({ "error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user." });
            return refuse(401, body, format!("gitlab: {}", denied.reason()));
        }
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v4", path @ ..] = parts.as_slice() else { return unknown("404 Not Found") };
    let method = call.method.as_str();
    let needed: &[&str] = match (method, path) {
        ("GET", ["user"]) => &["read_user", "read_api", "api"],
        ("GET", _) => &["read_api", "api"],
        _ => &["api"],
    };
    if !has(&token, needed) {
        let body = json!({ "error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": needed.join(" ") });
        return refuse(403, body, format!("gitlab: needs {}", needed.join(" or ")));
    }
    let mut shelf = sandbox.shelf();
    match (method, path) {
        ("GET", ["user"]) => answer::json(200, person(token.person)),
        ("GET", ["projects"]) => answer::json(200, json!([project()])),
        ("GET", ["issues"]) => issues(call, token.person, shelf.list("gitlab/issues", seed)),
        ("GET", ["merge_requests"]) => answer::json(200, merge_requests(call, token.person)),
        ("GET", ["todos"]) => answer::json(200, json!(shelf.list("gitlab/todos", todos))),
        ("POST", ["todos", id, "mark_as_done"]) => match take(shelf.list("gitlab/todos", todos), "id", id) {
            Some(mut done) => {
                done["state"] = "done".into();
                answer::json(201, done)
            }
            None => unknown("404 Not found"),
        },
        (_, ["projects", project, ..]) if *project != "501" && *project != "northbeam/harbor" => {
            unknown("404 Project Not Found")
        }
        ("POST", ["projects", _, "issues"]) => create(call, &token, &mut shelf),
        (_, ["projects", _, "issues", iid, ..]) if find(shelf.list("gitlab/issues", seed), "iid", iid).is_none() => {
            unknown("404 Issue Not Found")
        }
        ("GET", ["projects", _, "issues", iid]) => match find(shelf.list("gitlab/issues", seed), "iid", iid) {
            Some(issue) => answer::json(200, issue.clone()),
            None => unknown("404 Issue Not Found"),
        },
        ("PUT", ["projects", _, "issues", iid]) => change(call, iid, &mut shelf),
        ("GET", ["projects", _, "issues", iid, "notes"]) => {
            answer::json(200, json!(shelf.list(&format!("gitlab/notes/{iid}"), notes)))
        }
        ("POST", ["projects", _, "issues", iid, "notes"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/body") else { return bad("body is missing") };
            let made = note(shelf.number(), token.person, text, &now());
            shelf.list(&format!("gitlab/notes/{iid}"), notes).push(made.clone());
            answer::json(201, made)
        }
        _ => unknown("404 Not Found"),
    }
}

fn unknown(message: &str) -> Response {
    refuse(404, json!({ "message": message }), format!("gitlab: {message}"))
}

fn bad(message: &str) -> Response {
    refuse(400, json!({ "error": message }), format!("gitlab: {message}"))
}

fn person(person: Person) -> Value {
    json!({ "id": person.number, "username": person.login, "name": person.name, "state": "active", "email": person.email,
        "web_url": format!("https://gitlab.com/{}", person.login) })
}

fn project() -> Value {
    json!({ "id": PROJECT, "name": "harbor", "path_with_namespace": "northbeam/harbor", "name_with_namespace": "Northbeam / harbor",
        "description": "The place where boats are booked", "web_url": "https://gitlab.com/northbeam/harbor", "last_activity_at": ago(3), "default_branch": "main" })
}

fn issue(iid: u64, title: &str, state: &str, who: Person) -> Value {
    json!({ "id": 90_000 + iid, "iid": iid, "project_id": PROJECT, "title": title, "description": "", "state": state,
        "assignees": [person(who)], "assignee": person(who), "author": person(JONAS), "labels": [], "due_date": null,
        "created_at": ago(120), "updated_at": ago(7), "web_url": format!("https://gitlab.com/northbeam/harbor/-/issues/{iid}"),
        "references": { "short": format!("#{iid}"), "full": format!("northbeam/harbor#{iid}") } })
}

fn seed() -> Vec<Value> {
    vec![
        issue(77, "Build the map tiles at night", "opened", MIRA),
        issue(74, "The runner is out of space", "opened", MIRA),
        issue(70, "Old images are never removed", "closed", MIRA),
        issue(78, "Cache the crates", "opened", JONAS),
    ]
}

fn merge_requests(call: &Call, who: Person) -> Value {
    let one = |iid: u64, title: &str, author: Person| {
        json!({ "id": 95_000 + iid, "iid": iid, "project_id": PROJECT, "title": title, "state": "opened", "draft": false, "author": person(author),
            "source_branch": "work", "target_branch": "main", "updated_at": ago(9),
            "web_url": format!("https://gitlab.com/northbeam/harbor/-/merge_requests/{iid}"), "references": { "full": format!("northbeam/harbor!{iid}") } })
    };
    let all = [(31, "Tiles: build at night", MIRA), (30, "Fewer layers in the image", JONAS)];
    let mine = call.q("scope").is_none_or(|scope| scope == "created_by_me");
    all.into_iter()
        .filter(|(_, _, author)| !mine || *author == who)
        .map(|(iid, title, author)| one(iid, title, author))
        .collect()
}

fn todos() -> Vec<Value> {
    let one = |id: u64, action: &str, title: &str, iid: u64| {
        json!({ "id": id, "action_name": action, "target_type": "Issue", "target": issue(iid, title, "opened", MIRA), "body": title, "state": "pending",
            "project": project(), "author": person(JONAS), "created_at": ago(11), "target_url": format!("https://gitlab.com/northbeam/harbor/-/issues/{iid}") })
    };
    vec![
        one(102, "assigned", "Build the map tiles at night", 77),
        one(103, "mentioned", "The runner is out of space", 74),
    ]
}

fn notes() -> Vec<Value> {
    vec![note(301, JONAS, "It fails when two builds run at once.", &ago(30))]
}

fn note(id: u64, by: Person, text: &str, at: &str) -> Value {
    json!({ "id": id, "body": text, "author": person(by), "created_at": at, "updated_at": at, "system": false, "noteable_type": "Issue" })
}

/// By default the caller's own issues, of any state.
fn issues(call: &Call, who: Person, all: &[Value]) -> Response {
    let scope = call.q("scope").unwrap_or("created_by_me");
    if !["created_by_me", "assigned_to_me", "all"].contains(&scope) {
        return bad("scope does not have a valid value");
    }
    let state = call.q("state").unwrap_or("all");
    if !["opened", "closed", "all"].contains(&state) {
        return bad("state does not have a valid value");
    }
    let words = call.q("search").map(str::to_lowercase);
    let found: Vec<&Value> = all
        .iter()
        .filter(|issue| state == "all" || issue["state"] == state)
        .filter(|issue| match scope {
            "assigned_to_me" => issue["assignee"]["id"] == who.number,
            "created_by_me" => issue["author"]["id"] == who.number,
            _ => true,
        })
        .filter(|issue| {
            let title = issue["title"].as_str().unwrap_or_default().to_lowercase();
            words.as_ref().is_none_or(|words| title.contains(words))
        })
        .collect();
    answer::json(200, json!(found))
}

fn create(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(title) = word(&body, "/title") else { return bad("title is missing") };
    let list = shelf.list("gitlab/issues", seed);
    let iid = list.iter().filter_map(|issue| issue["iid"].as_u64()).max().unwrap_or(0) + 1;
    let mut made = issue(iid, title, "opened", token.person);
    made["author"] = person(token.person);
    made["description"] = body["description"].clone();
    made["updated_at"] = now().into();
    list.insert(0, made.clone());
    answer::json(201, made)
}

fn change(call: &Call, iid: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(issue) = find_mut(shelf.list("gitlab/issues", seed), "iid", iid) else {
        return unknown("404 Issue Not Found");
    };
    match body["state_event"].as_str() {
        Some("close") => issue["state"] = "closed".into(),
        Some("reopen") => issue["state"] = "opened".into(),
        Some(_) => return bad("state_event does not have a valid value"),
        None if word(&body, "/title").is_none() => {
            return bad("title, description, state_event are missing, at least one parameter must be provided");
        }
        None => {}
    }
    if let Some(title) = word(&body, "/title") {
        issue["title"] = title.into();
    }
    issue["updated_at"] = now().into();
    answer::json(200, issue.clone())
}
