//! Mixpanel: one project's events, funnels and annotations.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{day, parts, refuse, word};
use axum::response::Response;
use serde_json::{Value, json};

const PROJECT: &str = "3100";

/// Answers Mixpanel's hosts to a service account that they know.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let asked = match parts.as_slice() {
        ["api", "app", "projects", project, ..] => project,
        _ => call.q("project_id").unwrap_or_default(),
    };
    if asked != PROJECT {
        return wrong(403, "User does not have access to this project");
    }
    let mut shelf = sandbox.shelf();
    let annotations = shelf.list("mixpanel/annotations", || vec![annotation(1, "Prices changed", &day(-9))]);
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["api", "query", "events", "top"]) if call.q("type").is_some() => answer::json(
            200,
            json!({ "type": "general", "events": [{ "event": "Booking made", "amount": 41, "percent_change": 0.12 }, { "event": "Price seen", "amount": 300, "percent_change": -0.05 }] }),
        ),
        ("GET", ["api", "query", "funnels", "list"]) => {
            answer::json(200, json!([{ "funnel_id": 71, "name": "From price to booking" }]))
        }
        ("GET", ["api", "app", "projects", _, "annotations"]) => {
            answer::json(200, json!({ "status": "ok", "results": annotations }))
        }
        ("POST", ["api", "app", "projects", _, "annotations"]) => {
            let body = call.json();
            let (Some(at), Some(text)) = (word(&body, "/date"), word(&body, "/description")) else {
                return wrong(400, "date and description are required");
            };
            let made = annotation(annotations.len() + 1, text, at);
            annotations.push(made.clone());
            answer::json(201, json!({ "status": "ok", "results": made }))
        }
        _ => wrong(404, "Not found"),
    }
}

fn wrong(status: u16, error: &str) -> Response {
    refuse(status, json!({ "status": "error", "error": error }), format!("mixpanel: {error}"))
}

fn annotation(id: usize, text: &str, at: &str) -> Value {
    json!({ "id": id, "description": text, "date": at, "user": { "id": 881, "first_name": "Mira", "last_name": "Okafor" }, "tags": [] })
}
