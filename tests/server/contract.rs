//! The contract of the JSON API, and that the routes keep to it.
#![expect(clippy::disallowed_methods, reason = "whoever writes the files anew says so in the environment")]

use std::{collections::BTreeMap, fs, path::Path};

use aura::serve;
use http::StatusCode;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use crate::{browser::dump, program::Program, support::TestApp, vendor::person};

const FILE: &str = "docs/openapi.json";

/// One operation: its name, method and path.
pub struct Operation {
    pub name: String,
    pub method: String,
    pub path: String,
    /// Whether whoever asks shows a credential.
    pub guarded: bool,
    /// The schema of its JSON body, where it takes one.
    pub body: Option<Value>,
}

/// The contract as the code says it.
pub fn document(app: &TestApp) -> Value {
    serde_json::to_value(serve::contract(app.state())).unwrap()
}

/// Every operation of it, by name.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, said) in item.as_object().unwrap() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let body = said["requestBody"]["content"]["application/json"]["schema"].as_object();
            operations.push(Operation {
                name: said["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name")).to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                guarded: said["security"].as_array().is_some_and(|all| all.iter().all(|one| one != &json!({}))),
                body: body.map(|schema| Value::Object(schema.clone())),
            });
        }
    }
    operations.sort_by(|one, other| one.name.cmp(&other.name));
    operations
}

/// A value that fits a schema, as far as one can be told from it.
pub fn example(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return example(document, document.pointer(name.trim_start_matches('#')).unwrap());
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(one) = schema[several].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return example(document, one);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind =
        schema["type"].as_array().map_or(&schema["type"], |kinds| kinds.iter().find(|kind| *kind != "null").unwrap());
    match kind.as_str().unwrap_or("object") {
        "string" => match schema["format"].as_str() {
            Some("uuid") => json!("0192f0c1-0000-7000-8000-000000000000"),
            Some("date-time") => json!("2026-04-01T00:00:00Z"),
            Some("email") => json!("somebody@example.com"),
            _ => json!("123456"),
        },
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([example(document, &schema["items"])]),
        _ => {
            let none = Map::new();
            let wanted = schema["required"].as_array().cloned().unwrap_or_default();
            let members = schema["properties"].as_object().unwrap_or(&none);
            let picked = members.iter().filter(|(name, _)| wanted.contains(&json!(name)));
            Value::Object(picked.map(|(name, schema)| (name.clone(), example(document, schema))).collect())
        }
    }
}

/// `scripts/contract` writes it anew.
#[sqlx::test]
async fn ap_06_the_contract_that_is_checked_in_is_what_the_code_says(db: PgPool) {
    let app = TestApp::new(db).await;
    let said = format!("{}\n", serde_json::to_string_pretty(&document(&app)).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("AURA_WRITE_CONTRACT").is_some() {
        fs::write(&file, &said).unwrap();
    }
    let checked_in = fs::read_to_string(&file).unwrap_or_default();
    assert!(checked_in == said, "{FILE} is not what the code says: write it with `scripts/contract`");
    let program = Program::new(&app, person(&app).await).await;
    assert_eq!(program.get("/api/openapi.json").await.value(), document(&app), "it is what is served");
}

#[sqlx::test]
async fn ap_07_every_operation_is_described_and_says_who_may_call_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let document = document(&app);
    assert_eq!(document["openapi"], json!("3.1.0"));
    let mut names = BTreeMap::new();
    for operation in operations(&document) {
        let said = &document["paths"][&operation.path][operation.method.to_lowercase()];
        let place = format!("{} {}", operation.method, operation.path);
        assert!(said["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{place} has no summary");
        let tag = said["tags"][0].as_str().unwrap_or_default();
        let told = document["tags"].as_array().is_some_and(|tags| tags.iter().any(|one| one["name"] == tag));
        assert!(told, "{place}: nothing is told of the tag «{tag}»");
        let may = said["security"].as_array().filter(|all| all.len() == 1);
        let (anybody, bearer) = (json!({}), json!({ "bearer": [] }));
        assert!(may.is_some_and(|all| [anybody, bearer].contains(&all[0])), "{place} does not say who may call it");
        assert!(said["responses"]["4XX"].is_object() && said["responses"]["5XX"].is_object(), "{place}: no refusals");
        let other = names.insert(operation.name.clone(), place.clone());
        assert!(other.is_none(), "{place} and {other:?} are both called {}", operation.name);
    }
    for route in serve::routes(app.state()) {
        if route.path.starts_with("/api/v1/") {
            let method = route.method.as_str().to_lowercase();
            assert!(document["paths"][&route.path][method].is_object(), "{} {} is not in it", route.method, route.path);
        }
    }
}

#[sqlx::test]
async fn ap_08_nobody_sets_what_they_may_not_by_naming_it(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let user = person(&app).await;
    let document = document(&app);
    let before = |text: String| text.lines().filter(|line| line.contains("admin")).count();
    let admins = before(dump(&app).await);
    for operation in operations(&document) {
        let Some(schema) = &operation.body else { continue };
        let fits = example(&document, schema);
        let Some(members) = fits.as_object() else { continue };
        let program = Program::new(&app, user).await;
        let path = operation.path.replace("{id}", &user.to_string()).replace("{platform}", "ios");
        for (name, value) in [
            ("role", json!("admin")),
            ("status", json!("active")),
            ("user_id", json!("0192f0c1-0000-7000-8000-000000000000")),
            ("verified", json!(true)),
            ("email_verified_at", json!("2026-03-12T12:00:00Z")),
        ] {
            if members.contains_key(name) || schema_knows(&document, schema, name) {
                continue;
            }
            let mut body = members.clone();
            body.insert(name.to_owned(), value);
            let answer = program.send(&operation.method, &path, Some(&Value::Object(body))).await;
            let place = format!("{} {} with {name}: {}", operation.method, operation.path, answer.text());
            let refused = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
            assert!(refused.contains(&answer.status), "{place}");
        }
    }
    assert_eq!(before(dump(&app).await), admins, "nobody became an operator");
}

fn schema_knows(document: &Value, schema: &Value, name: &str) -> bool {
    let schema = match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    schema["properties"].get(name).is_some()
}
