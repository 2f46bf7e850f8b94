//! Airtable: one base, its tables and their records.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, parts, refuse, size, slice};
use crate::shelf::{find_mut, merge};
use axum::response::Response;
use serde_json::{Value, json};

const BASE: &str = "appHarborBase0001";
const KNOWN: [&str; 2] = ["tblBerths00000001", "tblBoats000000001"];
const FIELDS: &[&str] = &["Name", "State", "Depth", "Tags"];

/// Answers `api.airtable.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["airtable"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "AUTHENTICATION_REQUIRED", denied.reason()),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["v0", path @ ..] = parts.as_slice() else { return wrong(404, "NOT_FOUND", "unknown address") };
    let needed = match (call.method.as_str(), path) {
        (_, ["meta", ..]) => "schema.bases:read",
        ("GET", _) => "data.records:read",
        _ => "data.records:write",
    };
    if !has(&token, &[needed]) {
        return wrong(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", &format!("needs {needed}"));
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["meta", "bases"]) => answer::json(
            200,
            json!({ "bases": [{ "id": BASE, "name": "Harbor", "permissionLevel": "create" }, { "id": "appTeamPlanning01", "name": "Team planning", "permissionLevel": "read" }] }),
        ),
        ("GET", ["meta", "bases", base, "tables"]) if *base == BASE => answer::json(200, json!({ "tables": tables() })),
        (method, [base, table, rest @ ..]) if *base == BASE && KNOWN.contains(table) => {
            let records = shelf.list(&format!("airtable/{table}"), || records(table));
            let body = call.json();
            match (method, rest) {
                ("GET", []) => listed(call, records),
                ("POST", []) => create(&body, table, records),
                ("PATCH", [id]) => {
                    if let Some(reason) = unknown_field(table, &body["fields"]) {
                        return wrong(422, "UNKNOWN_FIELD_NAME", &reason);
                    }
                    let Some(record) = find_mut(records, "id", id) else {
                        return wrong(404, "MODEL_ID_NOT_FOUND", "unknown record");
                    };
                    merge(&mut record["fields"], &body["fields"]);
                    answer::json(200, record.clone())
                }
                _ => wrong(404, "NOT_FOUND", "unknown address"),
            }
        }
        _ => wrong(404, "NOT_FOUND", "unknown address, base or record"),
    }
}

fn wrong(status: u16, kind: &str, reason: &str) -> Response {
    refuse(status, json!({ "error": { "type": kind, "message": reason } }), format!("airtable: {reason}"))
}

fn create(body: &Value, table: &str, records: &mut Vec<Value>) -> Response {
    let Some(asked) = body["records"].as_array().filter(|all| (1..=10).contains(&all.len())) else {
        return wrong(422, "INVALID_REQUEST_MISSING_FIELDS", "one to ten records");
    };
    if let Some(reason) = asked.iter().find_map(|one| unknown_field(table, &one["fields"])) {
        return wrong(422, "UNKNOWN_FIELD_NAME", &reason);
    }
    let mut made = Vec::new();
    for one in asked {
        let id = format!("recMade{:010}", records.len());
        let record = json!({ "id": id, "createdTime": now(), "fields": one["fields"] });
        records.push(record.clone());
        made.push(record);
    }
    answer::json(200, json!({ "records": made }))
}

/// Why these fields cannot be written.
fn unknown_field(table: &str, fields: &Value) -> Option<String> {
    let known = if table == KNOWN[0] { FIELDS } else { &FIELDS[..1] };
    let Some(fields) = fields.as_object().filter(|fields| !fields.is_empty()) else {
        return Some("no fields".to_owned());
    };
    let unknown = fields.keys().find(|name| !known.contains(&name.as_str()))?;
    Some(format!("Unknown field name: {unknown}"))
}

fn tables() -> Value {
    let field = |name: &&str| json!({ "id": format!("fld{name}"), "name": name, "type": "singleLineText" });
    let fields = |names: &[&str]| names.iter().map(field).collect::<Vec<_>>();
    json!([
        { "id": KNOWN[0], "name": "Berths", "primaryFieldId": "fldName", "fields": fields(FIELDS), "views": [] },
        { "id": KNOWN[1], "name": "Boats", "primaryFieldId": "fldName", "fields": fields(&FIELDS[..1]), "views": [] },
    ])
}

fn records(table: &str) -> Vec<Value> {
    let record = |id: &str, fields: Value| json!({ "id": id, "createdTime": ago(700), "fields": fields });
    if table == KNOWN[0] {
        return vec![
            record("recBerth000000007", json!({ "Name": "Berth 7", "State": "Taken", "Depth": 3.5 })),
            record("recBerth000000008", json!({ "Name": "Berth 8", "State": "Free", "Tags": ["quiet", "water"] })),
        ];
    }
    vec![record("recBoat0000000001", json!({ "Name": "Low Tide" }))]
}

/// A page of a list, with the mark of the next where there is one.
fn listed(call: &Call, all: &[Value]) -> Response {
    let Some(size) = size(call, "pageSize", 100, 100) else { return wrong(422, "INVALID_REQUEST", "pageSize") };
    let skip = call.q("offset").and_then(|mark| mark.strip_prefix("itr/")?.parse().ok()).unwrap_or(0);
    let (page, more) = slice(all, skip, size);
    let mut body = json!({ "records": page });
    if more {
        body["offset"] = format!("itr/{}", skip + size).into();
    }
    answer::json(200, body)
}
