//! Notion's API: search, pages, their blocks and comments.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, parts, refuse, word};
use crate::oauth::grants::Token;
use crate::people::{JONAS, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

const PAGES: [(&str, &str, i64); 3] = [
    ("33333333-0000-4000-8000-000000000001", "Harbor 3: the plan", 3),
    ("33333333-0000-4000-8000-000000000002", "Meeting of Monday", 30),
    ("33333333-0000-4000-8000-000000000003", "How we write", 300),
];

/// Answers `api.notion.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["notion"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "unauthorized", "API token is invalid.", denied.reason()),
    };
    if call.header("notion-version").is_none() {
        let message = "Notion-Version header should be defined.";
        return wrong(400, "missing_version", message, "no version");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["v1", path @ ..] = parts.as_slice() else { return unknown("address") };
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["users", "me"]) => answer::json(200, bot(&token)),
        ("POST", ["search"]) => search(call, shelf.list("notion/pages", seed)),
        ("POST", ["pages"]) => create(call, &mut shelf),
        ("POST", ["comments"]) => comment(call, token.person, &mut shelf),
        ("GET", ["comments"]) => {
            let Some(page) = call.q("block_id").filter(|page| known(&mut shelf, page)) else { return unknown("block") };
            list(shelf.list(&format!("notion/comments/{page}"), comments).clone())
        }
        (_, ["pages" | "blocks", id, ..]) if !known(&mut shelf, id) => unknown("page"),
        ("GET", ["pages", id]) => match find(shelf.list("notion/pages", seed), "id", id) {
            Some(page) => answer::json(200, page.clone()),
            None => unknown("page"),
        },
        ("PATCH", ["pages", id]) => match find_mut(shelf.list("notion/pages", seed), "id", id) {
            Some(page) => {
                for field in ["in_trash", "properties", "icon"] {
                    if !call.json()[field].is_null() {
                        page[field] = call.json()[field].clone();
                    }
                }
                page["last_edited_time"] = now().into();
                answer::json(200, page.clone())
            }
            None => unknown("page"),
        },
        ("GET", ["blocks", id, "children"]) => list(shelf.list(&format!("notion/blocks/{id}"), blocks).clone()),
        ("PATCH", ["blocks", id, "children"]) => {
            let body = call.json();
            let Some(children) = body["children"].as_array().filter(|children| !children.is_empty()) else {
                return invalid("body.children should be defined");
            };
            if let Some(message) = children.iter().find_map(objection) {
                return invalid(message);
            }
            let made: Vec<Value> = children.iter().map(|child| block(child, &shelf.number().to_string())).collect();
            shelf.list(&format!("notion/blocks/{id}"), blocks).extend(made.clone());
            list(made)
        }
        _ => unknown("address"),
    }
}

fn wrong(status: u16, code: &str, message: &str, reason: &str) -> Response {
    let body =
        json!({ "object": "error", "status": status, "code": code, "message": message, "request_id": "sandbox" });
    refuse(status, body, format!("notion: {reason}"))
}

fn invalid(message: &str) -> Response {
    wrong(400, "validation_error", message, message)
}

fn unknown(what: &str) -> Response {
    let message =
        format!("Could not find {what}. Make sure the relevant pages and databases are shared with your integration.");
    wrong(404, "object_not_found", &message, &format!("unknown {what}"))
}

fn list(results: Vec<Value>) -> Response {
    answer::json(200, json!({ "object": "list", "results": results, "next_cursor": null, "has_more": false }))
}

fn known(shelf: &mut Shelf, id: &str) -> bool {
    find(shelf.list("notion/pages", seed), "id", id).is_some()
}

fn bot(token: &Token) -> Value {
    let person = token.person;
    json!({ "object": "user", "id": format!("bot-{}", person.number), "name": "Aura", "type": "bot", "bot": {
        "owner": { "type": "user", "user": { "object": "user", "id": format!("user-{}", person.number), "name": person.name, "person": { "email": person.email } } },
        "workspace_name": "Northbeam" } })
}

fn seed() -> Vec<Value> {
    let mut trashed = page("33333333-0000-4000-8000-000000000009", "Old price list", &ago(300));
    trashed["in_trash"] = true.into();
    let pages = PAGES.iter().map(|(id, title, hours)| page(id, title, &ago(*hours)));
    pages.chain([trashed]).collect()
}

fn page(id: &str, title: &str, at: &str) -> Value {
    json!({
        "object": "page", "id": id, "created_time": ago(400), "last_edited_time": at, "in_trash": false,
        "url": format!("https://www.notion.so/{}", id.replace('-', "")),
        "parent": { "type": "workspace", "workspace": true },
        "properties": { "title": { "id": "title", "type": "title", "title": [rich(title)] } },
    })
}

fn rich(text: &str) -> Value {
    json!({ "type": "text", "text": { "content": text, "link": null }, "plain_text": text, "href": null })
}

fn blocks() -> Vec<Value> {
    let part = |kind: &str, text: &str| json!({ "type": kind, kind: { "rich_text": [{ "type": "text", "text": { "content": text } }] } });
    [
        part("heading_2", "What is next"),
        part("paragraph", "The berths are measured until Friday."),
        part("to_do", "Ask Jonas for the map"),
    ]
    .iter()
    .enumerate()
    .map(|(number, child)| block(child, &format!("seed-{number}")))
    .collect()
}

/// What is wrong with a block that is to be added.
fn objection(child: &Value) -> Option<&'static str> {
    let kind = child["type"].as_str().unwrap_or("paragraph");
    let texts = child[kind]["rich_text"].as_array();
    let Some(texts) = texts else { return Some("body.children[0].paragraph.rich_text should be defined") };
    let long = texts.iter().any(|text| text["text"]["content"].as_str().unwrap_or_default().chars().count() > 2_000);
    long.then_some("body.children[0].paragraph.rich_text[0].text.content.length should be ≤ 2000")
}

fn block(child: &Value, id: &str) -> Value {
    let kind = child["type"].as_str().unwrap_or("paragraph");
    let texts = child[kind]["rich_text"].as_array().cloned().unwrap_or_default();
    let texts: Vec<Value> =
        texts.iter().map(|text| rich(text["text"]["content"].as_str().unwrap_or_default())).collect();
    json!({ "object": "block", "id": format!("block-{id}"), "type": kind, kind: { "rich_text": texts }, "has_children": false, "last_edited_time": now() })
}

fn search(call: &Call, pages: &[Value]) -> Response {
    let body = call.json();
    let kind = body.pointer("/filter/value").and_then(Value::as_str).unwrap_or("page");
    if !["page", "data_source"].contains(&kind) {
        return invalid("body.filter.value should be `\"page\"` or `\"data_source\"`");
    }
    let query = word(&body, "/query").unwrap_or_default();
    let mut found: Vec<Value> = pages
        .iter()
        .filter(|page| kind == "page" && page["in_trash"] == false)
        .filter(|page| query.is_empty() || mentions(page, &["/properties/title/title/0/plain_text"], query))
        .cloned()
        .collect();
    found.sort_by(|one, other| other["last_edited_time"].as_str().cmp(&one["last_edited_time"].as_str()));
    list(found)
}

fn create(call: &Call, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(parent) = word(&body, "/parent/page_id") else { return invalid("body.parent should be defined") };
    if !known(shelf, parent) {
        return unknown("page");
    }
    let Some(title) = word(&body, "/properties/title/title/0/text/content") else {
        return invalid("body.properties.title should be defined");
    };
    let children = body["children"].as_array().cloned().unwrap_or_default();
    if let Some(message) = children.iter().find_map(objection) {
        return invalid(message);
    }
    let id = format!("33333333-0000-4000-8000-{:012}", shelf.number());
    let mut made = page(&id, title, &now());
    made["parent"] = json!({ "type": "page_id", "page_id": parent });
    let made_blocks: Vec<Value> = children.iter().map(|child| block(child, &shelf.number().to_string())).collect();
    shelf.list(&format!("notion/blocks/{id}"), || made_blocks);
    shelf.list("notion/pages", seed).push(made.clone());
    answer::json(200, made)
}

fn comments() -> Vec<Value> {
    vec![one_comment("seed", JONAS, "Is Friday still right?", &ago(9))]
}

fn one_comment(id: &str, by: Person, text: &str, at: &str) -> Value {
    json!({ "object": "comment", "id": format!("comment-{id}"), "created_time": at, "created_by": { "object": "user", "id": format!("user-{}", by.number) },
        "display_name": { "type": "user", "resolved_name": by.name }, "rich_text": [rich(text)] })
}

fn comment(call: &Call, by: Person, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(parent) = word(&body, "/parent/page_id") else { return invalid("body.parent should be defined") };
    if !known(shelf, parent) {
        return unknown("page");
    }
    let Some(text) = word(&body, "/rich_text/0/text/content") else {
        return invalid("body.rich_text should be defined");
    };
    let made = one_comment(&shelf.number().to_string(), by, text, &now());
    shelf.list(&format!("notion/comments/{parent}"), comments).push(made.clone());
    answer::json(200, made)
}
