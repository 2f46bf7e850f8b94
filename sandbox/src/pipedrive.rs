//! A company at Pipedrive: deals, people and activities.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{day, mentions, now, parts, refuse, size, slice, word};
use crate::shelf::{Shelf, find, find_mut, merge};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `*.pipedrive.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v2", kind @ ("deals" | "persons" | "activities"), path @ ..] = parts.as_slice() else {
        return app::nobody(call);
    };
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["pipedrive"]);
    if let Err(denied) = checked {
        return wrong(401, "unauthorized access", denied.reason());
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", []) => list(call, kind, &mut shelf),
        ("GET", ["search"]) if *kind != "activities" => search(call, kind, &mut shelf),
        ("GET", [id]) => match find(records(&mut shelf, kind), "id", id) {
            Some(record) => answer::json(200, json!({ "success": true, "data": record })),
            None => wrong(404, "Entity not found", "unknown record"),
        },
        ("POST", []) => create(call, kind, &mut shelf),
        ("PATCH", [id]) => match find_mut(records(&mut shelf, kind), "id", id) {
            Some(record) => {
                merge(record, &call.json());
                record["update_time"] = now().into();
                answer::json(200, json!({ "success": true, "data": record }))
            }
            None => wrong(404, "Entity not found", "unknown record"),
        },
        _ => app::nobody(call),
    }
}

fn wrong(status: u16, error: &str, reason: &str) -> Response {
    let body = json!({ "success": false, "error": error, "error_info": reason, "data": null });
    refuse(status, body, format!("pipedrive: {reason}"))
}

fn records<'a>(shelf: &'a mut Shelf, kind: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("pipedrive/{kind}"), || match kind {
        "deals" => vec![
            json!({ "id": 71, "title": "Harbor 3", "value": 8_400, "currency": "EUR", "status": "open", "stage_id": 2, "update_time": now(), "expected_close_date": day(20), "person": { "name": "Ada Brook" } }),
            json!({ "id": 72, "title": "Old pier", "value": 900, "currency": "EUR", "status": "lost", "stage_id": 1, "update_time": now(), "person": { "name": "Kofi Mensah" } }),
        ],
        "persons" => vec![json!({ "id": 81, "name": "Ada Brook", "emails": ["ada.brook@tideway.example"], "phones": ["+44201234567"], "primary_email": "ada.brook@tideway.example", "organization": { "name": "Tideway" } })],
        _ => vec![
            json!({ "id": 91, "subject": "Prepare the review", "type": "task", "done": false, "due_date": day(1), "due_time": "", "deal_id": 71 }),
            json!({ "id": 92, "subject": "First call", "type": "call", "done": true, "due_date": day(-7), "deal_id": 71 }),
        ],
    })
}

fn list(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let Some(limit) = size(call, "limit", 100, 500) else {
        return wrong(400, "Bad request", "limit is at most 500");
    };
    let known = ["id", "update_time", "add_time", "due_date"];
    if call.q("sort_by").is_some_and(|name| !known.contains(&name)) {
        return wrong(400, "Bad request", "this field cannot be sorted by");
    }
    let fits = |record: &&Value| {
        call.q("status").is_none_or(|status| record["status"] == status)
            && call.q("done").is_none_or(|done| record["done"] == json!(done == "true"))
    };
    let all: Vec<Value> = records(shelf, kind).iter().filter(fits).cloned().collect();
    let skip = call.q("cursor").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (data, more) = slice(&all, skip, limit);
    let next = more.then(|| (skip + limit).to_string());
    answer::json(200, json!({ "success": true, "data": data, "additional_data": { "next_cursor": next } }))
}

fn search(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let Some(term) = call.q("term").filter(|term| term.chars().count() > 1) else {
        return wrong(400, "Bad request", "the term has at least two letters");
    };
    let found =
        records(shelf, kind).iter().filter(|record| mentions(record, &["/title", "/name", "/primary_email"], term));
    let items: Vec<Value> = found.map(|record| json!({ "result_score": 0.5, "item": record })).collect();
    answer::json(
        200,
        json!({ "success": true, "data": { "items": items }, "additional_data": { "next_cursor": null } }),
    )
}

fn create(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let needed = match kind {
        "deals" => "/title",
        "persons" => "/name",
        _ => "/subject",
    };
    if word(&body, needed).is_none() {
        return wrong(400, "Bad request", &format!("{} is missing", needed.trim_start_matches('/')));
    }
    let deal = body["deal_id"].as_u64().map(|id| id.to_string());
    if deal.is_some_and(|id| crate::shelf::find(records(shelf, "deals"), "id", &id).is_none()) {
        return wrong(400, "Bad request", "there is no such deal");
    }
    let mut record = json!({ "done": false, "status": "open", "update_time": now() });
    merge(&mut record, &body);
    record["id"] = shelf.number().into();
    if let Some(address) = body.pointer("/emails/0/value").cloned() {
        record["primary_email"] = address;
    }
    records(shelf, kind).push(record.clone());
    answer::json(201, json!({ "success": true, "data": record }))
}
