//! YouTube's data API: playlists and what is in them, liked videos, the search.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, mentions, now, refuse, size, slice, word};
use crate::shelf::{Shelf, find};
use axum::response::Response;
use serde_json::{Value, json};

const READ: &str = "https://www.googleapis.com/auth/youtube.readonly";
const WRITE: &str = "https://www.googleapis.com/auth/youtube";
const VIDEOS: [(&str, &str, &str); 3] = [
    ("harborlite1", "Harbour Lights", "Reef & Rope"),
    ("lowtidesng2", "Low Tide", "Ines Duarte"),
    ("nightferry3", "Night Ferry", "Reef & Rope"),
];

/// Answers `www.googleapis.com/youtube/v3`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["youtube-music"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "authError", denied.reason()),
    };
    let reads = call.method == "GET";
    if !has(&token, if reads { &[READ, WRITE] } else { &[WRITE] }) {
        return wrong(403, "insufficientPermissions", "Request had insufficient authentication scopes.");
    }
    let Some(parts) = call.q("part") else { return wrong(400, "missingRequiredParameter", "part is missing") };
    let mut shelf = sandbox.shelf();
    let path = call.path.strip_prefix("/youtube/v3").unwrap_or_default();
    match (call.method.as_str(), path) {
        ("GET", "/playlists") if call.q("mine") == Some("true") => listed(call, playlists(&mut shelf)),
        ("GET", "/playlistItems") => {
            let id = call.q("playlistId").unwrap_or_default();
            if find(playlists(&mut shelf), "id", id).is_none() {
                return wrong(404, "playlistNotFound", "The playlist cannot be found.");
            }
            listed(call, items(&mut shelf, id))
        }
        ("GET", "/videos") if call.q("myRating") == Some("like") => {
            listed(call, &[video(1), video(0)].map(Option::unwrap_or_default))
        }
        ("GET", "/search") => {
            let words = call.q("q").unwrap_or_default();
            let all = (0..VIDEOS.len()).filter_map(video);
            let found = all.filter(|one| mentions(one, &["/snippet/title", "/snippet/channelTitle"], words));
            let found: Vec<Value> = found
                .map(
                    |one| json!({ "id": { "kind": "youtube#video", "videoId": one["id"] }, "snippet": one["snippet"] }),
                )
                .collect();
            listed(call, &found)
        }
        ("POST", "/playlists") => {
            let body = call.json();
            let Some(title) = word(&body, "/snippet/title") else {
                return wrong(400, "playlistTitleRequired", "The request must specify a playlist title.");
            };
            let privacy = word(&body, "/status/privacyStatus").unwrap_or("public");
            if !["public", "unlisted", "private"].contains(&privacy) || !parts.contains("status") {
                return wrong(400, "invalidPlaylistSnippet", "The status is not right, or not among the parts.");
            }
            let made = playlist(&format!("PLMade{:012}", shelf.number()), title, &now());
            playlists(&mut shelf).insert(0, made.clone());
            answer::json(200, made)
        }
        ("POST", "/playlistItems") => {
            let body = call.json();
            let list = word(&body, "/snippet/playlistId").unwrap_or_default().to_owned();
            if find(playlists(&mut shelf), "id", &list).is_none() {
                return wrong(404, "playlistNotFound", "The playlist cannot be found.");
            }
            let asked = word(&body, "/snippet/resourceId/videoId").unwrap_or_default();
            let Some(place) = VIDEOS.iter().position(|(id, ..)| *id == asked) else {
                return wrong(404, "videoNotFound", "Video not found.");
            };
            let made = item(place, &list);
            items(&mut shelf, &list).push(made.clone());
            answer::json(200, made)
        }
        _ => wrong(404, "notFound", "Not Found"),
    }
}

fn wrong(status: u16, reason: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": status, "message": message, "errors": [{ "reason": reason, "domain": "youtube", "message": message }] } });
    refuse(status, body, format!("youtube-music: {message}"))
}

fn playlist(id: &str, title: &str, at: &str) -> Value {
    json!({ "kind": "youtube#playlist", "id": id, "snippet": { "title": title, "publishedAt": at, "channelTitle": "Mira Okafor" }, "contentDetails": { "itemCount": 1 } })
}

fn playlists(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("youtube-music/playlists", || vec![playlist("PLHarborMornings01", "Harbor mornings", &ago(900))])
}

fn items<'a>(shelf: &'a mut Shelf, list: &str) -> &'a mut Vec<Value> {
    let seeded = list == "PLHarborMornings01";
    shelf.list(&format!("youtube-music/items/{list}"), || if seeded { vec![item(0, list)] } else { Vec::new() })
}

fn video(place: usize) -> Option<Value> {
    let (id, title, who) = VIDEOS.get(place)?;
    Some(
        json!({ "kind": "youtube#video", "id": id, "snippet": { "title": title, "channelTitle": who, "publishedAt": ago(4_000) } }),
    )
}

fn item(place: usize, list: &str) -> Value {
    let (id, title, who) = VIDEOS[place % VIDEOS.len()];
    json!({ "kind": "youtube#playlistItem", "id": format!("{list}.{id}"), "snippet": { "title": title, "playlistId": list, "publishedAt": ago(20),
        "videoOwnerChannelTitle": who, "resourceId": { "kind": "youtube#video", "videoId": id } } })
}

fn listed(call: &Call, all: &[Value]) -> Response {
    let Some(size) = size(call, "maxResults", 5, 50) else { return wrong(400, "invalidParameter", "maxResults") };
    let skip = call.q("pageToken").and_then(|mark| mark.parse().ok()).unwrap_or(0);
    let (page, more) = slice(all, skip, size);
    let mut body = json!({ "items": page, "pageInfo": { "totalResults": all.len(), "resultsPerPage": size } });
    if more {
        body["nextPageToken"] = (skip + size).to_string().into();
    }
    answer::json(200, body)
}
