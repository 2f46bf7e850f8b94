//! PagerDuty's REST API: incidents, their notes, services, who is on call.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, size, slice, word};
use crate::oauth::grants::Token;
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

const STATES: [&str; 3] = ["triggered", "acknowledged", "resolved"];
const SERVICES: [(&str, &str); 2] = [("PSVC001", "Booking"), ("PSVC002", "Payments")];

/// Answers `api.pagerduty.com` and `api.eu.pagerduty.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["pagerduty"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, 2006, "Unauthorized", denied.reason()),
    };
    let method = call.method.as_str();
    let needed: &[&str] = if method == "GET" { &["read", "write"] } else { &["write"] };
    if !has(&token, needed) {
        return wrong(403, 2010, "Access Denied", "needs another scope");
    }
    // Whoever changes an incident says in whose name.
    if method != "GET" && !call.header("from").is_some_and(|from| EVERYBODY.iter().any(|person| person.email == from)) {
        return wrong(400, 2001, "Requester User Not Found", "no known user in the header From");
    }
    let parts = parts(call);
    let path: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (method, path.as_slice()) {
        ("GET", ["users", "me"]) => answer::json(200, json!({ "user": user(token.person) })),
        ("GET", ["services"]) => listed(call, "services", &SERVICES.map(|(id, name)| service(id, name))),
        ("GET", ["oncalls"]) => listed(call, "oncalls", &oncalls()),
        ("GET", ["incidents"]) => {
            let states: Vec<&str> =
                call.query.iter().filter(|(name, _)| name == "statuses[]").map(|(_, value)| value.as_str()).collect();
            if states.iter().any(|state| !STATES.contains(state)) {
                return wrong(400, 2001, "Invalid Input Provided", "unknown status");
            }
            let all: Vec<Value> = shelf
                .list("pagerduty/incidents", seed)
                .iter()
                .filter(|incident| states.is_empty() || states.iter().any(|state| incident["status"] == *state))
                .cloned()
                .collect();
            listed(call, "incidents", &all)
        }
        ("POST", ["incidents"]) => create(call, &mut shelf),
        (_, ["incidents", id, ..]) if find(shelf.list("pagerduty/incidents", seed), "id", id).is_none() => {
            wrong(404, 2100, "Incident Not Found", "unknown incident")
        }
        ("PUT", ["incidents", id]) => change(call, &token, id, &mut shelf),
        ("GET", ["incidents", id, "notes"]) => {
            answer::json(200, json!({ "notes": shelf.list(&format!("pagerduty/notes/{id}"), notes) }))
        }
        ("POST", ["incidents", id, "notes"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/note/content") else {
                return wrong(400, 2001, "Invalid Input Provided", "a note without content");
            };
            let made = note(&format!("PN{}", shelf.number()), token.person, text, &now());
            shelf.list(&format!("pagerduty/notes/{id}"), notes).push(made.clone());
            answer::json(200, json!({ "note": made }))
        }
        _ => wrong(404, 2100, "Not Found", "no such address"),
    }
}

fn wrong(status: u16, code: u16, message: &str, reason: &str) -> Response {
    refuse(
        status,
        json!({ "error": { "message": message, "code": code, "errors": [reason] } }),
        format!("pagerduty: {reason}"),
    )
}

fn listed(call: &Call, what: &str, all: &[Value]) -> Response {
    let Some(size) = size(call, "limit", 25, 100) else {
        return wrong(400, 2001, "Invalid Input Provided", "limit");
    };
    let skip = call.q("offset").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (page, more) = slice(all, skip, size);
    answer::json(200, json!({ what: page, "limit": size, "offset": skip, "total": null, "more": more }))
}

fn user(person: Person) -> Value {
    json!({ "id": format!("PU{}", person.number), "type": "user", "summary": person.name, "name": person.name, "email": person.email,
        "html_url": format!("https://northbeam.pagerduty.com/users/PU{}", person.number) })
}

fn service(id: &str, name: &str) -> Value {
    json!({ "id": id, "type": "service", "summary": name, "name": name, "description": format!("{name} of the harbour"),
        "status": if id == "PSVC001" { "critical" } else { "active" }, "html_url": format!("https://northbeam.pagerduty.com/services/{id}"), "last_incident_timestamp": ago(2) })
}

fn oncalls() -> Vec<Value> {
    let one = |person: Person, level: u8| {
        json!({ "user": user(person), "escalation_level": level, "start": ago(20), "end": ago(-28),
            "schedule": { "id": "PSCH01", "type": "schedule_reference", "summary": "Weekdays", "html_url": "https://northbeam.pagerduty.com/schedules/PSCH01" },
            "escalation_policy": { "id": "PESC01", "type": "escalation_policy_reference", "summary": "Everybody" } })
    };
    vec![one(MIRA, 1), one(JONAS, 2)]
}

fn incident(id: &str, number: u32, title: &str, status: &str, urgency: &str, place: usize) -> Value {
    let (service_id, name) = SERVICES.get(place).copied().unwrap_or(SERVICES[0]);
    json!({ "id": id, "type": "incident", "incident_number": number, "title": title, "summary": format!("[#{number}] {title}"), "status": status,
        "urgency": urgency, "created_at": ago(3), "updated_at": ago(1), "service": { "id": service_id, "type": "service_reference", "summary": name },
        "html_url": format!("https://northbeam.pagerduty.com/incidents/{id}"), "assignments": [{ "at": ago(3), "assignee": user(MIRA) }] })
}

fn seed() -> Vec<Value> {
    vec![
        incident("PINC001", 811, "Bookings answer slowly", "triggered", "high", 0),
        incident("PINC002", 810, "A payment webhook is late", "acknowledged", "low", 1),
        incident("PINC003", 806, "The disk of the map server is full", "resolved", "high", 0),
    ]
}

fn notes() -> Vec<Value> {
    vec![note("PN1", JONAS, "It began with the release of noon.", &ago(2))]
}

fn note(id: &str, by: Person, text: &str, at: &str) -> Value {
    json!({ "id": id, "content": text, "user": user(by), "created_at": at, "channel": { "summary": "The PagerDuty website or APIs" } })
}

fn create(call: &Call, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(title) = word(&body, "/incident/title") else {
        return wrong(400, 2001, "Invalid Input Provided", "an incident without a title");
    };
    let wanted = word(&body, "/incident/service/id");
    let Some(place) = SERVICES.iter().position(|(id, _)| Some(*id) == wanted) else {
        return wrong(400, 2001, "Service Not Found", "unknown service");
    };
    let list = shelf.list("pagerduty/incidents", seed);
    let number = u32::try_from(list.len()).unwrap_or(0) + 809;
    let urgency = word(&body, "/incident/urgency").unwrap_or("high");
    let made = incident(&format!("PINC{number}"), number, title, "triggered", urgency, place);
    list.insert(0, made.clone());
    answer::json(201, json!({ "incident": made }))
}

fn change(call: &Call, token: &Token, id: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    if word(&body, "/incident/type").is_none_or(|kind| !kind.starts_with("incident")) {
        return wrong(400, 2001, "Invalid Input Provided", "incident.type is missing");
    }
    let Some(incident) = find_mut(shelf.list("pagerduty/incidents", seed), "id", id) else {
        return wrong(404, 2100, "Incident Not Found", "unknown incident");
    };
    if let Some(status) = word(&body, "/incident/status") {
        if !STATES.contains(&status) || incident["status"] == "resolved" {
            return wrong(400, 2001, "Incident Already Resolved", "a status that it cannot take");
        }
        incident["status"] = status.into();
        incident["last_status_change_by"] = user(token.person);
    }
    incident["updated_at"] = now().into();
    answer::json(200, json!({ "incident": incident }))
}
