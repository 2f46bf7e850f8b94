//! Takes Spotify's answers apart, those of before 2026 and those of since: an entry of a playlist is `item` or `track`, a
//! playlist has `items` or `tracks`, an account `account_id` or `id`, and much that was once there may be missing.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::music::told::{Subject, ToldAccount, ToldPlay, ToldPlaylist, ToldTrack, TopEntry};

/// What was played last, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentPage {
    pub plays: Vec<ToldPlay>,
    /// What to ask for plays after; none: nothing was played since.
    pub after: Option<String>,
}

/// `GET /me`: the id that never changes, and what is said of the account.
#[must_use]
pub fn account(answer: &Value) -> Option<(String, ToldAccount)> {
    let id = text(&answer["account_id"]).or_else(|| text(&answer["id"]))?;
    let told = ToldAccount {
        name: text(&answer["display_name"]).unwrap_or_else(|| id.clone()),
        country: text(&answer["country"]),
        url: link(&answer["external_urls"]["spotify"]),
        image_url: picture(&answer["images"]),
        ..ToldAccount::default()
    };
    Some((id, told))
}

/// `GET /me/top/…`; the order is all that it tells.
#[must_use]
pub fn top(answer: &Value, subject: Subject) -> Option<Vec<TopEntry>> {
    let first = answer["offset"].as_i64().unwrap_or(0);
    let read = |(at, item): (usize, &Value)| {
        let rank = i32::try_from(first + i64::try_from(at).ok()? + 1).ok()?;
        if subject == Subject::Artist { artist(item, rank) } else { top_track(track(item)?, rank) }
    };
    Some(answer["items"].as_array()?.iter().enumerate().filter_map(read).collect())
}

/// An artist, at a place in a list.
#[must_use]
pub fn artist(item: &Value, rank: i32) -> Option<TopEntry> {
    Some(TopEntry {
        rank,
        name: text(&item["name"])?,
        source_key: text(&item["id"]),
        url: link(&item["external_urls"]["spotify"]),
        image_url: picture(&item["images"]),
        ..TopEntry::default()
    })
}

fn top_track(track: ToldTrack, rank: i32) -> Option<TopEntry> {
    Some(TopEntry {
        rank,
        name: track.title,
        artist: Some(track.artists.join(", ")).filter(|names| !names.is_empty()),
        album: track.album,
        plays: None,
        duration_ms: track.duration_ms,
        source_key: track.source_key,
        url: track.url,
        image_url: track.image_url,
    })
}

/// `GET /me/player/recently-played`
#[must_use]
pub fn recent(answer: &Value) -> Option<RecentPage> {
    let play = |item: &Value| {
        let at = OffsetDateTime::parse(item["played_at"].as_str()?, &Rfc3339).ok()?;
        Some(ToldPlay { track: entry(item)?, at })
    };
    let plays: Vec<ToldPlay> = answer["items"].as_array()?.iter().filter_map(play).collect();
    let after = match &answer["cursors"]["after"] {
        Value::String(after) if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(after.clone())
        }
        Value::Number(after) => Some(after.to_string()),
        // What is known of the newest one says the same.
        _ => plays.iter().map(|play| play.at.unix_timestamp_nanos() / 1_000_000).max().map(|at| at.to_string()),
    };
    Some(RecentPage { plays, after })
}

/// A playlist in full or in short.
#[must_use]
pub fn playlist(answer: &Value) -> Option<ToldPlaylist> {
    let part = [&answer["items"], &answer["tracks"]].into_iter().find(|part| part.is_object()).unwrap_or(&Value::Null);
    Some(ToldPlaylist {
        id: text(&answer["id"])?,
        name: text(&answer["name"])?,
        total: part["total"].as_i64(),
        tracks: entries(part),
    })
}

/// The tracks of any page of them: of a playlist, of a search, of what was saved or played.
#[must_use]
pub fn entries(page: &Value) -> Vec<ToldTrack> {
    page["items"].as_array().map(|items| items.iter().filter_map(entry).collect()).unwrap_or_default()
}

/// A track inside an entry, or itself.
fn entry(entry: &Value) -> Option<ToldTrack> {
    let inside = [&entry["item"], &entry["track"]].into_iter().find(|inside| inside.is_object());
    track(inside.unwrap_or(entry))
}

/// A track; an episode is none.
#[must_use]
pub fn track(item: &Value) -> Option<ToldTrack> {
    if item["type"].as_str().is_some_and(|kind| kind != "track") {
        return None;
    }
    let artists: Vec<&Value> = item["artists"].as_array()?.iter().collect();
    let album = &item["album"];
    Some(ToldTrack {
        title: text(&item["name"])?,
        artists: artists.iter().filter_map(|artist| text(&artist["name"])).collect(),
        album: text(&album["name"]),
        released: album["release_date"]
            .as_str()
            .and_then(|date| date.get(..4)?.parse().ok())
            .filter(|year| *year > 999),
        duration_ms: whole(&item["duration_ms"]).filter(|duration| *duration > 0),
        isrc: text(&item["external_ids"]["isrc"]).map(|isrc| isrc.replace('-', "").to_ascii_uppercase()),
        source_key: text(&item["id"]),
        artist_key: artists.first().and_then(|artist| text(&artist["id"])),
        album_key: text(&album["id"]),
        url: link(&item["external_urls"]["spotify"]),
        image_url: picture(&album["images"]),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.replace('\0', "").trim().to_owned()).filter(|text| !text.is_empty())
}

/// A whole number that may be written with a point.
fn whole(value: &Value) -> Option<i32> {
    let whole = value.as_i64().or_else(|| value.as_f64().map(|number| number.round() as i64));
    whole.and_then(|number| number.try_into().ok())
}

fn link(value: &Value) -> Option<String> {
    text(value).filter(|url| url.starts_with("https://"))
}

/// The widest picture.
fn picture(images: &Value) -> Option<String> {
    let wide = |image: &&Value| image["width"].as_i64().unwrap_or(0);
    let list = images.as_array()?;
    // Where no width is told the first is the widest.
    let widest = list.iter().rev().max_by_key(wide)?;
    link(&widest["url"])
}
