//! One account at Twilio with one API key: text messages, calls and numbers.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{nothing, parts, refuse, size, slice};
use crate::log;
use crate::shelf::{Shelf, take};
use axum::response::Response;
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc2822;

/// The account, the key and its secret.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
const KEY: (&str, &str) = ("SK00000000000000000000000000000001", "sandbox-twilio-secret");
const NUMBER: &str = "+4940999000";

/// Answers `api.twilio.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let known = call.basic().is_some_and(|(user, password)| (user.as_str(), password.as_str()) == KEY);
    if !known {
        return wrong(401, 20003, "Authenticate", "a wrong key");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["2010-04-01", "Accounts", account, path @ ..] = parts.as_slice() else { return app::nobody(call) };
    if *account != ACCOUNT {
        return wrong(404, 20404, "The requested resource was not found", "another account");
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["Balance.json"]) => {
            answer::json(200, json!({ "account_sid": ACCOUNT, "balance": "41.20", "currency": "EUR" }))
        }
        ("GET", ["Messages.json"]) => page(call, "messages", &messages(&mut shelf).clone()),
        ("GET", ["Calls.json"]) => page(call, "calls", &calls()),
        ("GET", ["IncomingPhoneNumbers.json"]) => {
            let number = json!({ "sid": "PN00000000000000000000000000000001", "phone_number": NUMBER, "friendly_name": "Support" });
            page(call, "incoming_phone_numbers", &[number])
        }
        ("POST", ["Messages.json"]) => send(call, &mut shelf),
        ("DELETE", ["Messages", file]) => match take(messages(&mut shelf), "sid", file.trim_end_matches(".json")) {
            Some(_) => nothing(),
            None => wrong(404, 20404, "The requested resource was not found", "unknown message"),
        },
        _ => app::nobody(call),
    }
}

fn wrong(status: u16, code: u32, message: &str, reason: &str) -> Response {
    let body = json!({ "code": code, "message": message, "status": status, "more_info": format!("https://www.twilio.com/docs/errors/{code}") });
    refuse(status, body, format!("twilio: {reason}"))
}

fn at(minutes: i64) -> String {
    (log::now() - Duration::minutes(minutes)).format(&Rfc2822).unwrap_or_default()
}

fn message(sid: &str, from: &str, to: &str, text: &str, status: &str, minutes: i64) -> Value {
    json!({ "sid": sid, "account_sid": ACCOUNT, "from": from, "to": to, "body": text, "status": status, "date_sent": at(minutes) })
}

fn messages(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("twilio/messages", || {
        vec![
            message(
                "SM00000000000000000000000000000001",
                NUMBER,
                "+4940123456",
                "Your order is on its way.",
                "delivered",
                20,
            ),
            message("SM00000000000000000000000000000002", "+4940123456", NUMBER, "Thanks!", "received", 15),
        ]
    })
}

fn calls() -> Vec<Value> {
    vec![
        json!({ "sid": "CA00000000000000000000000000000001", "from": "+4940123456", "to": NUMBER, "direction": "inbound", "status": "completed", "duration": "92", "start_time": at(300) }),
    ]
}

fn page(call: &Call, name: &str, all: &[Value]) -> Response {
    let Some(size) = size(call, "PageSize", 50, 1_000) else {
        return wrong(400, 20001, "Page size must be between 1 and 1000", "a wrong page size");
    };
    let number = call.q("Page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let (part, more) = slice(all, number * size, size);
    let next = more.then(|| format!("{}?PageSize={size}&Page={}&PageToken=PT{number}", call.path, number + 1));
    let mut body = json!({ "page": number, "page_size": size, "next_page_uri": next, "uri": call.path });
    body[name] = part.into();
    answer::json(200, body)
}

fn send(call: &Call, shelf: &mut Shelf) -> Response {
    let fields = call.fields();
    let field = |name: &str| crate::call::find(&fields, name).filter(|text| !text.is_empty());
    let Some(to) = field("To") else {
        return wrong(400, 21604, "A 'To' phone number is required.", "a message to nobody");
    };
    if field("From") != Some(NUMBER) {
        return wrong(
            400,
            21606,
            "The 'From' phone number is not a valid, message-capable phone number.",
            "a foreign number",
        );
    }
    let Some(text) = field("Body") else {
        return wrong(400, 21602, "Message body is required.", "a message without text");
    };
    let made = message(&format!("SM{:032x}", shelf.number()), NUMBER, to, text, "queued", 0);
    messages(shelf).insert(0, made.clone());
    answer::json(201, made)
}
