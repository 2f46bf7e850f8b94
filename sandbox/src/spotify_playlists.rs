//! Spotify's search and playlists, as an app in development mode has them since 2026: ten results at once, lines added by
//! `/items` in hundreds, and the addresses of before answered with 403.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::oauth::grants::Token;
use crate::people::MIRA;
use crate::shelf::{find, find_mut, take};
use crate::spotify::{error, with_scope};
use crate::spotify_data::{self, ARTISTS, TRACKS};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The most lines of a request, and of a playlist.
const AT_ONCE: usize = 100;
const MOST: usize = 10_000;

/// Answers what is about playlists or searching; none: it is about something else.
pub fn answer(sandbox: &Sandbox, call: &Call, token: &Token) -> Option<Response> {
    let shelf = format!("spotify/playlists/{}", token.person.login);
    let parts: Vec<&str> = call.path.trim_start_matches("/v1/").split('/').collect();
    let response = match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["search"]) => search(call),
        ("GET", ["me", "playlists"]) => {
            with_scope(token, "playlist-read-private", || listed(call, sandbox.shelf().list(&shelf, seeds)))
        }
        ("POST", ["me", "playlists"]) => modify(token, call, || {
            let mut shelves = sandbox.shelf();
            let id = format!("3sandboxplaylist{:06}", shelves.number() % 1_000_000);
            let body = call.json();
            let Some(name) = body["name"].as_str().filter(|name| !name.is_empty()) else {
                return error(400, "Missing required field: name", "spotify: a playlist without a name".into());
            };
            let mut made = playlist(&id, name, token.person.login);
            made["description"] = body["description"].clone();
            made["public"] = body["public"].clone();
            shelves.list(&shelf, seeds).insert(0, made.clone());
            answer::json(201, shown(&made))
        }),
        ("GET", ["playlists", id, "items"]) => {
            with_scope(token, "playlist-read-private", || match find(sandbox.shelf().list(&shelf, seeds), "id", id) {
                Some(playlist) => lines(call, playlist),
                None => error(403, "Forbidden", "spotify: not a playlist of this account".into()),
            })
        }
        ("POST", ["playlists", id, "items"]) => {
            modify(token, call, || add(call, find_mut(sandbox.shelf().list(&shelf, seeds), "id", id)))
        }
        // Gone for apps in development mode since March 2026.
        (_, ["playlists", _, "tracks"]) => error(403, "Forbidden", "spotify: /tracks is gone, use /items".into()),
        ("DELETE", ["me", "library"]) => modify(token, call, || {
            let Some(uris) = call.q("uris") else {
                return error(400, "Missing uris", "spotify: uris are missing".into());
            };
            let mut shelves = sandbox.shelf();
            for id in uris.split(',').filter_map(|uri| uri.strip_prefix("spotify:playlist:")) {
                take(shelves.list(&shelf, seeds), "id", id);
            }
            StatusCode::OK.into_response()
        }),
        _ => return None,
    };
    Some(response)
}

fn modify(token: &Token, call: &Call, act: impl FnOnce() -> Response) -> Response {
    let public = call.json()["public"] == true;
    let scope = if public { "playlist-modify-public" } else { "playlist-modify-private" };
    with_scope(token, scope, act)
}

fn seeds() -> Vec<Value> {
    [("waytowork", "Way to work"), ("sunday", "Sunday")].map(|(id, name)| playlist(id, name, MIRA.login)).to_vec()
}

fn playlist(id: &str, name: &str, owner: &str) -> Value {
    json!({ "id": id, "name": name, "description": "", "public": false, "collaborative": false, "type": "playlist",
        "owner": { "display_name": owner, "id": owner }, "uris": [], "snapshot_id": "snapshot0",
        "external_urls": { "spotify": format!("https://open.spotify.com/playlist/{id}") } })
}

/// As it is told: how many lines, and not which.
fn shown(playlist: &Value) -> Value {
    let mut shown = playlist.clone();
    let total = match playlist["id"].as_str() {
        Some("waytowork") => 31,
        Some("sunday") => 12,
        _ => playlist["uris"].as_array().map_or(0, Vec::len),
    };
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("uris");
        fields.insert("tracks".into(), json!({ "total": total }));
        fields.insert("items".into(), json!({ "total": total }));
    }
    shown
}

/// `offset` and `limit`, of which no more than `most`.
fn stretch(call: &Call, most: usize) -> Option<(usize, usize)> {
    let number = |name: &str, otherwise| call.q(name).map_or(Some(otherwise), |text| text.parse::<usize>().ok());
    let (from, limit) = (number("offset", 0)?, number("limit", most.min(20))?);
    (1..=most).contains(&limit).then_some((from, limit))
}

fn invalid_limit(most: usize) -> Response {
    error(400, "Invalid limit", format!("spotify: limit must be 1 to {most}"))
}

fn listed(call: &Call, playlists: &[Value]) -> Response {
    let Some((from, limit)) = stretch(call, 50) else { return invalid_limit(50) };
    let items: Vec<Value> = playlists.iter().skip(from).take(limit).map(shown).collect();
    answer::json(200, json!({ "items": items, "total": playlists.len(), "limit": limit, "offset": from, "next": null }))
}

fn search(call: &Call) -> Response {
    let Some((from, limit)) = stretch(call, 10) else { return invalid_limit(10) };
    let Some(words) = call.q("q").filter(|words| !words.trim().is_empty()) else {
        return error(400, "No search query", "spotify: q is missing".into());
    };
    let wanted: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let has = |track: &&Value| {
        if let Some(isrc) = words.strip_prefix("isrc:") {
            return track["external_ids"]["isrc"] == isrc;
        }
        let told = format!("{} {}", track["name"], track["artists"][0]["name"]).to_lowercase();
        wanted.iter().all(|word| told.contains(word.as_str()))
    };
    let all = songs();
    let found: Vec<&Value> = all.iter().filter(has).collect();
    let items: Vec<&Value> = found.iter().copied().skip(from).take(limit).collect();
    answer::json(
        200,
        json!({ "tracks": { "items": items, "total": found.len(), "limit": limit, "offset": from, "next": null } }),
    )
}

/// All that can be found: the known songs, a live take of one, and a longer version of another that does not say so.
fn songs() -> Vec<Value> {
    let mut songs: Vec<Value> = TRACKS.iter().map(spotify_data::track).collect();
    let mut variant = |of: usize, id: &str, name: String, ms: u32| {
        let Some(mut song) = TRACKS.get(of).map(spotify_data::track) else { return };
        song["id"] = id.into();
        song["uri"] = format!("spotify:track:{id}").into();
        song["name"] = name.into();
        song["duration_ms"] = ms.into();
        song["external_ids"] = json!({ "isrc": format!("SBXLV24{ms:05}").get(..12) });
        songs.push(song);
    };
    let artist = ARTISTS.first().map_or("", |artist| artist.name);
    variant(0, "4sandboxtrack0000000LV", format!("Harbour Lights - Live with {artist}"), 260_000);
    variant(3, "4sandboxtrack0000000LG", "Undertow".to_owned(), 372_000);
    songs
}

fn add(call: &Call, playlist: Option<&mut Value>) -> Response {
    let Some(playlist) = playlist else {
        return error(404, "Not found.", "spotify: no such playlist".into());
    };
    let body = call.json();
    let uris: Vec<Value> = body["uris"].as_array().cloned().unwrap_or_default();
    let known = songs();
    let fine = |uri: &Value| known.iter().any(|song| song["uri"] == *uri);
    if uris.is_empty() || uris.len() > AT_ONCE {
        return error(400, "You can add a maximum of 100 tracks per request.", "spotify: 1 to 100 uris".into());
    }
    if let Some(unknown) = uris.iter().find(|uri| !fine(uri)) {
        return error(400, "Invalid base62 id", format!("spotify: {unknown} is no track here"));
    }
    let Some(lines) = playlist["uris"].as_array_mut() else {
        return error(500, "Oops", "spotify: a playlist without lines".into());
    };
    if lines.len() + uris.len() > MOST {
        return error(403, "Playlist size limit reached", "spotify: 10,000 lines are the most".into());
    }
    let at = body["position"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(lines.len());
    if at > lines.len() {
        return error(400, "Index out of bounds.", "spotify: position is behind the end".into());
    }
    lines.splice(at..at, uris);
    let snapshot = format!("snapshot{}", lines.len());
    playlist["snapshot_id"] = snapshot.clone().into();
    answer::json(201, json!({ "snapshot_id": snapshot }))
}

/// Lines in both shapes: `item` as it is since 2026, and `track` as it was.
fn lines(call: &Call, playlist: &Value) -> Response {
    let Some((from, limit)) = stretch(call, 50) else { return invalid_limit(50) };
    let known = songs();
    let uris = playlist["uris"].as_array().cloned().unwrap_or_default();
    let entry = |(place, uri): (usize, &Value)| {
        let song = known.iter().find(|song| song["uri"] == *uri).cloned().unwrap_or(Value::Null);
        let name = if place % 2 == 0 { "item" } else { "track" };
        json!({ "added_at": "2026-01-01T00:00:00Z", "is_local": false, name: song })
    };
    let items: Vec<Value> = uris.iter().enumerate().skip(from).take(limit).map(entry).collect();
    answer::json(200, json!({ "items": items, "total": uris.len(), "limit": limit, "offset": from, "next": null }))
}
