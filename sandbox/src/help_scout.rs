//! Help Scout's inbox: conversations, their threads, customers. Lists come in HAL.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, parts, refuse, word};
use crate::halls::opened;
use crate::shelf::find;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Answers `api.helpscout.net`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "help-scout") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "invalid_token", reason),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["v2", path @ ..] = parts.as_slice() else { return wrong(404, "Not Found", "no such address") };
    let words = call.q("query").map(|query| query.trim_matches(['(', ')', '"']).to_owned()).unwrap_or_default();
    let known = |id: &str| find(&conversations(), "id", id).is_some();
    match (call.method.as_str(), path) {
        ("GET", ["conversations"]) => {
            let status = call.q("status").unwrap_or("active");
            if !["active", "all", "closed", "open", "pending", "spam"].contains(&status) {
                return wrong(400, "Bad request", "unknown status");
            }
            let fits = |one: &Value| {
                (status == "all" || one["status"] == status) && mentions(one, &["/subject", "/preview"], &words)
            };
            let found: Vec<Value> = conversations().into_iter().filter(fits).collect();
            listed(call, "conversations", &found)
        }
        ("GET", ["customers"]) => {
            let ines = json!({ "id": 7001, "firstName": "Ines", "lastName": "Duarte", "organization": "Quayside", "jobTitle": "Skipper" });
            let found: Vec<Value> =
                Some(ines).into_iter().filter(|one| mentions(one, &["/firstName", "/lastName"], &words)).collect();
            listed(call, "customers", &found)
        }
        (method @ ("GET" | "POST"), ["conversations", id, what @ ("threads" | "notes")]) if known(id) => {
            let mut shelf = sandbox.shelf();
            let threads = shelf.list(&format!("help-scout/threads/{id}"), || {
                vec![thread(81, "customer", "I have paid twice.", "Ines", "Duarte", &ago(9))]
            });
            if (method, *what) == ("GET", "threads") {
                return listed(call, "threads", threads);
            }
            let body = call.json();
            let Some(text) = word(&body, "/text").filter(|_| (method, *what) == ("POST", "notes")) else {
                return wrong(400, "Validation error", "a note needs a text");
            };
            let (first, last) = token.person.name.split_once(' ').unwrap_or((token.person.name, ""));
            let made = thread(82 + threads.len(), "note", text, first, last, &now());
            let id = made["id"].to_string();
            threads.insert(0, made);
            // What was made is told in a header alone.
            let mut response = StatusCode::CREATED.into_response();
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().insert("resource-id", id);
            }
            response
        }
        _ => wrong(404, "Not Found", "no such address or conversation"),
    }
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    refuse(
        status,
        json!({ "logRef": "a#0", "message": message, "_embedded": { "errors": [] } }),
        format!("help-scout: {reason}"),
    )
}

fn thread(id: usize, kind: &str, body: &str, first: &str, last: &str, at: &str) -> Value {
    json!({ "id": id, "type": kind, "status": "active", "state": "published", "body": body, "createdBy": { "first": first, "last": last }, "createdAt": at })
}

fn conversations() -> Vec<Value> {
    let conversation = |id: u32, number: u32, subject: &str, status: &str| {
        json!({ "id": id, "number": number, "type": "email", "status": status, "subject": subject, "preview": "Hello, can you help me?", "createdAt": ago(30),
            "userUpdatedAt": ago(3), "primaryCustomer": { "id": 7001, "email": "ines@quayside.example" },
            "_links": { "web": { "href": format!("https://secure.helpscout.net/conversation/{id}/{number}") } } })
    };
    vec![
        conversation(551_001, 31, "Refund for a cancelled berth", "active"),
        conversation(551_002, 30, "Opening hours in May", "active"),
        conversation(550_900, 12, "Thank you", "closed"),
    ]
}

/// A page of 25 that says how many there are.
fn listed(call: &Call, name: &str, all: &[Value]) -> Response {
    let page = call.q("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1).max(1);
    let found: Vec<&Value> = all.iter().skip((page - 1) * 25).take(25).collect();
    let pages = all.len().div_ceil(25);
    answer::json(
        200,
        json!({ "_embedded": { name: found }, "page": { "size": 25, "totalElements": all.len(), "totalPages": pages, "number": page } }),
    )
}
