//! Last.fm's open reads: who listens, what they played, and what they played most. Only a key is needed.
//!
//! Each day's plays follow from the day alone, so they stay what they are as time goes on. Some names answer in a way of
//! their own: see [`NAMES`].

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::refuse;
use crate::log;
use crate::people::EVERYBODY;
use crate::spotify_data::{ARTISTS, TRACKS, Track};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use time::{Date, Duration, OffsetDateTime, Time};

/// Names beside those of the people here, and what they are for.
pub const NAMES: [(&str, &str); 5] = [
    ("nobody-plays", "has an account and no plays"),
    ("closed-door", "keeps the profile private: error 17"),
    ("mixed-up", "is answered with somebody else's data each second time"),
    ("long-rest", "may be asked again in a day: error 29 with Retry-After"),
    ("fell-silent", "was known to getInfo and is now deleted: error 6"),
];

/// For how many days people have listened.
const DAYS: i64 = 420;
/// More calls than that within five seconds are too many: five a second, and some in reserve.
const MOST: usize = 30;
const WINDOW_MS: i128 = 5_000;
const CALLS: &str = "lastfm/calls";
const TURNS: &str = "lastfm/turns";
const GREY: &str = "https://lastfm.freetls.fastly.net/i/u/300x300/2a96cbd8b46e442fc41c2b86b821562f.png";

/// Answers a read.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if is_too_often(sandbox) {
        return refused(29, "Rate Limit Exceeded - Your IP has made too many requests in a short period");
    }
    let (name, method) = (call.q("user").unwrap_or_default().to_lowercase(), call.q("method").unwrap_or_default());
    if method == "artist.getTopTags" {
        return tags(call.q("artist").unwrap_or_default());
    }
    match name.as_str() {
        "closed-door" => return refused(17, "Login: User required to be logged in"),
        "long-rest" => {
            let mut response = refused(29, "Rate Limit Exceeded");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("86400"));
            return response;
        }
        "fell-silent" if method != "user.getInfo" => return refused(6, "User not found"),
        _ => {}
    }
    let person = EVERYBODY.into_iter().find(|person| person.login == name);
    if person.is_none() && !NAMES.iter().any(|(known, _)| *known == name) {
        return refused(6, "User not found");
    }
    // Somebody else's answer, in whole.
    let whose = if name == "mixed-up" && is_odd(sandbox) { "jonas-weil" } else { name.as_str() };
    let plays = if ["nobody-plays", "fell-silent"].contains(&whose) { Vec::new() } else { plays(whose) };
    match method {
        "user.getInfo" => answer::json(200, json!({ "user": profile(whose, plays.len()) })),
        "user.getRecentTracks" => recent(call, whose, &plays),
        "user.getTopArtists" => top(call, whose, &plays, "topartists", "artist", |track| {
            (artist_of(track).to_owned(), json!({ "name": artist_of(track), "streamable": "0", "image": image(GREY) }))
        }),
        "user.getTopAlbums" => top(call, whose, &plays, "topalbums", "album", |track| {
            let album = json!({ "name": track.album, "artist": { "name": artist_of(track), "mbid": "" }, "image": image("https://lastfm.freetls.fastly.net/i/u/300x300/0a.png") });
            (track.album.to_owned(), album)
        }),
        "user.getTopTracks" => top(call, whose, &plays, "toptracks", "track", |track| {
            let told = json!({ "name": track.name, "artist": { "name": artist_of(track), "mbid": "" }, "duration": (track.ms / 1_000).to_string(), "streamable": { "fulltrack": "0", "#text": "0" }, "image": image(GREY) });
            (track.name.to_owned(), told)
        }),
        _ => refused(3, "Invalid Method - No method with that name in this package"),
    }
}

/// What listeners call an artist: what they did with the music counts as much as what it is.
fn tags(name: &str) -> Response {
    let Some(artist) = ARTISTS.iter().find(|artist| artist.name.eq_ignore_ascii_case(name)) else {
        return refused(6, "The artist you supplied could not be found");
    };
    let named = ["seen live"].into_iter().chain(artist.genres.iter().copied());
    let tag = |(at, name): (usize, &str)| json!({ "count": 100 - at * 20, "name": name, "url": format!("https://www.last.fm/tag/{}", name.replace(' ', "+")) });
    let list: Vec<Value> = named.enumerate().map(tag).collect();
    answer::json(200, json!({ "toptags": { "tag": alone(list), "@attr": { "artist": artist.name } } }))
}

/// A refusal, with status 200 as Last.fm often has it.
fn refused(code: u16, message: &str) -> Response {
    let status = match code {
        6 => 404,
        29 => 429,
        _ => 200,
    };
    refuse(status, json!({ "error": code, "message": message }), format!("lastfm: {message}"))
}

fn is_too_often(sandbox: &Sandbox) -> bool {
    let now = log::now().unix_timestamp_nanos() / 1_000_000;
    let mut shelf = sandbox.shelf();
    let calls = shelf.list(CALLS, Vec::new);
    calls.retain(|at| at.as_i64().is_some_and(|at| i128::from(at) > now - WINDOW_MS));
    calls.push(Value::from(i64::try_from(now).unwrap_or(0)));
    calls.len() > MOST
}

fn is_odd(sandbox: &Sandbox) -> bool {
    let mut shelf = sandbox.shelf();
    let turns = shelf.list(TURNS, Vec::new);
    turns.push(Value::Null);
    turns.len() % 2 == 1
}

fn artist_of(track: &Track) -> &'static str {
    ARTISTS.get(track.artist).map_or("", |artist| artist.name)
}

fn image(url: &str) -> Value {
    json!([{ "size": "small", "#text": "" }, { "size": "extralarge", "#text": url }])
}

/// A number from a number, the same each time.
fn mixed(seed: u64) -> u64 {
    let spread = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (spread ^ (spread >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16
}

/// Everything that somebody has played, the newest first.
fn plays(name: &str) -> Vec<(OffsetDateTime, &'static Track)> {
    let (now, own) = (log::now(), name.bytes().map(u64::from).sum::<u64>());
    let of_day = |day: Date| {
        let seed = mixed(u64::from(day.to_julian_day().unsigned_abs()).wrapping_add(own << 32));
        (0..5 + seed % 9).filter_map(move |number| {
            let drawn = mixed(seed.wrapping_add(number));
            let minutes = 7 * 60 + i64::try_from(drawn % (16 * 60)).ok()?;
            let at = day.with_time(Time::MIDNIGHT).assume_utc() + Duration::minutes(minutes);
            // The first ones are played more often.
            let track = usize::try_from(((drawn >> 20) % 8).min((drawn >> 30) % 8)).ok()?;
            Some((at, TRACKS.get(track)?))
        })
    };
    let days = (0..DAYS).filter_map(|back| now.date().checked_sub(Duration::days(back)));
    let mut all: Vec<_> = days.flat_map(of_day).filter(|(at, _)| *at <= now).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.dedup_by_key(|(at, _)| *at);
    all
}

fn profile(name: &str, plays: usize) -> Value {
    json!({
        "name": name, "realname": "", "playcount": plays.to_string(), "country": "Germany", "image": image(GREY),
        "url": format!("https://www.last.fm/user/{name}"), "registered": { "unixtime": "1273000000", "#text": 1_273_000_000 },
    })
}

fn number(call: &Call, name: &str, otherwise: i64) -> i64 {
    call.q(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Which part of a list is asked for, and what is said of it.
fn part<T: Clone>(call: &Call, name: &str, most: i64, all: &[T]) -> (Vec<T>, Value) {
    let size = usize::try_from(number(call, "limit", 50).clamp(1, most)).unwrap_or(50);
    let page = usize::try_from(number(call, "page", 1).max(1)).unwrap_or(1);
    let part: Vec<T> = all.iter().skip((page - 1).saturating_mul(size)).take(size).cloned().collect();
    let about = json!({
        "user": name, "page": page.to_string(), "perPage": size.to_string(), "total": all.len().to_string(),
        "totalPages": all.len().div_ceil(size).to_string(),
    });
    (part, about)
}

/// One stands there without a list.
fn alone(mut list: Vec<Value>) -> Value {
    if list.len() == 1 { list.remove(0) } else { Value::from(list) }
}

fn recent(call: &Call, name: &str, plays: &[(OffsetDateTime, &'static Track)]) -> Response {
    let (from, to) = (number(call, "from", 0), number(call, "to", i64::MAX));
    let within: Vec<_> = plays.iter().filter(|(at, _)| (from..=to).contains(&at.unix_timestamp())).copied().collect();
    let (shown, about) = part(call, name, 200, &within);
    let told = |track: &Track| {
        json!({
            "name": track.name, "artist": { "#text": artist_of(track), "mbid": "" }, "album": { "#text": track.album, "mbid": "" },
            "mbid": "", "streamable": "0", "image": image(GREY), "url": "https://www.last.fm/music/_",
        })
    };
    let mut list: Vec<Value> = Vec::new();
    // It comes on top of what was asked for.
    if let Some((_, track)) = plays.first() {
        let mut now = told(track);
        now["@attr"] = json!({ "nowplaying": "true" });
        list.push(now);
    }
    list.extend(shown.into_iter().map(|(at, track)| {
        let mut play = told(track);
        play["date"] = json!({ "uts": at.unix_timestamp().to_string(), "#text": log::rfc3339(at) });
        play
    }));
    answer::json(200, json!({ "recenttracks": { "track": alone(list), "@attr": about } }))
}

fn top(
    call: &Call,
    name: &str,
    plays: &[(OffsetDateTime, &'static Track)],
    outer: &str,
    inner: &str,
    told: impl Fn(&'static Track) -> (String, Value),
) -> Response {
    let days = match call.q("period").unwrap_or("overall") {
        "7day" => 7,
        "1month" => 30,
        "3month" => 90,
        "6month" => 180,
        "12month" => 365,
        "overall" => DAYS,
        _ => return refused(6, "Invalid parameters - Your request is missing a required parameter"),
    };
    let since = log::now() - Duration::days(days);
    let mut counted: HashMap<String, (u32, Value)> = HashMap::new();
    for (_, track) in plays.iter().filter(|(at, _)| *at >= since) {
        let (key, shown) = told(track);
        counted.entry(key).or_insert((0, shown)).0 += 1;
    }
    let mut counted: Vec<(String, (u32, Value))> = counted.into_iter().collect();
    counted.sort_by(|(a, (more, _)), (b, (less, _))| less.cmp(more).then(a.cmp(b)));
    let lines: Vec<Value> = counted
        .into_iter()
        .enumerate()
        .map(|(at, (_, (count, mut line)))| {
            line["playcount"] = count.to_string().into();
            line["mbid"] = "".into();
            line["url"] = "https://www.last.fm/music/_".into();
            line["@attr"] = json!({ "rank": (at + 1).to_string() });
            line
        })
        .collect();
    let (shown, about) = part(call, name, 1_000, &lines);
    answer::json(200, json!({ outer: { inner: alone(shown), "@attr": about } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_stays_what_it_was_and_people_differ() {
        let (mira, jonas) = (plays("mira-okafor"), plays("jonas-weil"));
        assert!(mira.len() > 2_000 && mira.len() < 6_000, "{}", mira.len());
        assert!(mira.windows(2).all(|pair| pair[0].0 > pair[1].0));
        let same = plays("mira-okafor");
        assert_eq!(mira.last().map(|(at, track)| (at, track.id)), same.last().map(|(at, track)| (at, track.id)));
        assert_ne!(mira.last().map(|(at, _)| at), jonas.last().map(|(at, _)| at));
    }
}
