//! Calendly: meetings that were booked, what can be booked, and who comes.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, size, slice};
use crate::log;
use crate::oauth::grants::Token;
use crate::shelf::{Shelf, find_mut};
use axum::response::Response;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const BASE: &str = "https://api.calendly.com";

/// Answers `api.calendly.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let scope = match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["scheduled_events"] | ["scheduled_events", _, "invitees"]) => "scheduled_events:read",
        ("GET", ["event_types"]) => "event_types:read",
        ("POST", ["scheduled_events", _, "cancellation"]) => "scheduled_events:write",
        _ => return app::nobody(call),
    };
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["calendly"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "Unauthenticated", denied.reason()),
    };
    if !has(&token, &[scope]) {
        return wrong(403, "Permission Denied", &format!("the scope {scope} is missing"));
    }
    let mut shelf = sandbox.shelf();
    match parts.as_slice() {
        ["scheduled_events"] => meetings(call, &token, &mut shelf),
        ["event_types"] if call.q("user") != Some(&user(&token)) => {
            wrong(400, "Invalid Argument", "user or organization is required")
        }
        ["event_types"] => collection(
            call,
            &[
                json!({ "uri": format!("{BASE}/event_types/T1"), "name": "30 minutes", "duration": 30, "active": true, "scheduling_url": "https://calendly.com/mira-okafor/30min" }),
            ],
        ),
        ["scheduled_events", id, "invitees"] => match find_mut(events(&mut shelf), "uri", &uri(id)) {
            Some(_) => collection(
                call,
                &[
                    json!({ "name": "Ada Brook", "email": "ada.brook@tideway.example", "status": "active", "created_at": ago(40) }),
                ],
            ),
            None => wrong(404, "Resource Not Found", "unknown meeting"),
        },
        ["scheduled_events", id, _] => match find_mut(events(&mut shelf), "uri", &uri(id)) {
            Some(event) if event["status"] == "active" => {
                event["status"] = "canceled".into();
                let reason = call.json()["reason"].clone();
                answer::json(
                    201,
                    json!({ "resource": { "canceled_by": token.person.name, "reason": reason, "canceler_type": "host", "created_at": now() } }),
                )
            }
            Some(_) => wrong(403, "Permission Denied", "the meeting is canceled already"),
            None => wrong(404, "Resource Not Found", "unknown meeting"),
        },
        _ => app::nobody(call),
    }
}

fn wrong(status: u16, title: &str, reason: &str) -> Response {
    refuse(status, json!({ "title": title, "message": reason }), format!("calendly: {reason}"))
}

fn user(token: &Token) -> String {
    format!("{BASE}/users/U{}", token.person.number)
}

fn uri(id: &str) -> String {
    format!("{BASE}/scheduled_events/{id}")
}

fn events(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("calendly/events", || {
        let event = |number: u32, name: &str, hours: i64| {
            let start = log::now() + Duration::hours(hours);
            json!({ "uri": uri(&format!("b0c1d2e3-{number:04}")), "name": name, "status": "active",
                "start_time": log::rfc3339(start), "end_time": log::rfc3339(start + Duration::minutes(30)),
                "location": { "type": "google_conference", "join_url": "https://meet.example/abc" } })
        };
        vec![event(1, "30 minutes with Ada Brook", 1), event(2, "30 minutes with Kofi Mensah", 400)]
    })
}

fn meetings(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    if call.q("user") != Some(&user(token)) {
        return wrong(403, "Permission Denied", "these are somebody else's meetings");
    }
    let bound = |name: &str| call.q(name).map(|text| OffsetDateTime::parse(text, &Rfc3339));
    let (from, to) = (bound("min_start_time"), bound("max_start_time"));
    if matches!(from, Some(Err(_))) || matches!(to, Some(Err(_))) {
        return wrong(400, "Invalid Argument", "a moment is no moment");
    }
    let inside = |event: &&Value| {
        let start = event["start_time"].as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let after = from.is_none_or(|from| from.is_ok_and(|from| start.is_some_and(|start| start >= from)));
        let before = to.is_none_or(|to| to.is_ok_and(|to| start.is_some_and(|start| start < to)));
        after && before && call.q("status").is_none_or(|status| event["status"] == status)
    };
    let all: Vec<Value> = events(shelf).iter().filter(inside).cloned().collect();
    collection(call, &all)
}

fn collection(call: &Call, all: &[Value]) -> Response {
    let Some(count) = size(call, "count", 20, 100) else {
        return wrong(400, "Invalid Argument", "count is between 1 and 100");
    };
    let skip = call.q("page_token").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (part, more) = slice(all, skip, count);
    let next = more.then(|| (skip + count).to_string());
    answer::json(200, json!({ "collection": part, "pagination": { "count": part.len(), "next_page_token": next } }))
}
