//! Our own JSON, and JSPF (<https://www.xspf.org/jspf>).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Line, OURS, Read, source};
use crate::music::playlist::error::PlaylistError;

#[derive(Serialize, Deserialize)]
struct Ours {
    #[serde(default)]
    name: String,
    tracks: Vec<Line>,
}

pub fn write(name: &str, lines: &[Line]) -> Vec<u8> {
    pretty(&json!(Ours { name: name.to_owned(), tracks: lines.to_vec() }))
}

pub fn write_jspf(name: &str, lines: &[Line]) -> Vec<u8> {
    let tracks: Vec<Value> = lines.iter().map(track).collect();
    pretty(&json!({ "playlist": { "title": name, "creator": "Aura", "track": tracks } }))
}

fn track(line: &Line) -> Value {
    let mut track = json!({
        "title": line.title,
        "creator": line.artists.join(", "),
        "extension": { OURS: [{ "artists": line.artists, "source": line.source }] },
    });
    if let Some(album) = &line.album {
        track["album"] = json!(album);
    }
    if let Some(duration) = line.duration_ms {
        track["duration"] = json!(duration);
    }
    if let Some(isrc) = &line.isrc {
        track["identifier"] = json!([format!("urn:isrc:{isrc}")]);
    }
    track
}

pub fn read(text: &str) -> Result<Read, PlaylistError> {
    let broken = |error: serde_json::Error| PlaylistError::Unreadable(error.to_string());
    let whole: Value = serde_json::from_str(text).map_err(broken)?;
    if let Some(playlist) = whole.get("playlist").filter(|playlist| playlist.is_object()) {
        let tracks = playlist["track"].as_array().map(Vec::as_slice).unwrap_or_default();
        let name = playlist["title"].as_str().unwrap_or_default().to_owned();
        return Ok(Read { name, lines: tracks.iter().map(line_of_jspf).collect() });
    }
    let tracks = if whole.is_array() { &whole } else { &whole["tracks"] };
    let tracks = tracks.as_array().ok_or_else(|| PlaylistError::Unreadable("it has no list of tracks".to_owned()))?;
    let name = whole["name"].as_str().unwrap_or_default().to_owned();
    Ok(Read { name, lines: tracks.iter().map(line_of_ours).collect() })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn some(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn whole(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| number.try_into().ok())
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Array(names) => names.iter().filter_map(some).collect(),
        other => some(other).into_iter().collect(),
    }
}

fn line_of_ours(track: &Value) -> Line {
    let artists = names(&track["artists"]);
    Line {
        title: text(&track["title"]),
        artists: if artists.is_empty() { names(&track["artist"]) } else { artists },
        album: some(&track["album"]),
        duration_ms: whole(&track["duration_ms"]),
        isrc: some(&track["isrc"]),
        source: source(track["source"].as_str().unwrap_or_default()),
    }
}

fn line_of_jspf(track: &Value) -> Line {
    let ours = &track["extension"][OURS][0];
    let artists = names(&ours["artists"]);
    let isrc = names(&track["identifier"]).iter().find_map(|name| name.strip_prefix("urn:isrc:").map(str::to_owned));
    Line {
        title: text(&track["title"]),
        artists: if artists.is_empty() { names(&track["creator"]) } else { artists },
        album: some(&track["album"]),
        duration_ms: whole(&track["duration"]),
        isrc,
        source: source(ours["source"].as_str().unwrap_or_default()),
    }
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}
