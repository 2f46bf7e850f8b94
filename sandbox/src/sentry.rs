//! Sentry's API of an organization: projects, issues, their events, releases.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, mentions, now, parts, refuse, word};
use crate::people::MIRA;
use crate::shelf::{find, find_mut};
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::{Value, json};

const ORGANIZATIONS: [(&str, &str, &str); 2] = [("4501", "northbeam", "Northbeam"), ("4502", "tideway", "Tideway")];

/// Answers `sentry.io`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["sentry"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => {
            return refuse(401, json!({ "detail": "Invalid token" }), format!("sentry: {}", denied.reason()));
        }
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "0", "organizations", path @ ..] = parts.as_slice() else { return unknown() };
    let method = call.method.as_str();
    let needed: &[&str] = match (method, path) {
        ("GET", [_, "issues", ..]) => &["event:read", "event:write", "event:admin"],
        (_, [_, "issues", ..]) => &["event:write", "event:admin"],
        (_, [_, "releases"]) => &["project:read", "project:write", "project:releases"],
        _ => &["org:read", "org:write"],
    };
    if !has(&token, needed) {
        let body = json!({ "detail": "You do not have permission to perform this action." });
        return refuse(403, body, format!("sentry: needs {}", needed[0]));
    }
    let [organization, path @ ..] = path else {
        return answer::json(200, ORGANIZATIONS.iter().map(described).collect());
    };
    let Some(found) = ORGANIZATIONS.iter().find(|(id, slug, _)| id == organization || slug == organization) else {
        return unknown();
    };
    let mut shelf = sandbox.shelf();
    let issues = shelf.list(&format!("sentry/issues/{}", found.0), seed);
    match (method, path) {
        ("GET", []) => answer::json(200, described(found)),
        ("GET", ["projects"]) => {
            answer::json(200, json!([project(21, "booking", "python"), project(22, "website", "javascript")]))
        }
        ("GET", ["releases"]) => {
            answer::json(200, json!([release("booking@3.2.0", 30), release("booking@3.1.4", 200)]))
        }
        ("GET", ["issues"]) => listed(call, issues),
        (_, ["issues", id, ..]) if find(issues, "id", id).is_none() => unknown(),
        ("GET", ["issues", id]) => match find(issues, "id", id) {
            Some(issue) => answer::json(200, issue.clone()),
            None => unknown(),
        },
        ("GET", ["issues", id, "events"]) => answer::json(200, json!([event(id, 2), event(id, 5)])),
        ("PUT", ["issues", id]) => match find_mut(issues, "id", id) {
            Some(issue) => change(&call.json(), issue),
            None => unknown(),
        },
        _ => unknown(),
    }
}

fn unknown() -> Response {
    refuse(404, json!({ "detail": "The requested resource does not exist" }), "sentry: unknown issue or address")
}

fn described((id, slug, name): &(&str, &str, &str)) -> Value {
    json!({ "id": id, "slug": slug, "name": name, "status": { "id": "active", "name": "active" }, "dateCreated": ago(9_000),
        "links": { "organizationUrl": format!("https://{slug}.sentry.io"), "regionUrl": "https://us.sentry.io" } })
}

fn project(id: u32, slug: &str, platform: &str) -> Value {
    json!({ "id": id.to_string(), "slug": slug, "name": slug, "platform": platform, "dateCreated": ago(8_000), "isMember": true })
}

fn release(version: &str, hours: i64) -> Value {
    json!({ "id": hours, "version": version, "shortVersion": version, "status": "open", "dateCreated": ago(hours), "dateReleased": ago(hours - 1),
        "newGroups": 2, "projects": [{ "id": 21, "slug": "booking", "name": "booking" }] })
}

fn issue(id: u32, short: &str, title: &str, status: &str, level: &str, count: u32) -> Value {
    json!({ "id": id.to_string(), "shortId": short, "title": title, "culprit": "booking.views in reserve", "level": level, "status": status, "statusDetails": {},
        "count": count.to_string(), "userCount": count / 3, "firstSeen": ago(70), "lastSeen": ago(1), "project": project(21, "booking", "python"),
        "permalink": format!("https://northbeam.sentry.io/issues/{id}/"), "assignedTo": null, "priority": "high", "isPublic": false })
}

fn seed() -> Vec<Value> {
    vec![
        issue(7_101, "BOOKING-4A", "KeyError: 'berth'", "unresolved", "error", 214),
        issue(7_100, "BOOKING-49", "TimeoutError: the price service did not answer", "unresolved", "error", 36),
        issue(7_090, "BOOKING-3Z", "ValueError: month must be in 1..12", "resolved", "error", 9),
    ]
}

fn event(issue: &str, hours: i64) -> Value {
    json!({ "id": format!("ev{issue}{hours}"), "eventID": format!("ev{issue}{hours}"), "groupID": issue, "title": "KeyError: 'berth'", "message": "'berth'",
        "culprit": "booking.views in reserve", "location": "booking/views.py", "dateCreated": ago(hours), "platform": "python",
        "user": { "email": "ines@quayside.example" }, "tags": [{ "key": "release", "value": "booking@3.2.0" }], "event.type": "error" })
}

/// `is:…` and words; an empty query means everything.
fn listed(call: &Call, issues: &[Value]) -> Response {
    let query = call.q("query").unwrap_or("is:unresolved");
    let sort = call.q("sort").unwrap_or("date");
    if !["date", "freq", "inbox", "new", "recommended", "trends", "user"].contains(&sort) {
        return refuse(400, json!({ "detail": "Invalid sort" }), "sentry: unknown sort");
    }
    let found: Vec<&Value> = issues
        .iter()
        .filter(|issue| {
            query.split_whitespace().all(|word| match word.split_once(':') {
                Some(("is", state)) => issue["status"] == state,
                Some(("level", level)) => issue["level"] == level,
                Some(_) => true,
                None => mentions(issue, &["/title", "/culprit"], word),
            })
        })
        .collect();
    let mut response = answer::json(200, json!(found));
    let next = "<https://sentry.io/api/0/organizations/northbeam/issues/?cursor=0:100:0>; rel=\"next\"; results=\"false\"; cursor=\"0:100:0\"";
    response.headers_mut().insert("link", HeaderValue::from_static(next));
    response
}

fn change(body: &Value, issue: &mut Value) -> Response {
    if let Some(status) = word(body, "/status") {
        if !["resolved", "unresolved", "ignored", "resolvedInNextRelease"].contains(&status) {
            return refuse(400, json!({ "status": ["Invalid choice"] }), "sentry: unknown status");
        }
        issue["status"] = status.into();
    }
    if let Some(who) = body["assignedTo"].as_str() {
        let known = who == MIRA.email || who.is_empty();
        if !known {
            return refuse(400, json!({ "assignedTo": ["Unknown actor input"] }), "sentry: unknown assignee");
        }
        issue["assignedTo"] =
            if who.is_empty() { Value::Null } else { json!({ "type": "user", "name": MIRA.name, "email": who }) };
    }
    issue["lastChanged"] = now().into();
    answer::json(200, issue.clone())
}
