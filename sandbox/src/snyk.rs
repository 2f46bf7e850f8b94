//! Snyk's REST API: one organization, its projects and issues.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, parts, refuse, size, slice};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Value, json};

const ORGANIZATION: &str = "0a0a0a0a-1111-4222-8333-444455556666";

/// Answers `api.snyk.io`, but for which app it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if let Err(reason) = opened(sandbox, call, "snyk") {
        return wrong(401, reason);
    }
    if call.q("version").is_none_or(|version| version.len() < 10) {
        return wrong(400, "version is required");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["rest", "orgs"]) => listed(
            call,
            &[
                json!({ "id": ORGANIZATION, "type": "org", "attributes": { "name": "Northbeam", "slug": "northbeam", "is_personal": false } }),
            ],
        ),
        ("GET", ["rest", "orgs", ORGANIZATION, "projects"]) => listed(
            call,
            &[
                json!({ "id": "p1", "type": "project", "attributes": { "name": "northbeam/harbor:Cargo.toml", "type": "cargo", "origin": "github", "status": "active", "created": ago(2_000) } }),
            ],
        ),
        ("GET", ["rest", "orgs", ORGANIZATION, "issues"]) => {
            let levels = call.q("effective_severity_level");
            let issue = |id: &str, title: &str, level: &str| json!({ "id": id, "type": "issue", "attributes": { "title": title, "key": id, "effective_severity_level": level, "type": "package_vulnerability", "status": "open", "ignored": false, "created_at": ago(70) } });
            let all = [issue("i1", "Denial of service in a parser", "high"), issue("i2", "Weak random numbers", "low")];
            let fits = |issue: &&Value| {
                levels.is_none_or(|levels| {
                    levels.split(',').any(|level| issue["attributes"]["effective_severity_level"] == level)
                })
            };
            let found: Vec<Value> = all.iter().filter(fits).cloned().collect();
            listed(call, &found)
        }
        _ => wrong(404, "not found"),
    }
}

fn wrong(status: u16, detail: &str) -> Response {
    let body = json!({ "jsonapi": { "version": "1.0" }, "errors": [{ "id": "a", "status": status.to_string(), "detail": detail }] });
    refuse(status, body, format!("snyk: {detail}"))
}

/// A page, with the path of the next where there is one.
fn listed(call: &Call, all: &[Value]) -> Response {
    let Some(size) = size(call, "limit", 10, 100) else { return wrong(400, "limit") };
    let skip = call.q("starting_after").and_then(|mark| mark.parse().ok()).unwrap_or(0);
    let (page, more) = slice(all, skip, size);
    let version = call.q("version").unwrap_or_default();
    let next = more.then(|| format!("{}?version={version}&limit={size}&starting_after={}", call.path, skip + size));
    answer::json(200, json!({ "jsonapi": { "version": "1.0" }, "data": page, "links": { "next": next } }))
}
