//! Coda: one document, its pages and its tables.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, parts, refuse, word};
use axum::response::Response;
use serde_json::{Map, Value, json};

const COLUMNS: [(&str, &str); 2] = [("c-name", "Name"), ("c-state", "State")];

/// Answers `coda.io` to a token that it knows.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["apis", "v1", path @ ..] = parts.as_slice() else { return wrong(404, "Not Found") };
    let document = json!({ "id": "HarborDoc1", "type": "doc", "name": "Harbor handbook", "owner": "mira@northbeam.example", "ownerName": "Mira Okafor",
        "browserLink": "https://coda.io/d/_dHarborDoc1", "createdAt": ago(900), "updatedAt": ago(6) });
    let list = |items: Vec<Value>| {
        answer::json(200, json!({ "items": items, "href": format!("https://coda.io{}", call.path) }))
    };
    let mut shelf = sandbox.shelf();
    let rows = shelf
        .list("coda/rows", || vec![row("i-1", "Berth 7", "Taken", &ago(30)), row("i-2", "Berth 8", "Free", &ago(31))]);
    match (call.method.as_str(), path) {
        ("GET", ["docs"]) => list(vec![document].into_iter().filter(|one| mentions(one, &["/name"], call.q("query").unwrap_or_default())).collect()),
        ("GET", ["docs", "HarborDoc1", "pages"]) => list(vec![
            json!({ "id": "canvas-plan", "type": "page", "name": "Plan", "subtitle": "What comes first", "browserLink": "https://coda.io/d/_dHarborDoc1/Plan" }),
        ]),
        ("GET", ["docs", "HarborDoc1", "pages", "canvas-plan", "content"]) => list(
            ["The north pier comes first.", "", "Then the gate."]
                .map(|line| json!({ "id": "l", "type": "line", "itemContent": { "style": "paragraph", "format": "plainText", "content": line } }))
                .to_vec(),
        ),
        ("GET", ["docs", "HarborDoc1", "tables"]) => list(vec![
            json!({ "id": "grid-berths", "type": "table", "tableType": "table", "name": "Berths", "parent": { "name": "Plan" }, "browserLink": "https://coda.io/d/_dHarborDoc1#Berths" }),
        ]),
        ("GET", ["docs", "HarborDoc1", "tables", "grid-berths", "rows"]) => {
            let named = call.q("useColumnNames") == Some("true");
            list(rows.iter().map(|row| told(row, named)).collect())
        }
        ("POST", ["docs", "HarborDoc1", "tables", "grid-berths", "rows"]) => {
            let body = call.json();
            let Some(asked) = body["rows"].as_array().filter(|rows| !rows.is_empty()) else {
                return wrong(400, "rows: required");
            };
            let mut added = Vec::new();
            for one in asked {
                let id = format!("i-made{}", rows.len());
                let mut made = row(&id, "", "", &now());
                for cell in one["cells"].as_array().into_iter().flatten() {
                    let column = word(cell, "/column").unwrap_or_default();
                    let Some((known, _)) = COLUMNS.iter().find(|(id, name)| *id == column || *name == column) else {
                        return wrong(404, "Could not find a column with that ID or name.");
                    };
                    made["values"][*known] = cell["value"].clone();
                }
                added.push(id);
                rows.push(made);
            }
            answer::json(202, json!({ "requestId": "abc-123", "addedRowIds": added }))
        }
        _ => wrong(404, "Not Found"),
    }
}

fn wrong(status: u16, message: &str) -> Response {
    refuse(
        status,
        json!({ "statusCode": status, "statusMessage": message, "message": message }),
        format!("coda: {message}"),
    )
}

fn row(id: &str, name: &str, state: &str, at: &str) -> Value {
    json!({ "id": id, "type": "row", "updatedAt": at, "browserLink": format!("https://coda.io/d/_dHarborDoc1#{id}"), "values": { "c-name": name, "c-state": state } })
}

/// A row as it is told, by the columns' ids or names; its own name is what stands in the first.
fn told(row: &Value, named: bool) -> Value {
    let mut values = Map::new();
    for (id, name) in COLUMNS {
        values.insert(if named { name } else { id }.to_owned(), row["values"][id].clone());
    }
    let mut told = row.clone();
    told["name"] = row["values"]["c-name"].clone();
    told["values"] = values.into();
    told
}
