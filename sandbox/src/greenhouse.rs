//! Greenhouse's Harvest API: candidates and jobs.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, has, refuse};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `harvest.greenhouse.io`, but for its users.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "greenhouse") {
        Ok(token) => token,
        Err(reason) => return wrong(401, reason),
    };
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v3/candidates") if !has(&token, &["harvest:candidates:list"]) => {
            wrong(403, "harvest:candidates:list")
        }
        ("GET", "/v3/candidates") => answer::json(200, Value::Array(candidates())),
        ("GET", "/v3/jobs") if !has(&token, &["harvest:jobs:list"]) => wrong(403, "harvest:jobs:list"),
        ("GET", "/v3/jobs") => answer::json(200, Value::Array(jobs(call.q("status")))),
        _ => app::nobody(call),
    }
}

fn wrong(status: u16, reason: &str) -> Response {
    refuse(status, json!({ "errors": [{ "message": reason }] }), format!("greenhouse: {reason}"))
}

fn candidates() -> Vec<Value> {
    let candidate = |id: u32, first: &str, last: &str, title: &str, company: &str, hours: i64| {
        json!({ "id": id, "first_name": first, "last_name": last, "title": title, "company": company,
            "is_private": false, "created_at": ago(hours + 90), "updated_at": ago(hours), "last_activity_at": ago(hours) })
    };
    vec![
        candidate(71_002, "Ines", "Falk", "Dock engineer", "Quay Nine", 3),
        candidate(71_001, "Tomas", "Reyes", "Product designer", "Tideway", 40),
    ]
}

fn jobs(status: Option<&str>) -> Vec<Value> {
    let job = |id: u32, name: &str, status: &str, hours: i64| json!({ "id": id, "name": name, "status": status, "opened_at": ago(hours), "created_at": ago(hours + 2) });
    let mut jobs = vec![job(8_101, "Dock engineer", "open", 200), job(8_102, "Lamp keeper", "closed", 900)];
    jobs.retain(|job| status.is_none_or(|status| job["status"] == status));
    jobs
}
