//! A workspace at Intercom: conversations, contacts and teammates.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{mentions, parts, refuse, slice, word};
use crate::log;
use crate::oauth::grants::Token;
use crate::people::{EVERYBODY, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.intercom.io`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["intercom"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "unauthorized", denied.reason()),
    };
    if call.header("intercom-version").is_none() {
        return wrong(400, "intercom_version_invalid", "the version is missing");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["me"]) => {
            let mut me = admin(token.person);
            me["app"] = json!({ "type": "app", "id_code": "northbeam1", "name": "Northbeam", "region": "EU" });
            answer::json(200, me)
        }
        ("GET", ["admins"]) => answer::json(200, json!({ "type": "admin.list", "admins": EVERYBODY.map(admin) })),
        ("GET", ["conversations"]) => {
            let all = conversations(&mut shelf).clone();
            page(&all, "conversations", call.q("per_page"), call.q("starting_after"))
        }
        ("POST", ["conversations", "search"]) => search(call, conversations(&mut shelf), "conversations"),
        ("POST", ["contacts", "search"]) => search(call, contacts(&mut shelf), "data"),
        ("GET", ["conversations", id]) => match find(conversations(&mut shelf), "id", id) {
            Some(found) => answer::json(200, found.clone()),
            None => wrong(404, "not_found", "Conversation not found"),
        },
        ("POST", ["conversations", id, what @ ("reply" | "parts")]) => add(call, &token, id, what, &mut shelf),
        _ => app::nobody(call),
    }
}

fn wrong(status: u16, code: &str, reason: &str) -> Response {
    let body = json!({ "type": "error.list", "request_id": "r1", "errors": [{ "code": code, "message": reason }] });
    refuse(status, body, format!("intercom: {reason}"))
}

fn admin(person: Person) -> Value {
    json!({ "type": "admin", "id": person.number.to_string(), "name": person.name, "email": person.email })
}

fn part(id: u64, by: &Value, text: &str) -> Value {
    json!({ "type": "conversation_part", "id": id.to_string(), "part_type": "comment", "body": text,
        "created_at": log::now().unix_timestamp() - 600, "author": by })
}

fn conversations(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("intercom/conversations", || {
        let ada = json!({ "type": "user", "id": "5501", "name": "Ada Brook", "email": "ada.brook@tideway.example" });
        let conversation = |id: &str, title: &str, state: &str| {
            json!({ "type": "conversation", "id": id, "title": title, "state": state, "open": state == "open",
                "created_at": log::now().unix_timestamp() - 7_200, "updated_at": log::now().unix_timestamp() - 600,
                "source": { "type": "conversation", "subject": "", "body": "The export hangs.", "author": ada },
                "conversation_parts": { "type": "conversation_part.list", "total_count": 1,
                    "conversation_parts": [part(1, &ada, "It stops at two gigabytes.")] } })
        };
        vec![conversation("6201", "Export hangs", "open"), conversation("6202", "An old question", "closed")]
    })
}

fn contacts(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("intercom/contacts", || {
        vec![json!({ "type": "contact", "id": "5501", "role": "user", "name": "Ada Brook", "email": "ada.brook@tideway.example", "last_seen_at": log::now().unix_timestamp() - 900 })]
    })
}

fn page(all: &[Value], name: &str, size: Option<&str>, after: Option<&str>) -> Response {
    let size = size.and_then(|text| text.parse().ok()).unwrap_or(20_usize).clamp(1, 150);
    let skip = after.and_then(|text| text.parse().ok()).unwrap_or(0);
    let (part, more) = slice(all, skip, size);
    let next = more.then(|| json!({ "per_page": size, "starting_after": (skip + size).to_string() }));
    let mut body = json!({ "type": "list", "total_count": all.len(), "pages": { "type": "pages", "next": next } });
    body[name] = part.into();
    answer::json(200, body)
}

fn search(call: &Call, all: &[Value], name: &str) -> Response {
    let body = call.json();
    let (Some(field), Some(value)) = (word(&body, "/query/field"), word(&body, "/query/value")) else {
        return wrong(400, "parameter_invalid", "a query has a field, an operator and a value");
    };
    let pointer = format!("/{field}");
    let fits = |entry: &&Value| match body["query"]["operator"].as_str() {
        Some("=") => entry[field] == value,
        Some("~") => mentions(entry, &[pointer.as_str()], value),
        _ => false,
    };
    let found: Vec<Value> = all.iter().filter(fits).cloned().collect();
    let size = body["pagination"]["per_page"].as_u64().map(|size| size.to_string());
    page(&found, name, size.as_deref(), body["pagination"]["starting_after"].as_str())
}

fn add(call: &Call, token: &Token, id: &str, what: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let typed = body["type"] == "admin" || body["message_type"] == "open";
    if body["admin_id"].as_str() != Some(&token.person.number.to_string()) || !typed {
        return wrong(400, "parameter_invalid", "the admin is not who is signed in");
    }
    let becomes = match body["message_type"].as_str().filter(|_| what == "parts") {
        Some("close") => Some("closed"),
        Some("open") => Some("open"),
        _ => None,
    };
    if becomes.is_none() && (what == "parts" || !matches!(body["message_type"].as_str(), Some("comment" | "note"))) {
        return wrong(400, "parameter_invalid", "this kind of message is not taken here");
    }
    if becomes.is_none() && word(&body, "/body").is_none() {
        return wrong(400, "parameter_not_found", "body is missing");
    }
    let made = part(shelf.number(), &admin(token.person), body["body"].as_str().unwrap_or_default());
    let Some(conversation) = find_mut(conversations(shelf), "id", id) else {
        return wrong(404, "not_found", "Conversation not found");
    };
    if let Some(state) = becomes {
        conversation["state"] = state.into();
        conversation["open"] = (state == "open").into();
    } else if let Some(parts) = conversation["conversation_parts"]["conversation_parts"].as_array_mut() {
        parts.push(made);
    }
    answer::json(200, conversation.clone())
}
