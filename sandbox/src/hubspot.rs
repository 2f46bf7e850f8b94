//! HubSpot's CRM: contacts, companies, deals and owners.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, size, slice};
use crate::people::EVERYBODY;
use crate::shelf::{Shelf, find, find_mut, merge};
use axum::response::Response;
use serde_json::{Value, json};

const KINDS: [&str; 3] = ["contacts", "companies", "deals"];

/// Answers `api.hubapi.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (kind, path) = match parts.as_slice() {
        ["crm", "objects", "2026-09", kind, path @ ..] if KINDS.contains(kind) => (*kind, path),
        ["crm", "owners", "2026-09"] => ("owners", [].as_slice()),
        _ => return app::nobody(call),
    };
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["hubspot"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "INVALID_AUTHENTICATION", denied.reason()),
    };
    let method = call.method.as_str();
    let reads = method == "GET" || path == ["search"];
    let scope = format!("crm.objects.{kind}.{}", if reads { "read" } else { "write" });
    if !has(&token, &[&scope]) {
        return wrong(403, "MISSING_SCOPES", &format!("the scope {scope} is missing"));
    }
    let mut shelf = sandbox.shelf();
    match (method, path) {
        ("GET", []) if kind == "owners" => {
            let owners = EVERYBODY.map(|person| {
                let (first, last) = person.name.split_once(' ').unwrap_or((person.name, ""));
                json!({ "id": person.number.to_string(), "email": person.email, "firstName": first, "lastName": last, "type": "PERSON", "archived": false })
            });
            answer::json(200, json!({ "results": owners }))
        }
        ("GET", []) => {
            let all = records(&mut shelf, kind).clone();
            let wanted = call.q("properties").unwrap_or_default();
            let after = call.q("after").and_then(|text| text.parse().ok()).unwrap_or(0);
            match size(call, "limit", 10, 100) {
                Some(limit) => page(&all, after, limit, &wanted.split(',').collect::<Vec<_>>()),
                None => wrong(400, "VALIDATION_ERROR", "limit is between 1 and 100"),
            }
        }
        ("GET", [id]) if kind != "owners" => match find(records(&mut shelf, kind), "id", id) {
            Some(record) => answer::json(200, record.clone()),
            None => wrong(404, "OBJECT_NOT_FOUND", "no such record"),
        },
        ("POST", ["search"]) => search(call, records(&mut shelf, kind)),
        ("POST", []) => create(call, kind, &mut shelf),
        ("PATCH", [id]) => {
            let body = call.json();
            if !body["properties"].is_object() {
                return wrong(400, "VALIDATION_ERROR", "no properties");
            }
            match find_mut(records(&mut shelf, kind), "id", id) {
                Some(record) => {
                    merge(&mut record["properties"], &body["properties"]);
                    record["updatedAt"] = now().into();
                    answer::json(200, record.clone())
                }
                None => wrong(404, "OBJECT_NOT_FOUND", "unknown record"),
            }
        }
        _ => wrong(405, "METHOD_NOT_ALLOWED", "not played here"),
    }
}

fn wrong(status: u16, category: &str, reason: &str) -> Response {
    let body = json!({ "status": "error", "message": reason, "category": category, "correlationId": "c0ffee" });
    refuse(status, body, format!("hubspot: {reason}"))
}

fn record(kind: &str, id: &str, properties: Value) -> Value {
    json!({ "id": id, "properties": properties, "createdAt": ago(300), "updatedAt": ago(3), "archived": false,
        "url": format!("https://app.hubspot.com/contacts/4101/record/{kind}/{id}") })
}

fn records<'a>(shelf: &'a mut Shelf, kind: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("hubspot/{kind}"), || match kind {
        "contacts" => vec![
            record(kind, "501", json!({ "firstname": "Ada", "lastname": "Brook", "email": "ada.brook@tideway.example", "company": "Tideway", "phone": "+44201234567" })),
            record(kind, "502", json!({ "firstname": "Kofi", "lastname": "Mensah", "email": "kofi@quay.example", "company": "Quay Nine" })),
            record(kind, "503", json!({ "firstname": "Lena", "lastname": "Hart", "email": "lena@tideway.example", "company": "Tideway" })),
        ],
        "companies" => vec![
            record(kind, "601", json!({ "name": "Tideway", "domain": "tideway.example", "city": "Bristol", "industry": "SHIPPING" })),
            record(kind, "602", json!({ "name": "Quay Nine", "domain": "quay.example", "city": "Accra" })),
        ],
        _ => vec![
            record(kind, "701", json!({ "dealname": "Harbor 3 for Quay Nine", "amount": "8400", "dealstage": "qualifiedtobuy", "closedate": "2026-12-15T00:00:00Z" })),
            record(kind, "702", json!({ "dealname": "Renewal Tideway", "amount": "15000", "dealstage": "contractsent", "closedate": "2026-12-01T00:00:00Z" })),
        ],
    })
}

/// A record with the properties that were asked for, as HubSpot has it.
fn shown(record: &Value, wanted: &[&str]) -> Value {
    let mut shown = record.clone();
    if let Some(properties) = shown["properties"].as_object_mut() {
        properties.retain(|name, _| wanted.contains(&name.as_str()));
    }
    shown
}

fn page(all: &[Value], after: usize, limit: usize, wanted: &[&str]) -> Response {
    let (results, more) = slice(all, after, limit);
    let results: Vec<Value> = results.iter().map(|record| shown(record, wanted)).collect();
    let mut body = json!({ "results": results, "total": all.len() });
    if more {
        body["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
    }
    answer::json(200, body)
}

fn search(call: &Call, all: &[Value]) -> Response {
    let body = call.json();
    let Some(words) = body["query"].as_str() else {
        return wrong(400, "VALIDATION_ERROR", "a search without a query");
    };
    let words = words.to_lowercase();
    let holds = |record: &&Value| {
        let text = record["properties"].to_string().to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    let found: Vec<Value> = all.iter().filter(holds).cloned().collect();
    let wanted: Vec<&str> = body["properties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let limit = body["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10);
    let after = body["after"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    page(&found, after, limit.clamp(1, 200), &wanted)
}

fn create(call: &Call, kind: &str, shelf: &mut Shelf) -> Response {
    let properties = call.json()["properties"].clone();
    let name = if kind == "contacts" { "email" } else { "dealname" };
    if properties[name].as_str().is_none_or(str::is_empty) {
        return wrong(400, "VALIDATION_ERROR", &format!("the property {name} is missing"));
    }
    let twice = records(shelf, kind).iter().any(|known| known["properties"][name] == properties[name]);
    if kind == "contacts" && twice {
        return wrong(409, "CONFLICT", "Contact already exists");
    }
    let made = record(kind, &shelf.number().to_string(), properties);
    records(shelf, kind).push(made.clone());
    answer::json(201, made)
}
