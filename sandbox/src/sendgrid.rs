//! SendGrid's v3 API with one good key.

use crate::answer;
use crate::app;
use crate::call::Call;
use crate::log;
use axum::response::Response;
use serde_json::{Value, json};
use time::{Date, Duration};

const KEY: &str = "SG.sandbox-key";

/// Answers `api.sendgrid.com`.
pub fn answer(call: &Call) -> Response {
    if call.authorization("Bearer") != Some(KEY) {
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
        ("GET", "/v3/suppression/bounces") => answer::json(200, bounces()),
        ("GET", "/v3/templates") => templates(call),
        _ => app::nobody(call),
    }
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

fn bounces() -> Value {
    let at = |hours: i64| (log::now() - Duration::hours(hours)).unix_timestamp();
    json!([
        { "created": at(5), "email": "old.address@tideway.example", "reason": "550 5.1.1 The email account does not exist.", "status": "5.1.1" },
        { "created": at(49), "email": "full@quayside.example", "reason": "552 5.2.2 Mailbox full.", "status": "5.2.2" },
    ])
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
