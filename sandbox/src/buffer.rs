//! Buffer's GraphQL address: the channels of one organization and what is posted to them.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, refuse, word};
use crate::graphql::{self, Field};
use crate::halls::opened;
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
    let needed = if query.contains("posts(") { "posts:read" } else { "account:read" };
    if !has(&token, &[needed]) {
        return wrong(403, "FORBIDDEN", needed);
    }
    let chosen = graphql::read(query).and_then(|fields| {
        let mut data = Map::new();
        for field in &fields {
            let value = root(field, &body["variables"])?;
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

fn root(field: &Field, variables: &Value) -> Result<Value, String> {
    let ours = word(variables, "/organization") == Some(ORGANIZATION);
    match field.name.as_str() {
        "account" => Ok(json!({ "organizations": [{ "id": ORGANIZATION, "name": "Northbeam" }] })),
        _ if !ours => Err("Organization not found".to_owned()),
        "channels" => Ok(json!([
            { "id": "ch1", "name": "northbeam", "displayName": "Northbeam", "service": "mastodon", "descriptor": "Mastodon Profile" },
            { "id": "ch2", "name": "northbeam.harbor", "displayName": null, "service": "instagram", "descriptor": "Instagram Business" },
        ])),
        "posts" => {
            let wanted = variables["status"].as_array().cloned().unwrap_or_default();
            let edges: Vec<Value> = posts()
                .into_iter()
                .filter(|post| wanted.contains(&post["status"]))
                .map(|post| json!({ "node": post }))
                .collect();
            Ok(json!({ "edges": edges }))
        }
        name => Err(format!("Cannot query field \"{name}\"")),
    }
}

fn posts() -> Vec<Value> {
    let post = |id: &str, text: &str, status: &str, due: String, sent: Value| json!({ "id": id, "text": text, "status": status, "dueAt": due, "sentAt": sent, "channelService": "mastodon", "externalLink": null });
    vec![
        post("p1", "The season opens on Friday", "scheduled", ago(-20), Value::Null),
        post("p2", "Look at this pier", "sent", ago(30), ago(30).into()),
    ]
}
