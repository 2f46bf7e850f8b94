//! An organization at Close: leads, opportunities, tasks and notes.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, day, now, parts, refuse, size, slice, word};
use crate::people::MIRA;
use crate::shelf::{Shelf, find, find_mut, merge};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.close.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    // An address without its last slash is another one.
    if !call.path.ends_with('/') {
        return app::nobody(call);
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v1", path @ ..] = parts.as_slice() else { return app::nobody(call) };
    if matches!(path, ["me"]) {
        return app::nobody(call);
    }
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["close"]);
    if let Err(denied) = checked {
        return wrong(401, denied.reason());
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", [kind @ ("lead" | "opportunity" | "task")] | ["activity", kind @ "note"]) => {
            list(call, kind, &mut shelf)
        }
        ("POST", [kind @ "task"] | ["activity", kind @ "note"]) => create(call, kind, &mut shelf),
        ("PUT", ["task", id]) => match find_mut(records(&mut shelf, "task"), "id", id) {
            Some(task) => {
                merge(task, &call.json());
                answer::json(200, task.clone())
            }
            None => wrong(404, "Not found"),
        },
        _ => wrong(404, "Not found"),
    }
}

fn wrong(status: u16, reason: &str) -> Response {
    refuse(status, json!({ "error": reason, "field-errors": {}, "errors": [] }), format!("close: {reason}"))
}

fn records<'a>(shelf: &'a mut Shelf, kind: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("close/{kind}"), || match kind {
        "lead" => vec![
            json!({ "id": "lead_tideway01", "display_name": "Tideway", "status_label": "Qualified", "date_updated": ago(5), "html_url": "https://app.close.com/lead/lead_tideway01/" }),
            json!({ "id": "lead_quaynine01", "display_name": "Quay Nine", "status_label": "Potential", "date_updated": ago(50), "html_url": "https://app.close.com/lead/lead_quaynine01/" }),
        ],
        "opportunity" => vec![json!({ "id": "oppo_seeded01", "lead_id": "lead_tideway01", "lead_name": "Tideway", "value_formatted": "€8,400", "status_label": "Active", "status_type": "active", "date_updated": ago(4) })],
        "note" => vec![json!({ "id": "acti_seeded01", "lead_id": "lead_tideway01", "note": "Met at the fair.", "user_name": MIRA.name, "date_created": ago(80) })],
        _ => vec![
            json!({ "id": "task_seeded01", "_type": "lead", "lead_id": "lead_tideway01", "lead_name": "Tideway", "text": "Call back", "date": day(0), "is_complete": false }),
            json!({ "id": "task_seeded02", "_type": "lead", "lead_id": "lead_quaynine01", "lead_name": "Quay Nine", "text": "Say hello", "date": day(-3), "is_complete": true }),
        ],
    })
}

fn list(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let Some(limit) = size(call, "_limit", 100, 200) else {
        return wrong(400, "The max _limit is 200.");
    };
    let skip = call.q("_skip").and_then(|text| text.parse().ok()).unwrap_or(0);
    let fits = |record: &&Value| {
        let is = |name: &str| call.q(name).is_none_or(|wanted| record[name] == wanted);
        let complete = call.q("is_complete").is_none_or(|wanted| record["is_complete"] == json!(wanted == "true"));
        is("status_type") && is("lead_id") && complete
    };
    let all: Vec<Value> = records(shelf, kind).iter().filter(fits).cloned().collect();
    let (data, more) = slice(&all, skip, limit);
    answer::json(200, json!({ "data": data, "has_more": more }))
}

fn create(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let lead = body["lead_id"].as_str().unwrap_or_default().to_owned();
    let Some(named) = find(records(shelf, "lead"), "id", &lead).map(|lead| lead["display_name"].clone()) else {
        return wrong(400, "This lead does not exist.");
    };
    if kind == "task" && !matches!(body["_type"].as_str(), Some("lead" | "outgoing_call")) {
        return wrong(400, "Only tasks of the types lead and outgoing_call can be created.");
    }
    if word(&body, if kind == "task" { "/text" } else { "/note" }).is_none() {
        return wrong(400, "A text is required.");
    }
    let prefix = if kind == "task" { "task" } else { "acti" };
    let mut record = json!({ "is_complete": false, "lead_name": named, "user_name": MIRA.name, "date_created": now() });
    merge(&mut record, &body);
    record["id"] = format!("{prefix}_made{}", shelf.number()).into();
    records(shelf, kind).push(record.clone());
    answer::json(200, record)
}
