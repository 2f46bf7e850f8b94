//! Google Analytics' reports of one property.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{has, refuse, word};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `analyticsdata.googleapis.com`, but for whose property it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "google-analytics") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "UNAUTHENTICATED", reason),
    };
    if !has(&token, &["https://www.googleapis.com/auth/analytics.readonly"]) {
        return wrong(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/v1beta/properties/310001:runReport") => report(&call.json()),
        ("POST", path) if path.ends_with(":runReport") => {
            wrong(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.")
        }
        _ => wrong(404, "NOT_FOUND", "Not Found"),
    }
}

fn wrong(status: u16, word: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": status, "message": message, "status": word } });
    refuse(status, body, format!("google-analytics: {message}"))
}

fn report(body: &Value) -> Response {
    let Some(from) = word(body, "/dateRanges/0/startDate") else {
        return wrong(400, "INVALID_ARGUMENT", "dateRanges is required");
    };
    let days = from.strip_suffix("daysAgo").and_then(|days| days.parse::<u32>().ok());
    let Some(days) = days else { return wrong(400, "INVALID_ARGUMENT", "Invalid startDate") };
    let values: &[(&str, u32)] = match word(body, "/dimensions/0/name") {
        Some("pagePath") => &[("/", 40), ("/berths", 22), ("/prices", 9)],
        Some("sessionSource") => &[("google", 31), ("(direct)", 20)],
        Some("country") => &[("Germany", 44), ("Portugal", 12)],
        _ => return wrong(400, "INVALID_ARGUMENT", "Field is not a valid dimension."),
    };
    let metrics = body["metrics"].as_array().cloned().unwrap_or_default();
    let known = ["screenPageViews", "activeUsers", "sessions"];
    if metrics.is_empty() || metrics.iter().any(|metric| !known.contains(&metric["name"].as_str().unwrap_or_default()))
    {
        return wrong(400, "INVALID_ARGUMENT", "Field is not a valid metric.");
    }
    let row = |(name, daily): &(&str, u32)| {
        let told: Vec<Value> = (1..=metrics.len())
            .map(|place| json!({ "value": (daily * days / u32::try_from(place).unwrap_or(1)).to_string() }))
            .collect();
        json!({ "dimensionValues": [{ "value": name }], "metricValues": told })
    };
    let rows: Vec<Value> = values.iter().map(row).collect();
    answer::json(200, json!({ "rows": rows, "rowCount": rows.len(), "kind": "analyticsData#runReport" }))
}
