//! Gong: one company's calls and people.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, refuse};
use crate::halls::opened;
use axum::response::Response;
use serde_json::json;

/// Answers `{company}.api.gong.io`, but for which company it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "gong") {
        Ok(token) => token,
        Err(reason) => return wrong(401, reason),
    };
    if call.host != "company-17.api.gong.io" {
        return wrong(403, "a customer's token is for that customer's host");
    }
    let records = |count: u32| json!({ "totalRecords": count, "currentPageSize": count, "currentPageNumber": 0 });
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v2/calls") => {
            if !has(&token, &["api:calls:read:basic"]) {
                return wrong(403, "needs api:calls:read:basic");
            }
            let (Some(_), Some(_)) = (call.q("fromDateTime"), call.q("toDateTime")) else {
                return wrong(400, "fromDateTime and toDateTime are required");
            };
            let held = json!({ "id": "7782342274025937895", "title": "Tideway: two sites", "url": "https://app.gong.io/call?id=7782342274025937895", "started": ago(26), "duration": 1_860, "direction": "Conference", "scope": "External" });
            answer::json(200, json!({ "requestId": "r", "records": records(1), "calls": [held] }))
        }
        ("GET", "/v2/users") => {
            if !has(&token, &["api:users:read"]) {
                return wrong(403, "needs api:users:read");
            }
            let user = |id: &str, first: &str, last: &str| json!({ "id": id, "firstName": first, "lastName": last, "title": "Sales", "emailAddress": format!("{}@northbeam.example", first.to_lowercase()) });
            answer::json(
                200,
                json!({ "requestId": "r", "records": records(2), "users": [user("11", "Mira", "Okafor"), user("12", "Jonas", "Weil")] }),
            )
        }
        _ => wrong(404, "no such address"),
    }
}

fn wrong(status: u16, reason: &str) -> Response {
    refuse(status, json!({ "requestId": "r", "errors": [reason] }), format!("gong: {reason}"))
}
