//! X: a person's posts, their timeline, mentions and bookmarks.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, slice, word};
use crate::halls::opened;
use crate::people::{JONAS, MIRA, Person};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.x.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "twitter") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "Unauthorized", reason),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (method, path) = (call.method.as_str(), parts.as_slice());
    let needed = match (method, path) {
        ("POST", _) => "tweet.write",
        (_, [.., "bookmarks"]) => "bookmark.read",
        _ => "tweet.read",
    };
    if !["tweet.read", "users.read", needed].iter().all(|scope| has(&token, &[scope])) {
        return wrong(403, "Forbidden", &format!("needs {needed}"));
    }
    let own = token.person.number.to_string();
    if let ["2", "users", id, ..] = path
        && *id != own
    {
        return wrong(403, "Forbidden", "of somebody else");
    }
    let mut shelf = sandbox.shelf();
    let posts = shelf.list(&format!("twitter/posts/{own}"), || {
        vec![
            post("1590000000000000002", token.person, "The first boats are in.", &ago(8)),
            post("1590000000000000001", token.person, "Hello from the harbor", &ago(80)),
        ]
    });
    match (method, path) {
        ("GET", ["2", "users", _, "tweets"]) => listed(call, posts),
        ("GET", ["2", "users", _, "timelines", "reverse_chronological"]) => {
            let other = post("1590000000000000010", JONAS, "Fog until noon", &ago(2));
            listed(call, &[std::slice::from_ref(&other), posts].concat())
        }
        ("GET", ["2", "users", _, "mentions"]) => {
            let words = format!("@{} when do you open?", token.person.login);
            listed(call, &[post("1590000000000000011", JONAS, &words, &ago(3))])
        }
        ("GET", ["2", "users", _, "bookmarks"]) => {
            listed(call, &[post("1590000000000000012", JONAS, "How to tie a bowline", &ago(300))])
        }
        ("POST", ["2", "tweets"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/text").filter(|text| text.chars().count() <= 280) else {
                return wrong(400, "Invalid Request", "a text of at most 280 signs is needed");
            };
            if posts.iter().any(|post| post["text"] == text) {
                return wrong(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.");
            }
            let id = format!("159000000000000010{}", posts.len());
            let made = post(&id, token.person, text, &now());
            posts.insert(0, made);
            answer::json(201, json!({ "data": { "id": id, "text": text, "edit_history_post_ids": [id] } }))
        }
        _ => wrong(404, "Not Found", "no such address"),
    }
}

fn wrong(status: u16, title: &str, detail: &str) -> Response {
    let body = json!({ "title": title, "detail": detail, "status": status, "type": "about:blank" });
    refuse(status, body, format!("twitter: {detail}"))
}

fn post(id: &str, by: Person, text: &str, at: &str) -> Value {
    json!({ "id": id, "text": text, "created_at": at, "author_id": by.number.to_string(), "edit_history_post_ids": [id] })
}

/// Posts in pages; only the fields that are asked for, as X has it.
fn listed(call: &Call, all: &[Value]) -> Response {
    let size = call.q("max_results").map_or(Some(10), |text| text.parse().ok());
    let Some(size) = size.filter(|size| (5..=100).contains(size)) else {
        return wrong(400, "Invalid Request", "max_results must be between 5 and 100");
    };
    let skip = call.q("pagination_token").and_then(|mark| mark.parse().ok()).unwrap_or(0);
    let (mut page, more) = slice(all, skip, size);
    for field in ["created_at", "author_id"] {
        let asked = call.q("post.fields").is_some_and(|fields| fields.split(',').any(|name| name == field));
        for post in page.iter_mut().filter(|_| !asked) {
            post.as_object_mut().and_then(|post| post.remove(field));
        }
    }
    let mut body = json!({ "data": page, "meta": { "result_count": page.len() } });
    if call.q("expansions") == Some("author_id") {
        let user =
            |person: Person| json!({ "id": person.number.to_string(), "name": person.name, "username": person.login });
        body["includes"] = json!({ "users": [user(MIRA), user(JONAS)] });
    }
    if more {
        body["meta"]["next_token"] = (skip + size).to_string().into();
    }
    answer::json(200, body)
}
