//! Outreach: prospects, tasks and sequences, in the form of JSON:API.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, refuse};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.outreach.io`, but for whose account it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "outreach") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "unauthorized", reason),
    };
    let Some(kind) = call.path.strip_prefix("/api/v2/").filter(|_| call.method == "GET") else {
        return wrong(404, "resourceNotFound", "no such address");
    };
    if !has(&token, &[&format!("{kind}.read")]) {
        return wrong(403, "unauthorizedOauthScope", kind);
    }
    let data: Vec<Value> = match kind {
        "prospects" => vec![
            json!({ "type": "prospect", "id": 31, "attributes": { "name": "Ada Brook", "firstName": "Ada", "title": "Harbor master", "company": "Tideway", "emails": ["ada@tideway.example"], "updatedAt": ago(5) } }),
        ],
        "tasks" => {
            let task = |id: u32, note: &str, state: &str| json!({ "type": "task", "id": id, "attributes": { "action": "call", "note": note, "state": state, "dueAt": ago(-30), "taskType": "manual" } });
            let all = [task(41, "Ask for two sites", "incomplete"), task(42, "Say hello", "complete")];
            all.into_iter()
                .filter(|task| call.q("filter[state]").is_none_or(|state| task["attributes"]["state"] == state))
                .collect()
        }
        "sequences" => vec![
            json!({ "type": "sequence", "id": 51, "attributes": { "name": "New harbors", "numContactedProspects": 12, "numRepliedProspects": 4, "lastUsedAt": ago(60) } }),
        ],
        _ => return wrong(404, "resourceNotFound", "no such address"),
    };
    answer::json(200, json!({ "data": data, "links": {}, "meta": { "count": data.len() } }))
}

fn wrong(status: u16, id: &str, detail: &str) -> Response {
    refuse(status, json!({ "errors": [{ "id": id, "title": id, "detail": detail }] }), format!("outreach: {detail}"))
}
