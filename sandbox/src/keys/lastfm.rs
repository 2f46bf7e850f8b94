//! Last.fm: the consent page, the token that is good once, sessions, and the signature of each call.

use super::agree;
use crate::answer;
use crate::app::Sandbox;
use crate::call::{Call, find};
use crate::desk::refuse;
use crate::listeners;
use crate::log;
use crate::oauth::known_client;
use crate::people::{Person, by_key};
use crate::shelf::take;
use axum::response::Response;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

const SECRET: &str = "sandbox-secret";
const ASKED: &str = "lastfm/asked";
const TOKENS: &str = "lastfm/tokens";
/// Sessions that work.
pub const SESSIONS: &str = "lastfm/sessions";

/// Whether a browser asks for the consent page.
pub fn is_consent(call: &Call) -> bool {
    call.host == "www.last.fm" && call.path == "/api/auth/" && call.method == "GET"
}

/// The consent page.
pub fn consent(sandbox: &Sandbox, call: &Call) -> Response {
    let (Some(key), Some(callback)) = (call.q("api_key").filter(|key| known_client(key)), call.q("cb")) else {
        return refuse(403, json!("Invalid API key"), "lastfm: unknown key or no callback");
    };
    let mut shelf = sandbox.shelf();
    let id = format!("asked-{}", shelf.number());
    shelf.list(ASKED, Vec::new).push(json!({ "id": id, "key": key, "callback": callback }));
    agree::page("lastfm", "Last.fm", "A program wants to read what you played.", &id)
}

/// Where the browser goes after the page; who says no stays at Last.fm, and here goes back without a token.
pub fn decided(sandbox: &Sandbox, request: &str, person: Option<Person>) -> Option<String> {
    let mut shelf = sandbox.shelf();
    let asked = take(shelf.list(ASKED, Vec::new), "id", request)?;
    let callback = asked["callback"].as_str()?.to_owned();
    let Some(person) = person else { return Some(callback) };
    let token = format!("lastfm-token-{}", shelf.number());
    shelf.list(TOKENS, Vec::new).push(json!({ "token": token, "key": asked["key"], "person": person.key }));
    let between = if callback.contains('?') { '&' } else { '?' };
    Some(format!("{callback}{between}token={token}"))
}

/// Answers `ws.audioscrobbler.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parameters = if call.method == "POST" { call.fields() } else { call.query.clone() };
    let said = |name: &str| find(&parameters, name).unwrap_or_default().to_owned();
    if !known_client(&said("api_key")) {
        return refused(10, "Invalid API key - You must be granted a valid key by last.fm");
    }
    // What is open to everybody needs no signature.
    if said("api_sig").is_empty() && said("sk").is_empty() && said("method").starts_with("user.") {
        return listeners::answer(sandbox, call);
    }
    if said("api_sig") != signature(&parameters) {
        return refused(13, "Invalid method signature supplied");
    }
    match said("method").as_str() {
        "auth.getSession" => {
            let mut shelf = sandbox.shelf();
            let Some(token) = take(shelf.list(TOKENS, Vec::new), "token", &said("token")) else {
                return refused(4, "Unauthorized Token - This token has not been issued");
            };
            if token["key"] != said("api_key").as_str() {
                return refused(14, "Unauthorized Token - This token has not been authorized");
            }
            let key = format!("lastfm-session-{}", shelf.number());
            let person = by_key(token["person"].as_str().unwrap_or_default());
            shelf.list(SESSIONS, Vec::new).push(json!({ "key": key, "person": person.key }));
            answer::json(200, json!({ "session": { "subscriber": 0, "name": person.login, "key": key } }))
        }
        method => {
            let mut shelf = sandbox.shelf();
            let open = shelf.list(SESSIONS, Vec::new).iter().find(|open| open["key"] == said("sk").as_str());
            let Some(person) = open.and_then(|open| open["person"].as_str()).map(by_key) else {
                return refused(9, "Invalid session key - Please re-authenticate");
            };
            // Profiles are told by their name; a name that nobody has is refused.
            let asked = said("user");
            if !asked.is_empty() && asked != person.login {
                return refused(6, "User not found");
            }
            match method {
                "user.getInfo" => answer::json(200, profile(person)),
                "user.getRecentTracks" if !asked.is_empty() => {
                    let now = json!({ "name": "Night Ferry", "artist": { "#text": "Reef & Rope" }, "album": { "#text": "" }, "url": "https://www.last.fm/music/Reef", "@attr": { "nowplaying": "true" } });
                    let before = json!({ "name": "Low Tide", "artist": { "#text": "Ines Duarte" }, "album": { "#text": "Salt" }, "url": "https://www.last.fm/music/Ines", "date": { "uts": played(2) } });
                    answer::json(
                        200,
                        json!({ "recenttracks": { "track": [now, before], "@attr": { "user": asked, "page": "1", "totalPages": "1" } } }),
                    )
                }
                "user.getLovedTracks" if !asked.is_empty() => {
                    let loved = json!({ "name": "Salt", "artist": { "name": "The Gate Codes" }, "url": "https://www.last.fm/music/Salt", "date": { "uts": played(400) } });
                    answer::json(
                        200,
                        json!({ "lovedtracks": { "track": [loved], "@attr": { "user": asked, "page": "1", "totalPages": "1" } } }),
                    )
                }
                "user.getRecentTracks" | "user.getLovedTracks" => {
                    refused(6, "Invalid parameters - Your request is missing a required parameter")
                }
                _ => refused(3, "Invalid Method - No method with that name in this package"),
            }
        }
    }
}

fn profile(person: Person) -> Value {
    json!({ "user": { "name": person.login, "realname": person.name, "playcount": "4101", "url": format!("https://www.last.fm/user/{}", person.login), "registered": { "unixtime": "1273000000", "#text": 1_273_000_000 } } })
}

/// A moment so many hours ago, in seconds since 1970, as text.
fn played(hours: i64) -> String {
    (log::now().unix_timestamp() - hours * 3_600).to_string()
}

/// The digest over the sorted parameters, without those that say how the answer is written.
fn signature(parameters: &[(String, String)]) -> String {
    let mut signed: Vec<_> =
        parameters.iter().filter(|(name, _)| !["api_sig", "format", "callback"].contains(&name.as_str())).collect();
    signed.sort();
    let text: String = signed.iter().map(|(name, value)| format!("{name}{value}")).collect();
    Md5::digest(format!("{text}{SECRET}")).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A refusal, with status 200 as Last.fm often has it.
fn refused(code: u16, message: &str) -> Response {
    refuse(200, json!({ "error": code, "message": message }), format!("lastfm: {message}"))
}
