//! SoundCloud's API: tracks, likes, playlists.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, parts, refuse, size, slice, word};
use crate::oauth::grants::Token;
use crate::people::JONAS;
use crate::shelf::{find, take};
use axum::response::Response;
use serde_json::{Value, json};

const TRACKS: [(u32, &str, &str); 5] = [
    (801, "Harbour Lights", "Reef & Rope"),
    (802, "Low Tide", "Ines Duarte"),
    (803, "Night Ferry", "Reef & Rope"),
    (804, "Salt", "The Gate Codes"),
    (805, "Morning Fog", "Ines Duarte"),
];

/// Answers `api.soundcloud.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    // This vendor's word before the token is OAuth; Bearer works as well.
    let sent = call.authorization("OAuth").or_else(|| call.authorization("Bearer"));
    let checked = sandbox.grants().check(sent, &["soundcloud"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "401 - Unauthorized", denied.reason()),
    };
    let parts = parts(call);
    let path: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["me"]) => answer::json(200, me(&token)),
        ("GET", ["me", "likes", "tracks"]) => listed(call, shelf.list("soundcloud/likes", likes)),
        ("GET", ["me", "recently-played", "tracks"]) => {
            listed(call, &[track(3), track(0), track(2)].map(Option::unwrap_or_default))
        }
        ("GET", ["me", "tracks"]) => listed(call, shelf.list("soundcloud/own", own)),
        ("GET", ["me", "playlists"]) => listed(call, shelf.list("soundcloud/playlists", playlists)),
        ("GET", ["tracks"]) => {
            let words = call.q("q").unwrap_or_default();
            let found: Vec<Value> =
                all().into_iter().filter(|one| mentions(one, &["/title", "/user/username"], words)).collect();
            listed(call, &found)
        }
        ("POST" | "DELETE", ["likes", "tracks", urn]) => {
            let Some(found) = find(&all(), "urn", urn).cloned() else {
                return wrong(404, "404 - Not Found", "unknown track");
            };
            let likes = shelf.list("soundcloud/likes", likes);
            let had = take(likes, "urn", urn).is_some();
            if call.method == "POST" {
                likes.insert(0, found);
                return answer::json(if had { 200 } else { 201 }, json!({ "status": "200 - OK" }));
            }
            if had {
                answer::json(200, json!({ "status": "200 - OK" }))
            } else {
                wrong(404, "404 - Not Found", "not liked")
            }
        }
        ("POST", ["playlists"]) => {
            let body = call.json();
            let Some(title) = word(&body, "/playlist/title") else {
                return wrong(422, "422 - Unprocessable Entity", "a playlist without a title");
            };
            let sharing = word(&body, "/playlist/sharing").unwrap_or("public");
            if !["public", "private"].contains(&sharing) {
                return wrong(422, "422 - Unprocessable Entity", "unknown sharing");
            }
            let made = playlist(shelf.number(), title, sharing);
            shelf.list("soundcloud/playlists", playlists).insert(0, made.clone());
            answer::json(201, made)
        }
        ("GET", ["tracks", urn, "comments"]) if find(&all(), "urn", urn).is_some() => {
            listed(call, shelf.list(&format!("soundcloud/comments/{urn}"), Vec::new))
        }
        ("POST", ["tracks", urn, "comments"]) if find(&all(), "urn", urn).is_some() => {
            let body = call.json();
            let Some(text) = word(&body, "/comment/body") else {
                return wrong(422, "422 - Unprocessable Entity", "a comment without text");
            };
            let made = json!({ "kind": "comment", "urn": format!("soundcloud:comments:{}", shelf.number()), "body": text, "track_urn": urn,
                "created_at": now(), "timestamp": body["comment"]["timestamp"], "user": { "username": token.person.login } });
            shelf.list(&format!("soundcloud/comments/{urn}"), Vec::new).push(made.clone());
            answer::json(201, made)
        }
        _ => wrong(404, "404 - Not Found", "unknown track or address"),
    }
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    let body = json!({ "code": status, "message": message, "link": "https://developers.soundcloud.com/docs/api/explorer/open-api", "status": message, "errors": [] });
    refuse(status, body, format!("soundcloud: {reason}"))
}

fn me(token: &Token) -> Value {
    json!({ "kind": "user", "urn": format!("soundcloud:users:{}", token.person.number), "username": token.person.login, "permalink": token.person.login,
        "full_name": token.person.name, "permalink_url": format!("https://soundcloud.com/{}", token.person.login) })
}

fn track(place: usize) -> Option<Value> {
    let (id, title, who) = TRACKS.get(place)?;
    let slug = title.to_lowercase().replace(' ', "-");
    Some(
        json!({ "kind": "track", "urn": format!("soundcloud:tracks:{id}"), "title": title, "duration": 214_000, "genre": "Folk", "created_at": ago(900),
        "user": { "username": who, "urn": format!("soundcloud:users:{id}") }, "permalink_url": format!("https://soundcloud.com/reef/{slug}"), "access": "playable" }),
    )
}

fn all() -> Vec<Value> {
    (0..TRACKS.len()).filter_map(track).collect()
}

fn likes() -> Vec<Value> {
    [1, 4].into_iter().filter_map(track).collect()
}

/// What the person uploaded.
fn own() -> Vec<Value> {
    track(3).into_iter().collect()
}

fn playlist(id: u64, title: &str, sharing: &str) -> Value {
    json!({ "kind": "playlist", "urn": format!("soundcloud:playlists:{id}"), "title": title, "sharing": sharing, "track_count": 0, "created_at": now(),
        "user": { "username": JONAS.login }, "permalink_url": format!("https://soundcloud.com/northbeam/sets/{id}") })
}

fn playlists() -> Vec<Value> {
    vec![playlist(701, "For the way to work", "private")]
}

/// A collection in pages, each with the address of the next.
fn listed(call: &Call, all: &[Value]) -> Response {
    let Some(size) = size(call, "limit", 50, 200) else {
        return wrong(400, "400 - Bad Request", "limit");
    };
    let skip = call.q("cursor").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (page, more) = slice(all, skip, size);
    let next = more.then(|| {
        let path = &call.path;
        format!("https://api.soundcloud.com{path}?linked_partitioning=true&limit={size}&cursor={}", skip + size)
    });
    answer::json(200, json!({ "collection": page, "next_href": next }))
}
