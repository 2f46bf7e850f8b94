//! What Discord tells an app of the person who let it in.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, has, parts, refuse, size};
use crate::oauth::grants::Token;
use axum::response::Response;
use serde_json::{Value, json};

const SERVERS: [(&str, &str, u32); 2] =
    [("881000000000000001", "Northbeam", 14), ("881000000000000002", "Harbour chess", 230)];

/// Answers `discord.com/api/v10/…`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v10", "users", "@me", path @ ..] = parts.as_slice() else { return app::nobody(call) };
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["discord"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, 0, "401: Unauthorized", denied.reason()),
    };
    let scope = match path {
        [] => "identify",
        ["guilds"] => "guilds",
        ["guilds", _, "member"] => "guilds.members.read",
        ["connections"] => "connections",
        _ => return app::nobody(call),
    };
    if call.method.as_str() != "GET" {
        return app::nobody(call);
    }
    if !has(&token, &[scope]) {
        return wrong(403, 50001, "Missing Access", &format!("the scope {scope} is missing"));
    }
    match path {
        [] => answer::json(200, user(&token)),
        ["guilds"] => guilds(call),
        ["guilds", id, "member"] if SERVERS.iter().any(|(server, ..)| server == id) => answer::json(
            200,
            json!({ "user": user(&token), "nick": "mira (Northbeam)", "roles": ["1", "2"], "joined_at": ago(9_000), "deaf": false, "mute": false }),
        ),
        ["guilds", ..] => wrong(404, 10004, "Unknown Guild", "unknown server"),
        _ => answer::json(
            200,
            json!([{ "id": "spotify-1", "name": token.person.login, "type": "spotify", "verified": true }]),
        ),
    }
}

fn wrong(status: u16, code: u32, message: &str, reason: &str) -> Response {
    refuse(status, json!({ "message": message, "code": code }), format!("discord: {reason}"))
}

fn user(token: &Token) -> Value {
    let person = token.person;
    json!({ "id": format!("77000000000000{}", person.number), "username": person.login, "global_name": person.name, "locale": "en-GB", "mfa_enabled": true })
}

fn guilds(call: &Call) -> Response {
    let Some(limit) = size(call, "limit", 200, 200) else {
        return wrong(400, 50035, "Invalid Form Body", "limit is at most 200");
    };
    let after = call.q("after").unwrap_or_default();
    let counts = call.q("with_counts") == Some("true");
    let all: Vec<Value> = SERVERS
        .iter()
        .filter(|(id, ..)| *id > after)
        .take(limit)
        .map(|(id, name, members)| {
            let mut server = json!({ "id": id, "name": name, "owner": false, "permissions": "0", "features": [] });
            if counts {
                server["approximate_member_count"] = (*members).into();
            }
            server
        })
        .collect();
    answer::json(200, all.into())
}
