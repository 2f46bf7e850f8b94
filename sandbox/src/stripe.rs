//! Stripe's API, read with the token of a connected account.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{has, parts, refuse, size, slice};
use crate::log;
use crate::shelf::find;
use axum::response::Response;
use serde_json::{Value, json};
use time::Duration;

/// Answers `api.stripe.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["stripe"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "invalid_request_error", "Invalid API Key provided", denied.reason()),
    };
    if call.method != "GET" && !has(&token, &["read_write"]) {
        let message = "The provided key does not have the required permissions for this endpoint.";
        return wrong(403, "invalid_request_error", message, "needs read_write");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["v1", "account"]) => answer::json(
            200,
            json!({ "id": format!("acct_{}", token.person.number), "object": "account", "email": token.person.email, "country": "DE",
                "settings": { "dashboard": { "display_name": "Northbeam" } } }),
        ),
        ("GET", ["v1", "balance"]) => answer::json(
            200,
            json!({ "object": "balance", "livemode": false,
                "available": [{ "amount": 184_200, "currency": "eur", "source_types": { "card": 184_200 } }],
                "pending": [{ "amount": 26_500, "currency": "eur", "source_types": { "card": 26_500 } }] }),
        ),
        ("GET", ["v1", "customers"]) => listed(call, shelf.list("stripe/customers", customers), &["email"]),
        ("GET", ["v1", "charges"]) => listed(call, shelf.list("stripe/charges", charges), &["customer"]),
        ("GET", ["v1", "invoices"]) => listed(call, shelf.list("stripe/invoices", invoices), &["status", "customer"]),
        ("GET", ["v1", "payouts"]) => listed(call, shelf.list("stripe/payouts", payouts), &["status"]),
        ("GET", ["v1", "subscriptions"]) => {
            listed(call, shelf.list("stripe/subscriptions", subscriptions), &["status", "customer"])
        }
        ("GET", ["v1", "invoices", id]) => match find(shelf.list("stripe/invoices", invoices), "id", id) {
            Some(invoice) => answer::json(200, invoice.clone()),
            None => wrong(404, "invalid_request_error", &format!("No such invoice: '{id}'"), "unknown invoice"),
        },
        (_, path) => {
            let message = format!("Unrecognized request URL ({}: /{}).", call.method, path.join("/"));
            wrong(404, "invalid_request_error", &message, "no such address")
        }
    }
}

fn wrong(status: u16, kind: &str, message: &str, reason: &str) -> Response {
    refuse(status, json!({ "error": { "type": kind, "message": message } }), format!("stripe: {reason}"))
}

/// A list, narrowed by those of the filters that are given; an unknown parameter is refused, as in life.
fn listed(call: &Call, all: &[Value], filters: &[&str]) -> Response {
    let plain = ["limit", "starting_after", "ending_before", "created[gte]", "expand[]"];
    if let Some((name, _)) =
        call.query.iter().find(|(name, _)| !plain.contains(&name.as_str()) && !filters.contains(&name.as_str()))
    {
        return wrong(
            400,
            "invalid_request_error",
            &format!("Received unknown parameter: {name}"),
            "unknown parameter",
        );
    }
    let Some(size) = size(call, "limit", 10, 100) else {
        return wrong(400, "invalid_request_error", "Invalid integer: limit", "limit");
    };
    let found: Vec<Value> = all
        .iter()
        .filter(|one| {
            filters.iter().all(|name| call.q(name).is_none_or(|wanted| wanted == "all" || one[*name] == wanted))
        })
        .cloned()
        .collect();
    let skip = match call.q("starting_after") {
        None => 0,
        Some(id) => match found.iter().position(|one| one["id"] == id) {
            Some(at) => at + 1,
            None => return wrong(400, "invalid_request_error", &format!("No such object: '{id}'"), "unknown mark"),
        },
    };
    let (data, more) = slice(&found, skip, size);
    answer::json(200, json!({ "object": "list", "url": call.path, "has_more": more, "data": data }))
}

fn at(hours: i64) -> i64 {
    (log::now() - Duration::hours(hours)).unix_timestamp()
}

const PEOPLE: [(&str, &str, &str); 3] = [
    ("cus_Quay01", "Quayside Boats", "office@quayside.example"),
    ("cus_Tide02", "Tideway Sailing", "billing@tideway.example"),
    ("cus_Reef03", "Reef & Rope", "hello@reefrope.example"),
];

fn customers() -> Vec<Value> {
    let one = |place: usize, (id, name, email): &(&str, &str, &str)| json!({ "id": id, "object": "customer", "name": name, "email": email, "created": at(300 + 40 * i64::try_from(place).unwrap_or(0)), "currency": "eur" });
    PEOPLE.iter().enumerate().map(|(place, person)| one(place, person)).collect()
}

fn charges() -> Vec<Value> {
    let one = |id: &str, amount: u32, status: &str, who: usize, hours: i64| {
        let (customer, name, _) = PEOPLE.get(who).copied().unwrap_or(PEOPLE[0]);
        json!({ "id": id, "object": "charge", "amount": amount, "currency": "eur", "status": status, "paid": status == "succeeded",
            "customer": customer, "description": "Berth, one week", "billing_details": { "name": name }, "created": at(hours),
            "receipt_url": format!("https://pay.stripe.com/receipts/{id}") })
    };
    vec![
        one("ch_31", 26_500, "succeeded", 0, 4),
        one("ch_30", 12_900, "failed", 1, 20),
        one("ch_29", 12_900, "succeeded", 1, 44),
        one("ch_28", 8_400, "succeeded", 2, 90),
    ]
}

fn invoices() -> Vec<Value> {
    let one = |id: &str, number: &str, status: &str, due: u32, who: usize, hours: i64| {
        let (customer, name, email) = PEOPLE.get(who).copied().unwrap_or(PEOPLE[0]);
        json!({ "id": id, "object": "invoice", "number": number, "status": status, "amount_due": due, "total": due, "currency": "eur",
            "customer": customer, "customer_name": name, "customer_email": email, "created": at(hours), "due_date": at(hours - 24 * 14),
            "hosted_invoice_url": format!("https://invoice.stripe.com/i/{id}") })
    };
    vec![
        one("in_21", "NB-0021", "open", 42_000, 1, 30),
        one("in_20", "NB-0020", "paid", 26_500, 0, 80),
        one("in_19", "NB-0019", "open", 8_400, 2, 200),
    ]
}

fn payouts() -> Vec<Value> {
    let one = |id: &str, amount: u32, status: &str, hours: i64| json!({ "id": id, "object": "payout", "amount": amount, "currency": "eur", "status": status, "arrival_date": at(hours - 48), "created": at(hours), "description": "STRIPE PAYOUT" });
    vec![one("po_9", 154_000, "in_transit", 12), one("po_8", 98_300, "paid", 180)]
}

fn subscriptions() -> Vec<Value> {
    let one = |id: &str, status: &str, who: usize| {
        json!({ "id": id, "object": "subscription", "status": status, "customer": PEOPLE.get(who).map(|person| person.0), "currency": "eur",
            "created": at(900), "items": { "object": "list", "data": [{ "id": format!("si_{id}"), "current_period_end": at(-240),
                "price": { "id": "price_berth", "nickname": "Berth, monthly", "unit_amount": 12_900, "currency": "eur" } }] } })
    };
    vec![one("sub_5", "active", 0), one("sub_4", "past_due", 1), one("sub_3", "canceled", 2)]
}
