//! Takes Last.fm's answers apart. They are XML that was turned into JSON: numbers are texts or numbers, a list of one is
//! the one, and a name is a text or an object with `#text` or `name`. What is not there is nothing, and never an error.

use serde_json::Value;
use time::OffsetDateTime;

use crate::music::{
    genres::tags::Tag,
    told::{Subject, ToldAccount, ToldPlay, ToldTrack, TopEntry},
};

/// The picture that stands for none.
const PLACEHOLDER: &str = "2a96cbd8b46e442fc41c2b86b821562f";

/// A page of plays, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentPage {
    pub plays: Vec<ToldPlay>,
    /// What plays at this moment, which comes on top of the page and is no play yet.
    pub now_playing: Option<ToldTrack>,
    pub pages: i32,
    pub total: i64,
}

/// `user.getInfo`: whose it is, and what it says.
#[must_use]
pub fn account(answer: &Value) -> Option<(String, ToldAccount)> {
    let user = &answer["user"];
    let name = text(&user["name"])?;
    let registered = number(&user["registered"]["unixtime"]).or_else(|| number(&user["registered"]["#text"]));
    let told = ToldAccount {
        name: name.clone(),
        plays: number(&user["playcount"]),
        country: text(&user["country"]).filter(|country| country != "None"),
        registered_at: registered.and_then(moment),
        url: link(&user["url"]),
        image_url: picture(&user["image"]),
    };
    Some((name, told))
}

/// `user.getTopArtists` and its kin: whose it is, and the lines in their order.
#[must_use]
pub fn top(answer: &Value, subject: Subject) -> Option<(String, Vec<TopEntry>)> {
    let (list, line) = match subject {
        Subject::Artist => ("topartists", "artist"),
        Subject::Album => ("topalbums", "album"),
        Subject::Track => ("toptracks", "track"),
    };
    let whose = text(&answer[list]["@attr"]["user"])?;
    let read = |(at, entry): (usize, &Value)| {
        let counted = i64::try_from(at).unwrap_or(0) + 1;
        Some(TopEntry {
            rank: number(&entry["@attr"]["rank"]).filter(|rank| *rank > 0).unwrap_or(counted).try_into().ok()?,
            name: text(&entry["name"])?,
            artist: text(&entry["artist"]).filter(|_| subject != Subject::Artist),
            album: None,
            plays: number(&entry["playcount"]),
            duration_ms: seconds(&entry["duration"]),
            source_key: text(&entry["mbid"]),
            url: link(&entry["url"]),
            image_url: picture(&entry["image"]),
        })
    };
    let mut entries: Vec<TopEntry> = many(&answer[list][line]).into_iter().enumerate().filter_map(read).collect();
    entries.sort_by_key(|entry| entry.rank);
    entries.dedup_by_key(|entry| entry.rank);
    Some((whose, entries))
}

/// `user.getRecentTracks`: whose it is, and the page.
#[must_use]
pub fn recent(answer: &Value) -> Option<(String, RecentPage)> {
    let (list, about) = (&answer["recenttracks"]["track"], &answer["recenttracks"]["@attr"]);
    let whose = text(&about["user"])?;
    let plays_now = |entry: &Value| text(&entry["@attr"]["nowplaying"]).as_deref() == Some("true");
    let (now, before): (Vec<&Value>, Vec<&Value>) = many(list).into_iter().partition(|entry| plays_now(entry));
    let play = |entry: &Value| {
        let at = number(&entry["date"]["uts"]).filter(|seconds| *seconds > 0).and_then(moment)?;
        Some(ToldPlay { track: track(entry)?, at })
    };
    let page = RecentPage {
        plays: before.into_iter().filter_map(play).collect(),
        now_playing: now.into_iter().find_map(track),
        pages: number(&about["totalPages"]).and_then(|pages| pages.try_into().ok()).unwrap_or(1),
        total: number(&about["total"]).unwrap_or(0),
    };
    Some((whose, page))
}

/// `artist.getTopTags`: what listeners call an artist. None where the answer is of another kind.
#[must_use]
pub fn tags(answer: &Value) -> Option<Vec<Tag>> {
    let list = answer["toptags"].as_object()?;
    let tags = list.get("tag").map(many).unwrap_or_default();
    let tag = |entry: &Value| Some(Tag { name: text(&entry["name"])?, count: number(&entry["count"]).unwrap_or(0) });
    Some(tags.into_iter().filter_map(tag).collect())
}

/// A track among plays.
#[must_use]
pub fn track(entry: &Value) -> Option<ToldTrack> {
    Some(ToldTrack {
        title: text(&entry["name"])?,
        artists: vec![text(&entry["artist"])?],
        album: text(&entry["album"]),
        source_key: text(&entry["mbid"]),
        artist_key: text(&entry["artist"]["mbid"]),
        album_key: text(&entry["album"]["mbid"]),
        url: link(&entry["url"]),
        image_url: picture(&entry["image"]),
        ..ToldTrack::default()
    })
}

/// A list, of which a single one may be all there is.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

/// A name, wherever it stands; an empty one is none.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(_) => value["#text"].as_str().or_else(|| value["name"].as_str()),
        _ => None,
    };
    // A NUL is the one character that Postgres does not take.
    text.map(|text| text.replace('\0', "").trim().to_owned()).filter(|text| !text.is_empty())
}

/// A number that may be written as a text.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whole seconds as milliseconds; none there is told as nought.
fn seconds(value: &Value) -> Option<i32> {
    number(value).filter(|seconds| *seconds > 0)?.checked_mul(1_000)?.try_into().ok()
}

fn moment(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

fn link(value: &Value) -> Option<String> {
    text(value).filter(|url| url.starts_with("https://"))
}

/// The largest picture, unless it is the one for none.
fn picture(value: &Value) -> Option<String> {
    let largest = many(value).into_iter().rev().find_map(|image| link(&image["#text"]));
    largest.filter(|url| !url.contains(PLACEHOLDER))
}
