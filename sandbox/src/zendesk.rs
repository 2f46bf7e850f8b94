//! Zendesk's ticketing API of one company.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, mentions, now, parts, refuse, word};
use crate::oauth::grants::Token;
use crate::people::{EVERYBODY, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

const STATES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];

/// Answers `{subdomain}.zendesk.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["zendesk"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => {
            let body = json!({ "error": "invalid_token", "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons." });
            return refuse(401, body, format!("zendesk: {}", denied.reason()));
        }
    };
    let path = call.path.trim_end_matches(".json").to_owned();
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end_matches(".json")).collect();
    let ["api", "v2", rest @ ..] = parts.as_slice() else { return unknown() };
    let method = call.method.as_str();
    let needed: &[&str] = match (method, rest) {
        ("GET", ["users", ..]) => &["users:read", "read"],
        ("GET", _) => &["tickets:read", "read"],
        _ => &["tickets:write", "write"],
    };
    if !has(&token, needed) {
        let body = json!({ "error": "Forbidden", "description": "Missing the following required scopes: ".to_owned() + needed[0] });
        return refuse(403, body, format!("zendesk: {path} needs {}", needed[0]));
    }
    let mut shelf = sandbox.shelf();
    match (method, rest) {
        ("GET", ["users", "me"]) => answer::json(200, json!({ "user": user(token.person) })),
        ("GET", ["users", "search"]) => {
            let query = call.q("query").unwrap_or_default();
            let found: Vec<Value> =
                people().into_iter().filter(|person| mentions(person, &["/name", "/email"], query)).collect();
            answer::json(200, json!({ "users": found, "count": found.len(), "next_page": null }))
        }
        ("GET", ["search"]) => search(call, &token, shelf.list("zendesk/tickets", seed)),
        ("POST", ["tickets"]) => create(call, &token, &mut shelf),
        (_, ["tickets", id, ..]) if find(shelf.list("zendesk/tickets", seed), "id", id).is_none() => unknown(),
        ("GET", ["tickets", id]) => match find(shelf.list("zendesk/tickets", seed), "id", id) {
            Some(ticket) => answer::json(200, json!({ "ticket": ticket })),
            None => unknown(),
        },
        ("GET", ["tickets", id, "comments"]) => {
            let comments = shelf.list(&format!("zendesk/comments/{id}"), comments);
            answer::json(
                200,
                json!({ "comments": comments, "users": people(), "count": comments.len(), "next_page": null }),
            )
        }
        ("PUT", ["tickets", id]) => change(call, &token, id, &mut shelf),
        _ => unknown(),
    }
}

fn unknown() -> Response {
    refuse(404, json!({ "error": "RecordNotFound", "description": "Not found" }), "zendesk: unknown ticket or address")
}

fn invalid(field: &str, words: &str) -> Response {
    let body = json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": { field: [{ "description": words }] } });
    refuse(422, body, format!("zendesk: {words}"))
}

fn user(person: Person) -> Value {
    json!({ "id": person.number, "name": person.name, "email": person.email, "role": "agent", "active": true, "updated_at": ago(50) })
}

fn people() -> Vec<Value> {
    let mut all: Vec<Value> = EVERYBODY.map(user).to_vec();
    all.push(json!({ "id": 7_001, "name": "Ines Duarte", "email": "ines@quayside.example", "role": "end-user", "active": true, "updated_at": ago(70) }));
    all
}

fn ticket(id: u64, subject: &str, status: &str, priority: &str) -> Value {
    json!({ "id": id, "subject": subject, "raw_subject": subject, "description": subject, "status": status, "priority": priority,
        "requester_id": 7_001, "assignee_id": MIRA.number, "created_at": ago(60), "updated_at": ago(6), "tags": [], "result_type": "ticket" })
}

fn seed() -> Vec<Value> {
    vec![
        ticket(2_301, "Refund for a cancelled berth", "open", "high"),
        ticket(2_300, "The gate code does not work", "new", "urgent"),
        ticket(2_298, "Invoice to another address", "pending", "normal"),
        ticket(2_290, "How do I change my boat?", "solved", "low"),
    ]
}

fn comments() -> Vec<Value> {
    vec![comment(1, 7_001, "Hello, can you help me with this?", true, &ago(60))]
}

fn comment(id: u64, by: u32, text: &str, public: bool, at: &str) -> Value {
    json!({ "id": id, "type": "Comment", "author_id": by, "body": text, "plain_body": text, "public": public, "created_at": at })
}

/// The parts of the search language that are asked here.
fn search(call: &Call, token: &Token, tickets: &[Value]) -> Response {
    let Some(query) = call.q("query").filter(|query| !query.trim().is_empty()) else {
        return refuse(
            400,
            json!({ "error": "invalid", "description": "Invalid search: query is missing" }),
            "zendesk: no query",
        );
    };
    let found: Vec<&Value> = tickets
        .iter()
        .filter(|ticket| {
            query.split_whitespace().all(|word| match word {
                "type:ticket" => true,
                "assignee:me" => ticket["assignee_id"] == token.person.number,
                "status<solved" => !["solved", "closed"].iter().any(|state| ticket["status"] == *state),
                word => mentions(ticket, &["/subject", "/description"], word.trim_matches('"')),
            })
        })
        .collect();
    answer::json(200, json!({ "results": found, "count": found.len(), "next_page": null, "previous_page": null }))
}

fn create(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(text) = word(&body, "/ticket/comment/body") else {
        return invalid("description", "Description: cannot be blank");
    };
    let id = 2_302 + u64::try_from(shelf.list("zendesk/tickets", seed).len().saturating_sub(4)).unwrap_or(0);
    let mut made = ticket(
        id,
        word(&body, "/ticket/subject").unwrap_or(text),
        "new",
        word(&body, "/ticket/priority").unwrap_or("normal"),
    );
    made["description"] = text.into();
    made["requester_id"] = token.person.number.into();
    made["updated_at"] = now().into();
    shelf.list("zendesk/tickets", seed).insert(0, made.clone());
    let first = comment(1, token.person.number, text, true, &now());
    shelf.list(&format!("zendesk/comments/{id}"), || vec![first]);
    answer::json(201, json!({ "ticket": made }))
}

fn change(call: &Call, token: &Token, id: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let status = word(&body, "/ticket/status");
    if status.is_some_and(|status| !STATES.contains(&status)) {
        return invalid("status", "Status: is not properly formatted");
    }
    if let Some(text) = word(&body, "/ticket/comment/body") {
        let public = body.pointer("/ticket/comment/public").and_then(Value::as_bool).unwrap_or(true);
        let made = comment(shelf.number(), token.person.number, text, public, &now());
        shelf.list(&format!("zendesk/comments/{id}"), comments).push(made);
    }
    let Some(ticket) = find_mut(shelf.list("zendesk/tickets", seed), "id", id) else { return unknown() };
    if ticket["status"] == "closed" {
        return invalid("status", "Status: closed prevents ticket update");
    }
    for field in ["status", "priority", "subject", "assignee_id"] {
        if !body["ticket"][field].is_null() {
            ticket[field] = body["ticket"][field].clone();
        }
    }
    ticket["updated_at"] = now().into();
    answer::json(200, json!({ "ticket": ticket }))
}
