//! SendGrid's v3 API with one good key.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{nothing, parts, refuse};
use crate::log;
use crate::shelf::take;
use axum::response::Response;
use serde_json::{Value, json};
use time::{Date, Duration};

const KEY: &str = "SG.sandbox-key";
/// Of an account in Europe, which has a host of its own.
const KEY_EU: &str = "SG.sandbox-key-eu";

/// Answers `api.sendgrid.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let key = if call.host == "api.eu.sendgrid.com" { KEY_EU } else { KEY };
    if call.authorization("Bearer") != Some(key) {
        return answer::refused(
            answer::json(
                401,
                json!({ "errors": [{ "field": null, "message": "The provided authorization grant is invalid, expired, or revoked" }] }),
            ),
            "sendgrid: wrong key",
        );
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v3/scopes") => answer::json(
            200,
            json!({ "scopes": ["mail.send", "stats.read", "suppression.bounces.read", "suppression.read", "templates.read", "user.profile.read", "user.account.read"] }),
        ),
        ("GET", "/v3/user/profile") => answer::json(
            200,
            json!({
                "first_name": "Mira", "last_name": "Okafor", "company": "Northbeam", "website": "https://northbeam.example",
                "address": "Harbour Street 1", "city": "Hamburg", "country": "DE", "phone": "", "state": "", "zip": "20457",
            }),
        ),
        ("GET", "/v3/user/account") => answer::json(200, json!({ "type": "paid", "reputation": 99.2 })),
        ("GET", "/v3/user/username") => answer::json(200, json!({ "username": "northbeam", "user_id": 4101 })),
        ("GET", "/v3/stats") => stats(call),
        ("GET", "/v3/templates") => templates(call),
        _ => suppressed(sandbox, call),
    }
}

/// The lists of addresses that get no mail.
fn suppressed(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["v3", "suppression", "bounces"]) => answer::json(200, json!(shelf.list("sendgrid/bounces", bounces))),
        ("DELETE", ["v3", "suppression", "bounces", email]) => {
            if call.q("email_address") != Some(email) {
                return bad("email_address is required", "email_address");
            }
            match take(shelf.list("sendgrid/bounces", bounces), "email", email) {
                Some(_) => nothing(),
                None => refuse(
                    404,
                    json!({ "errors": [{ "field": null, "message": "resource not found" }] }),
                    "sendgrid: no such bounce",
                ),
            }
        }
        ("GET", ["v3", "suppression", "blocks"]) => {
            answer::json(200, json!([entry("gate@harbourmail.example", "4.7.1 Greylisted", 30)]))
        }
        ("GET", ["v3", "suppression", "spam_reports"]) => answer::json(
            200,
            json!([{ "created": (log::now() - Duration::hours(70)).unix_timestamp(), "email": "angry@tideway.example", "ip": "192.0.2.7" }]),
        ),
        ("GET", ["v3", "suppression", "unsubscribes"]) => {
            answer::json(200, json!(shelf.list("sendgrid/unsubscribes", unsubscribes)))
        }
        ("POST", ["v3", "asm", "suppressions", "global"]) => {
            let body = call.json();
            let Some(emails) = body["recipient_emails"].as_array().filter(|emails| !emails.is_empty()) else {
                return bad("recipient_emails is required", "recipient_emails");
            };
            let made = emails.iter().map(|email| json!({ "created": log::now().unix_timestamp(), "email": email }));
            shelf.list("sendgrid/unsubscribes", unsubscribes).extend(made);
            answer::json(201, json!({ "recipient_emails": emails }))
        }
        _ => app::nobody(call),
    }
}

fn entry(email: &str, reason: &str, hours: i64) -> Value {
    let created = (log::now() - Duration::hours(hours)).unix_timestamp();
    json!({ "created": created, "email": email, "reason": reason, "status": reason.split(' ').next() })
}

fn bad(message: &str, field: &str) -> Response {
    answer::refused(
        answer::json(400, json!({ "errors": [{ "field": field, "message": message }] })),
        format!("sendgrid: {message}"),
    )
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok()
}

/// One row a day from `start_date` on, which the vendor requires.
fn stats(call: &Call) -> Response {
    let Some(start) = call.q("start_date").and_then(day) else {
        return bad("start_date is required, as YYYY-MM-DD", "start_date");
    };
    let today = log::now().date();
    let end = match call.q("end_date").map(day) {
        None => today,
        Some(Some(end)) if end >= start => end,
        Some(_) => {
            return bad("end_date must be a day after start_date, as YYYY-MM-DD", "end_date");
        }
    };
    let days = (end.min(today) - start).whole_days().clamp(0, 400);
    let rows: Vec<Value> = (0..=days)
        .map(|number| {
            let date = start + Duration::days(number);
            let requests = 180 + (i64::from(date.to_julian_day()) * 37) % 90;
            json!({ "date": date.to_string(), "stats": [{ "metrics": {
                "requests": requests, "processed": requests, "delivered": requests - 3, "bounces": 2, "blocks": 1, "bounce_drops": 0,
                "deferred": 4, "opens": requests / 2, "unique_opens": requests / 3, "clicks": requests / 8, "unique_clicks": requests / 10,
                "invalid_emails": 0, "spam_report_drops": 0, "spam_reports": 0, "unsubscribe_drops": 0, "unsubscribes": 1,
            } }] })
        })
        .collect();
    answer::json(200, Value::Array(rows))
}

fn unsubscribes() -> Vec<Value> {
    vec![
        json!({ "created": (log::now() - Duration::hours(200)).unix_timestamp(), "email": "goodbye@reefrope.example" }),
    ]
}

fn bounces() -> Vec<Value> {
    vec![
        entry("old.address@tideway.example", "5.1.1 The email account does not exist.", 5),
        entry("full@quayside.example", "5.2.2 Mailbox full.", 49),
    ]
}

fn templates(call: &Call) -> Response {
    if call.q("page_size").is_some_and(|size| size.parse::<u16>().is_ok_and(|size| !(1..=200).contains(&size))) {
        return bad("page_size must be 1 to 200", "page_size");
    }
    let template = |id: &str, name: &str, days: i64| {
        json!({
            "id": id, "name": name, "generation": "dynamic", "updated_at": log::rfc3339(log::now() - Duration::days(days)),
            "versions": [{ "id": format!("{id}-1"), "template_id": id, "active": 1, "name": "First", "subject": name }],
        })
    };
    let list = json!([template("d-a1", "Booking confirmed", 12), template("d-b2", "Weekly digest", 3)]);
    let body = if call.q("page_size").is_some() {
        json!({ "result": list, "_metadata": { "self": "https://api.sendgrid.com/v3/templates", "count": 2 } })
    } else {
        json!({ "templates": list })
    };
    answer::json(200, body)
}
