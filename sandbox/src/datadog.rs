//! Datadog's API on each of its sites, with one good pair of keys: monitors, events, dashboards.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, parts, refuse, word};
use crate::log;
use crate::people::MIRA;
use crate::shelf::{find, find_mut, take};
use axum::response::Response;
use serde_json::{Value, json};
use time::Duration;

const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const APPLICATION_KEY: &str = "sandbox-application-key";

/// Whether a host is one of Datadog's sites.
pub fn is_host(host: &str) -> bool {
    host.strip_prefix("api.").is_some_and(|site| {
        ["datadoghq.com", "datadoghq.eu", "ddog-gov.com"]
            .iter()
            .any(|domain| site == *domain || site.ends_with(&format!(".{domain}")))
    })
}

/// Answers `api.datadoghq.com` and its like.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if call.header("dd-api-key") != Some(API_KEY) || call.header("dd-application-key") != Some(APPLICATION_KEY) {
        return wrong(403, "Forbidden");
    }
    let parts = parts(call);
    let path: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["api", "v2", "current_user"]) => answer::json(
            200,
            json!({ "data": { "type": "users", "id": "77777777-0000-4000-8000-000000000001", "attributes": { "name": MIRA.name, "email": MIRA.email, "handle": MIRA.email } } }),
        ),
        ("GET", ["api", "v1", "monitor"]) => {
            let name = call.q("name").map(str::to_lowercase);
            let all = shelf.list("datadog/monitors", seed).iter().filter(|monitor| {
                let found = monitor["name"].as_str().unwrap_or_default().to_lowercase();
                name.as_ref().is_none_or(|name| found.contains(name))
            });
            answer::json(200, all.cloned().collect())
        }
        ("GET", ["api", "v1", "dashboard"]) => answer::json(
            200,
            json!({ "dashboards": [{ "id": "abc-def-ghi", "title": "Bookings", "description": "How many, how fast", "layout_type": "ordered",
                "url": "/dashboard/abc-def-ghi/bookings", "author_handle": MIRA.email, "created_at": ago(4_000), "modified_at": ago(60) }] }),
        ),
        ("GET", ["api", "v1", "events"]) => {
            let span = |name: &str| call.q(name).and_then(|text| text.parse::<i64>().ok());
            let (Some(start), Some(end)) = (span("start"), span("end")) else {
                return wrong(400, "The parameters start and end are required");
            };
            let all = shelf
                .list("datadog/events", events)
                .iter()
                .filter(|event| event["date_happened"].as_i64().is_some_and(|at| at >= start && at <= end));
            answer::json(200, json!({ "events": all.cloned().collect::<Vec<_>>() }))
        }
        ("POST", ["api", "v1", "events"]) => {
            let body = call.json();
            let (Some(title), Some(text)) = (word(&body, "/title"), word(&body, "/text")) else {
                return wrong(400, "The fields title and text are required");
            };
            let made = event(shelf.number(), title, text, word(&body, "/alert_type").unwrap_or("info"), 0);
            shelf.list("datadog/events", events).insert(0, made.clone());
            answer::json(202, json!({ "status": "ok", "event": made }))
        }
        (_, ["api", "v1", "monitor", id]) if find(shelf.list("datadog/monitors", seed), "id", id).is_none() => {
            wrong(404, "Monitor not found")
        }
        ("GET", ["api", "v1", "monitor", id]) => match find(shelf.list("datadog/monitors", seed), "id", id) {
            Some(monitor) => answer::json(200, monitor.clone()),
            None => wrong(404, "Monitor not found"),
        },
        ("PUT", ["api", "v1", "monitor", id]) => match find_mut(shelf.list("datadog/monitors", seed), "id", id) {
            Some(monitor) => {
                let body = call.json();
                for field in ["name", "message", "priority"] {
                    if !body[field].is_null() {
                        monitor[field] = body[field].clone();
                    }
                }
                answer::json(200, monitor.clone())
            }
            None => wrong(404, "Monitor not found"),
        },
        ("DELETE", ["api", "v1", "monitor", id]) => {
            take(shelf.list("datadog/monitors", seed), "id", id);
            answer::json(200, json!({ "deleted_monitor_id": id.parse::<u64>().unwrap_or(0) }))
        }
        _ => wrong(404, "Not Found"),
    }
}

fn wrong(status: u16, message: &str) -> Response {
    refuse(status, json!({ "errors": [message] }), format!("datadog: {message}"))
}

fn monitor(id: u32, name: &str, state: &str) -> Value {
    json!({ "id": id, "name": name, "type": "metric alert", "overall_state": state, "message": "Look at the dashboard first.", "query": "avg(last_5m):avg:http.errors{*} > 5",
        "tags": ["team:booking"], "creator": { "email": MIRA.email, "name": MIRA.name }, "created": ago(3_000), "modified": ago(20), "priority": 2 })
}

fn seed() -> Vec<Value> {
    vec![
        monitor(9_101, "Errors of the booking service", "Alert"),
        monitor(9_102, "Free space on the map server", "OK"),
        monitor(9_103, "Age of the price list", "Warn"),
    ]
}

fn event(id: u64, title: &str, text: &str, kind: &str, hours: i64) -> Value {
    json!({ "id": id, "title": title, "text": text, "alert_type": kind, "date_happened": (log::now() - Duration::hours(hours)).unix_timestamp(),
        "host": "", "source_type_name": "api", "tags": ["team:booking"], "url": format!("https://app.datadoghq.com/event/event?id={id}") })
}

fn events() -> Vec<Value> {
    vec![
        event(8_001, "Deployed booking 3.2.0", "By the pipeline", "info", 0),
        event(8_000, "Errors of the booking service", "Above 5 a second", "error", 2),
    ]
}
