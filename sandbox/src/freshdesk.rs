//! Freshdesk's helpdesk of one company: tickets, their messages, the people who ask.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, now, parts, refuse, size, slice, word};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `{subdomain}.freshdesk.com` to a key that it knows.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v2", path @ ..] = parts.as_slice() else { return unknown() };
    let mut shelf = sandbox.shelf();
    let body = call.json();
    match (call.method.as_str(), path) {
        ("GET", ["tickets"]) => {
            let mine = call.q("filter") == Some("new_and_my_open");
            let all: Vec<Value> =
                tickets(&mut shelf).iter().filter(|one| !mine || one["status"] == 2).cloned().collect();
            listed(call, &all)
        }
        ("GET", ["contacts"]) => {
            let ines = json!({ "id": 7001, "name": "Ines Duarte", "email": "ines@quayside.example", "phone": null, "job_title": "Skipper", "active": true });
            let asked = call.q("email").is_none_or(|email| ines["email"] == email);
            listed(call, if asked { std::slice::from_ref(&ines) } else { &[] })
        }
        (_, ["tickets", id, ..]) if find(tickets(&mut shelf), "id", id).is_none() => unknown(),
        ("GET", ["tickets", id]) => match find(tickets(&mut shelf), "id", id) {
            Some(ticket) => answer::json(200, ticket.clone()),
            None => unknown(),
        },
        ("PUT", ["tickets", id]) => {
            if body["status"].as_u64().is_some_and(|status| !(2..=5).contains(&status)) {
                return invalid("status", "It should be one of these values: '2,3,4,5'");
            }
            let Some(ticket) = find_mut(tickets(&mut shelf), "id", id) else { return unknown() };
            if !body["status"].is_null() {
                ticket["status"] = body["status"].clone();
            }
            answer::json(200, ticket.clone())
        }
        ("GET", ["tickets", id, "conversations"]) => listed(call, messages(&mut shelf, id)),
        ("POST", ["tickets", id, kind @ ("reply" | "notes")]) => {
            let Some(text) = word(&body, "/body") else { return invalid("body", "It should be a/an String") };
            let private = *kind == "notes" && body["private"] != false;
            let made = message(shelf.number(), text, private, &now());
            messages(&mut shelf, id).push(made.clone());
            answer::json(201, made)
        }
        _ => unknown(),
    }
}

/// Freshdesk's 404 has no body.
fn unknown() -> Response {
    refuse(404, Value::Null, "freshdesk: unknown ticket or address")
}

fn invalid(field: &str, message: &str) -> Response {
    let body = json!({ "description": "Validation failed", "errors": [{ "field": field, "message": message, "code": "invalid_value" }] });
    refuse(400, body, format!("freshdesk: {field}"))
}

fn tickets(shelf: &mut Shelf) -> &mut Vec<Value> {
    let ticket = |id: u32, subject: &str, status: u32| json!({ "id": id, "subject": subject, "status": status, "priority": 2, "requester_id": 7001, "created_at": ago(40), "updated_at": ago(4) });
    shelf.list("freshdesk/tickets", || {
        vec![
            ticket(4_301, "Refund for a cancelled berth", 2),
            ticket(4_302, "The gate code does not work", 2),
            ticket(4_290, "How do I change my boat?", 4),
        ]
    })
}

fn message(id: u64, text: &str, private: bool, at: &str) -> Value {
    json!({ "id": id, "body": format!("<div>{text}</div>"), "body_text": text, "private": private, "incoming": false, "user_id": 4101, "created_at": at,
        "support_email": "help@northbeam.example" })
}

fn messages<'a>(shelf: &'a mut Shelf, ticket: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("freshdesk/messages/{ticket}"), || {
        vec![message(61, "Could you tell us the berth?", false, &ago(10))]
    })
}

fn listed(call: &Call, all: &[Value]) -> Response {
    let page = call.q("page").map_or(Some(1), |text| text.parse::<usize>().ok()).filter(|page| *page > 0);
    let (Some(size), Some(page)) = (size(call, "per_page", 30, 100), page) else {
        return invalid("per_page", "It should be a Positive Integer less than or equal to 100");
    };
    answer::json(200, slice(all, (page - 1) * size, size).0.into())
}
