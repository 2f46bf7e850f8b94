//! An organization at Salesforce: accounts, contacts, opportunities and tasks.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{day, has, mentions, parts, refuse};
use crate::shelf::Shelf;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `*.my.salesforce.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["services", "data", "v67.0", path @ ..] = parts.as_slice() else { return app::nobody(call) };
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["salesforce"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "INVALID_SESSION_ID", denied.reason()),
    };
    if !has(&token, &["api", "full"]) {
        return wrong(403, "API_DISABLED_FOR_ORG", "the scope api is missing");
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["query"]) => query(call, &mut shelf),
        ("GET", ["query", locator]) => more(locator, &mut shelf),
        ("GET", ["parameterizedSearch"]) => search(call, &mut shelf),
        ("POST", ["sobjects", kind @ ("Task" | "Contact")]) => create(call, kind, &mut shelf),
        _ => wrong(404, "NOT_FOUND", "The requested resource does not exist"),
    }
}

fn wrong(status: u16, code: &str, reason: &str) -> Response {
    refuse(status, json!([{ "message": reason, "errorCode": code }]), format!("salesforce: {reason}"))
}

fn records<'a>(shelf: &'a mut Shelf, kind: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("salesforce/{kind}"), || match kind {
        "Account" => vec![
            json!({ "Id": "001D000000IqhSLIAZ", "Name": "Tideway", "Industry": "Shipping", "Phone": "+44201234567", "Website": "https://tideway.example" }),
            json!({ "Id": "001D000000IomazIAB", "Name": "Quay Nine", "Industry": "Shipping" }),
        ],
        "Contact" => vec![
            json!({ "Id": "003D000000QV9n2IAD", "Name": "Ada Brook", "Title": "Head of operations", "Email": "ada.brook@tideway.example", "Phone": "+44201234567" }),
        ],
        // More than one page, as this organization cuts them.
        "Opportunity" => (1..=4)
            .map(|number| json!({ "Id": format!("006D00000{number:06}AAA"), "Name": format!("Harbor 3, site {number}"), "StageName": "Proposal", "Amount": 4_200.0, "CloseDate": day(10 + number) }))
            .collect(),
        _ => vec![json!({ "Id": "00TD000000aBcDeMAK", "Subject": "Prepare the review", "Status": "Not Started", "ActivityDate": day(2) })],
    })
}

const PAGE: usize = 3;

/// Only the questions that Aura asks are understood; the vendor says of others that they are malformed.
fn query(call: &Call, shelf: &mut Shelf) -> Response {
    let asked = call.q("q").unwrap_or_default();
    let kind = asked.split(" FROM ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let whole =
        asked.starts_with("SELECT Id, ") && asked.contains(" USING SCOPE mine WHERE IsClosed = false ORDER BY ");
    match kind {
        "Opportunity" | "Task" if whole => page(kind, 0, shelf),
        _ => wrong(400, "MALFORMED_QUERY", "unexpected token"),
    }
}

fn more(locator: &str, shelf: &mut Shelf) -> Response {
    match locator.split_once('-').map(|(kind, skip)| (kind, skip.parse())) {
        Some((kind @ ("Opportunity" | "Task"), Ok(skip))) => page(kind, skip, shelf),
        _ => wrong(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    }
}

fn page(kind: &str, skip: usize, shelf: &mut Shelf) -> Response {
    let all = records(shelf, kind);
    let part: Vec<Value> = all.iter().skip(skip).take(PAGE).cloned().collect();
    let done = skip + PAGE >= all.len();
    let mut body = json!({ "totalSize": all.len(), "done": done, "records": part });
    if !done {
        body["nextRecordsUrl"] = format!("/services/data/v67.0/query/{kind}-{}", skip + PAGE).into();
    }
    answer::json(200, body)
}

fn search(call: &Call, shelf: &mut Shelf) -> Response {
    let (Some(words), Some(kind)) = (call.q("q").filter(|words| words.len() > 1), call.q("sobject")) else {
        return wrong(400, "INVALID_SEARCH", "search term must be longer than one character");
    };
    let fields = call.q(&format!("{kind}.fields")).unwrap_or("Id");
    let shown = |record: &Value| -> Value {
        let kept = fields.split(',').filter_map(|name| Some((name.to_owned(), record.get(name)?.clone())));
        Value::Object(kept.collect())
    };
    let found = records(shelf, kind).iter().filter(|record| mentions(record, &["/Name", "/Email"], words));
    let found: Vec<Value> = found.map(shown).collect();
    answer::json(200, json!({ "searchRecords": found }))
}

fn create(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let (needed, prefix) = if kind == "Task" { ("Subject", "00TD") } else { ("LastName", "003D") };
    if body[needed].as_str().is_none_or(str::is_empty) {
        return wrong(400, "REQUIRED_FIELD_MISSING", &format!("Required fields are missing: [{needed}]"));
    }
    let id = format!("{prefix}{:011}AAA", shelf.number());
    let mut record = body.clone();
    record["Id"] = id.as_str().into();
    record["Status"] = "Not Started".into();
    if kind == "Contact" {
        let name = |field: &str| body[field].as_str().unwrap_or_default();
        record["Name"] = format!("{} {}", name("FirstName"), name("LastName")).trim().into();
    }
    records(shelf, kind).push(record);
    answer::json(201, json!({ "id": id, "success": true, "errors": [] }))
}
