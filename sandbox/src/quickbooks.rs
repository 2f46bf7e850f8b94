//! QuickBooks Online: what its query language finds in one company's books.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{day, has, parts, refuse};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Map, Value, json};

const COMPANY: &str = "9130357766";

/// Answers `quickbooks.api.intuit.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "quickbooks") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "3200", "AuthenticationFailed", reason),
    };
    if !has(&token, &["com.intuit.quickbooks.accounting"]) {
        return wrong(403, "3100", "ApplicationAuthorizationFailed", "the scope is missing");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["v3", "company", COMPANY, "query"]) => query(call.q("query").unwrap_or_default()),
        ("GET", ["v3", "company", ..]) => wrong(403, "3100", "ApplicationAuthorizationFailed", "another company"),
        _ => wrong(404, "610", "Object Not Found", "no such address"),
    }
}

fn wrong(status: u16, code: &str, message: &str, reason: &str) -> Response {
    let body = json!({ "Fault": { "Error": [{ "Message": message, "Detail": reason, "code": code }], "type": "ValidationFault" }, "time": "2026-11-21T09:00:00.000-08:00" });
    refuse(status, body, format!("quickbooks: {reason}"))
}

/// `select * from Entity where …`, of which only what is asked here is read.
fn query(text: &str) -> Response {
    let Some((entity, rest)) =
        text.strip_prefix("select * from ").map(|rest| rest.split_once(' ').unwrap_or((rest, "")))
    else {
        return wrong(400, "4000", "Error parsing query", "QueryParserError");
    };
    let like =
        rest.split_once("like '%").and_then(|(_, words)| words.split('%').next()).unwrap_or_default().to_lowercase();
    let open = rest.contains("Balance > '0'");
    let fits = |one: &Value| {
        let named = one["DisplayName"].as_str().unwrap_or_default().to_lowercase().contains(&like);
        named && (!open || one["Balance"].as_f64().is_some_and(|balance| balance > 0.0))
    };
    let found: Vec<Value> = match entity {
        "Invoice" => vec![invoice("1041", "Tideway", 840.0, 840.0), invoice("1040", "Quay Nine", 120.0, 0.0)],
        "Bill" => vec![json!({ "Id": "71", "DocNumber": "R-9", "VendorRef": { "value": "9", "name": "Rope Makers" }, "TotalAmt": 75.5, "Balance": 75.5, "CurrencyRef": { "value": "EUR" }, "DueDate": day(4), "TxnDate": day(-20) })],
        "Customer" => vec![customer("1", "Quay Nine", 0.0), customer("2", "Tideway", 840.0)],
        _ => return wrong(400, "4001", "Invalid query", "unknown entity"),
    }
    .into_iter()
    .filter(fits)
    .collect();
    let mut reply = Map::new();
    // An answer without entries does not name the entity.
    if !found.is_empty() {
        reply.insert("maxResults".into(), found.len().into());
        reply.insert("startPosition".into(), 1.into());
        reply.insert(entity.to_owned(), found.into());
    }
    answer::json(200, json!({ "QueryResponse": reply, "time": "2026-11-21T09:00:00.000-08:00" }))
}

fn customer(id: &str, name: &str, balance: f64) -> Value {
    json!({ "Id": id, "DisplayName": name, "Active": true, "Balance": balance, "PrimaryEmailAddr": { "Address": format!("office@{}.example", name.to_lowercase().replace(' ', "")) } })
}

fn invoice(number: &str, customer: &str, total: f64, balance: f64) -> Value {
    json!({ "Id": number, "DocNumber": number, "CustomerRef": { "value": "2", "name": customer }, "TotalAmt": total, "Balance": balance, "CurrencyRef": { "value": "EUR" },
        "DueDate": day(9), "TxnDate": day(-21) })
}
