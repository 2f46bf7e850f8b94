//! Buffer's GraphQL address: the channels of one organization and what is posted to them.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, refuse, word};
use crate::graphql::{self, Field};
use crate::halls::opened;
use crate::shelf::Shelf;
use axum::response::Response;
use serde_json::{Map, Value, json};

const ORGANIZATION: &str = "org-northbeam";

/// Answers `api.buffer.com`, but for whose account it is.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "buffer") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "UNAUTHENTICATED", reason),
    };
    let body = call.json();
    let query = body["query"].as_str().unwrap_or_default();
    let needed = match query {
        query if query.trim_start().starts_with("mutation") => "posts:write",
        query if query.contains("posts(") => "posts:read",
        _ => "account:read",
    };
    if !has(&token, &[needed]) {
        return wrong(403, "FORBIDDEN", needed);
    }
    let chosen = graphql::read(query).and_then(|fields| {
        let mut data = Map::new();
        for field in &fields {
            let value = root(field, &body["variables"], &mut sandbox.shelf())?;
            data.insert(field.alias.clone(), graphql::choose(&value, &field.fields, &field.name)?);
        }
        Ok(data)
    });
    match chosen {
        Ok(data) => answer::json(200, json!({ "data": data })),
        Err(reason) => wrong(200, "BAD_USER_INPUT", &reason),
    }
}

fn wrong(status: u16, code: &str, reason: &str) -> Response {
    let body = json!({ "errors": [{ "message": reason, "extensions": { "code": code } }] });
    refuse(status, body, format!("buffer: {reason}"))
}

fn root(field: &Field, variables: &Value, shelf: &mut Shelf) -> Result<Value, String> {
    let ours = word(variables, "/organization") == Some(ORGANIZATION);
    match field.name.as_str() {
        "account" => Ok(json!({ "organizations": [{ "id": ORGANIZATION, "name": "Northbeam" }] })),
        "createPost" => Ok(create(&variables["input"], shelf)),
        _ if !ours => Err("Organization not found".to_owned()),
        "channels" => Ok(json!([
            { "id": "ch1", "name": "northbeam", "displayName": "Northbeam", "service": "mastodon", "descriptor": "Mastodon Profile" },
            { "id": "ch2", "name": "northbeam.harbor", "displayName": null, "service": "instagram", "descriptor": "Instagram Business" },
        ])),
        "posts" => {
            let wanted = variables["status"].as_array().cloned().unwrap_or_default();
            let all = shelf.list("buffer/posts", posts).iter();
            let edges: Vec<Value> =
                all.filter(|post| wanted.contains(&post["status"])).map(|post| json!({ "node": post })).collect();
            Ok(json!({ "edges": edges }))
        }
        name => Err(format!("Cannot query field \"{name}\"")),
    }
}

fn create(input: &Value, shelf: &mut Shelf) -> Value {
    let (Some(text), Some("ch1" | "ch2")) = (word(input, "/text"), word(input, "/channelId")) else {
        return json!({ "__typename": "InvalidInputError", "message": "A post needs a channel and a text." });
    };
    let draft = input["saveToDraft"] == true;
    let (status, due) = if draft { ("draft", Value::Null) } else { ("scheduled", ago(-44).into()) };
    let made = post(&format!("p{}", shelf.number()), text, status, due, Value::Null);
    shelf.list("buffer/posts", posts).push(made.clone());
    json!({ "__typename": "PostActionSuccess", "post": made })
}

fn post(id: &str, text: &str, status: &str, due: Value, sent: Value) -> Value {
    json!({ "id": id, "text": text, "status": status, "dueAt": due, "sentAt": sent, "channelService": "mastodon",
        "externalLink": null })
}

fn posts() -> Vec<Value> {
    vec![
        post("p1", "The season opens on Friday", "scheduled", ago(-20).into(), Value::Null),
        post("p2", "Look at this pier", "sent", ago(30).into(), ago(30).into()),
        post("p3", "Who paints the lighthouse door?", "draft", Value::Null, Value::Null),
    ]
}
