//! Cal.com: bookings, by the version of its API that pages with a cursor.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{has, refuse};
use crate::log;
use axum::response::Response;
use serde_json::{Value, json};
use time::Duration;

/// Answers `api.cal.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if (call.method.as_str(), call.path.as_str()) != ("GET", "/v2/bookings") {
        return app::nobody(call);
    }
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["cal-com"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, denied.reason()),
    };
    if !has(&token, &["BOOKING_READ"]) {
        return wrong(403, "the scope BOOKING_READ is missing");
    }
    if call.header("cal-api-version") != Some("2026-05-01") {
        return wrong(400, "this call needs the version 2026-05-01");
    }
    let bookings = bookings();
    let all: Vec<&Value> = match call.q("status") {
        None => bookings.iter().collect(),
        Some(status @ ("upcoming" | "past" | "unconfirmed" | "cancelled" | "recurring")) => {
            bookings.iter().filter(|booking| booking["list"] == status).collect()
        }
        Some(_) => return wrong(400, "one status, and no other word"),
    };
    // This account has small pages.
    let skip = call.q("cursor").and_then(|text| text.strip_prefix("c")?.parse::<usize>().ok()).unwrap_or(0);
    let part: Vec<&Value> = all.iter().skip(skip).take(2).copied().collect();
    let more = skip + 2 < all.len();
    let next = more.then(|| format!("c{}", skip + 2));
    answer::json(
        200,
        json!({ "status": "success", "data": part, "pagination": { "hasMore": more, "nextCursor": next } }),
    )
}

fn wrong(status: u16, reason: &str) -> Response {
    refuse(
        status,
        json!({ "status": "error", "error": { "code": "REFUSED", "message": reason } }),
        format!("cal-com: {reason}"),
    )
}

fn bookings() -> Vec<Value> {
    let booking = |number: u32, list: &str, status: &str, hours: i64| {
        let start = log::now() + Duration::hours(hours);
        json!({ "id": number, "uid": format!("booking{number}"), "title": format!("Demo {number} for Tideway"), "list": list, "status": status,
            "start": log::rfc3339(start), "end": log::rfc3339(start + Duration::minutes(45)),
            "attendees": [{ "name": "Ada Brook", "email": "ada.brook@tideway.example" }] })
    };
    vec![
        booking(1, "upcoming", "accepted", 3),
        booking(2, "upcoming", "accepted", 30),
        booking(3, "upcoming", "accepted", 60),
        booking(4, "unconfirmed", "pending", 12),
        booking(5, "past", "accepted", -40),
        booking(6, "cancelled", "cancelled", 9),
    ]
}
