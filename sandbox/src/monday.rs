//! monday.com's GraphQL address: boards, items and what is written on them.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, now, refuse, word};
use crate::graphql::{self, Field};
use crate::halls::opened;
use crate::shelf::{Shelf, find};
use axum::response::Response;
use serde_json::{Map, Value, json};

/// Answers `api.monday.com`, but for whose account it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "monday") {
        Ok(token) => token,
        Err(reason) => {
            return refuse(
                401,
                json!({ "errors": [{ "message": "Not Authenticated", "extensions": { "code": "NOT_AUTHENTICATED" } }] }),
                format!("monday: {reason}"),
            );
        }
    };
    let body = call.json();
    let query = body["query"].as_str().unwrap_or_default();
    let needed = match query {
        query if query.contains("create_update") => "updates:write",
        query if query.trim_start().starts_with("mutation") => "boards:write",
        _ => "boards:read",
    };
    if !has(&token, &[needed]) {
        return wrong("missingRequiredPermissions", &format!("needs {needed}"));
    }
    let mut shelf = sandbox.shelf();
    let chosen = graphql::read(query).and_then(|fields| {
        let mut data = Map::new();
        for field in &fields {
            let value = root(&mut shelf, field, &body["variables"])?;
            data.insert(field.alias.clone(), graphql::choose(&value, &field.fields, &field.name)?);
        }
        Ok(data)
    });
    match chosen {
        Ok(data) => answer::json(200, json!({ "data": data })),
        Err(reason) => wrong("undefinedField", &reason),
    }
}

/// A refusal, with status 200.
fn wrong(code: &str, reason: &str) -> Response {
    let body = json!({ "data": null, "errors": [{ "message": reason, "extensions": { "code": code } }] });
    refuse(200, body, format!("monday: {reason}"))
}

fn items(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("monday/items", || {
        vec![item("880101", "Lights for the pier", "Working on it"), item("880102", "Benches", "Done")]
    })
}

fn item(id: &str, name: &str, status: &str) -> Value {
    json!({ "id": id, "name": name, "url": format!("https://northbeam.monday.com/boards/7700100/pulses/{id}"), "updated_at": ago(5),
        "group": { "id": "topics", "title": "Spring" }, "column_values": [{ "id": "status", "text": status }, { "id": "date", "text": "2026-12-01" }] })
}

fn updates<'a>(shelf: &'a mut Shelf, item: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("monday/updates/{item}"), || {
        vec![json!({ "id": "5501", "text_body": "When do they come?", "created_at": ago(4), "creator": { "name": "Jonas Weil" } })]
    })
}

fn root(shelf: &mut Shelf, field: &Field, variables: &Value) -> Result<Value, String> {
    let said = |name: &str| word(variables, &format!("/{name}")).unwrap_or_default().to_owned();
    let known = |id: &str| ["7700100", "7700200"].contains(&id);
    match field.name.as_str() {
        "boards" if field.arguments.contains("$board") => {
            if !known(&said("board")) {
                return Ok(json!([]));
            }
            let here = if said("board") == "7700100" { items(shelf).clone() } else { Vec::new() };
            Ok(
                json!([{ "id": said("board"), "name": "Harbor works", "items_page": { "cursor": null, "items": here } }]),
            )
        }
        "boards" => Ok(json!([
            { "id": "7700100", "name": "Harbor works", "url": "https://northbeam.monday.com/boards/7700100" },
            { "id": "7700200", "name": "Ideas", "url": "https://northbeam.monday.com/boards/7700200" },
        ])),
        "items" => match find(items(shelf), "id", &said("item")).cloned() {
            Some(mut item) => {
                item["updates"] = json!(updates(shelf, &said("item")));
                Ok(json!([item]))
            }
            None => Ok(json!([])),
        },
        "create_item" if known(&said("board")) && !said("name").trim().is_empty() => {
            let made = item(&shelf.number().to_string(), &said("name"), "");
            items(shelf).push(made.clone());
            Ok(made)
        }
        "create_item" => Err("Board not found".to_owned()),
        "create_update" => {
            let id = said("item");
            if find(items(shelf), "id", &id).is_none() {
                return Err("Item not found".to_owned());
            }
            let made = json!({ "id": shelf.number().to_string(), "text_body": said("text"), "created_at": now(), "creator": { "name": "Mira Okafor" } });
            updates(shelf, &id).insert(0, made.clone());
            Ok(made)
        }
        name => Err(format!("Cannot query field \"{name}\".")),
    }
}
