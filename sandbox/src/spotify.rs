//! Spotify's Web API: who am I, what is and was played, what is played most and kept; playlists and search elsewhere.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{ago, nothing};
use crate::log;
use crate::oauth::grants::{Denied, Token};
use crate::people::MIRA;
use crate::spotify_data::{self, ARTISTS, TRACKS};
use crate::spotify_playlists;
use axum::response::Response;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// Minutes between two plays, counted back from now; the pattern repeats.
const GAPS: [i64; 6] = [4, 5, 230, 4, 6, 655];
/// Plays that are kept, as with the vendor.
const PLAYS: usize = 50;

/// Answers `api.spotify.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["spotify", "spotify-byo"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return unauthorised(denied),
    };
    if let Some(response) = spotify_playlists::answer(sandbox, call, &token) {
        return response;
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v1/me") => answer::json(200, me(&token)),
        ("GET", "/v1/me/player/recently-played") => {
            with_scope(&token, "user-read-recently-played", || recent(call, &token))
        }
        ("GET", "/v1/me/top/tracks") => with_scope(&token, "user-top-read", || {
            top(call, "tracks", TRACKS.iter().map(spotify_data::track).collect())
        }),
        ("GET", "/v1/me/top/artists") => with_scope(&token, "user-top-read", || {
            top(call, "artists", ARTISTS.iter().map(spotify_data::artist).collect())
        }),
        ("GET", "/v1/me/player/currently-playing") => {
            with_scope(&token, "user-read-currently-playing", || playing(&token))
        }
        ("GET", "/v1/me/tracks") => with_scope(&token, "user-library-read", || {
            top(
                call,
                "tracks",
                TRACKS
                    .iter()
                    .rev()
                    .map(|track| json!({ "added_at": ago(90), "track": spotify_data::track(track) }))
                    .collect(),
            )
        }),
        _ => app::nobody(call),
    }
}

/// Mira listens; with whoever does not, there is nothing to tell.
fn playing(token: &Token) -> Response {
    let Some(track) = TRACKS.first().filter(|_| token.person == MIRA) else { return nothing() };
    let started = log::now().unix_timestamp_nanos() / 1_000_000 - 60_000;
    let body = json!({ "is_playing": true, "progress_ms": 60_000, "timestamp": i64::try_from(started).unwrap_or(0), "currently_playing_type": "track", "item": spotify_data::track(track) });
    answer::json(200, body)
}

/// A refusal as all of them are here.
pub fn error(status: u16, message: &str, reason: String) -> Response {
    answer::refused(answer::json(status, json!({ "error": { "status": status, "message": message } })), reason)
}

fn unauthorised(denied: Denied) -> Response {
    let message = match denied {
        Denied::Missing => "No token provided",
        Denied::Expired => "The access token expired",
        Denied::Unknown | Denied::Revoked => "Invalid access token",
    };
    error(401, message, format!("spotify: {}", denied.reason()))
}

/// Does it if the token was granted this.
pub fn with_scope(token: &Token, scope: &str, act: impl FnOnce() -> Response) -> Response {
    if token.scopes.iter().any(|granted| granted == scope) {
        return act();
    }
    error(403, "Insufficient client scope", format!("spotify: needs {scope}"))
}

fn me(token: &Token) -> Value {
    let person = token.person;
    let mut me = json!({
        "display_name": person.name,
        "external_urls": { "spotify": format!("https://open.spotify.com/user/{}", person.login) },
        "followers": { "href": null, "total": 31 },
        "href": format!("https://api.spotify.com/v1/users/{}", person.login),
        "id": person.login,
        "images": [],
        "type": "user",
        "uri": format!("spotify:user:{}", person.login),
    });
    // Apps in development mode are given no address, whatever they ask for.
    if token.scopes.iter().any(|scope| scope == "user-read-private") {
        me["country"] = "DE".into();
        me["product"] = "premium".into();
    }
    me
}

/// `limit`, which must be 1 to 50.
fn limit(call: &Call, otherwise: usize) -> Option<usize> {
    match call.q("limit").map(str::parse::<usize>) {
        None => Some(otherwise),
        Some(Ok(limit)) => (1..=50).contains(&limit).then_some(limit),
        Some(Err(_)) => None,
    }
}

/// The hour's start stands for now, so that plays keep their times for a while.
fn plays() -> Vec<OffsetDateTime> {
    let now = log::now();
    let mut at = now
        - Duration::minutes(i64::from(now.minute()) % 20)
        - Duration::seconds(i64::from(now.second()))
        - Duration::nanoseconds(i64::from(now.nanosecond()));
    (0..PLAYS)
        .map(|number| {
            at -= Duration::minutes(GAPS.get(number % GAPS.len()).copied().unwrap_or(5));
            at
        })
        .collect()
}

fn recent(call: &Call, token: &Token) -> Response {
    let Some(size) = limit(call, 20) else {
        return error(400, "Invalid limit", "spotify: limit must be 1 to 50".into());
    };
    if call.q("after").is_some() && call.q("before").is_some() {
        return error(400, "Only one of after and before", "spotify: both after and before".into());
    }
    let bound = |name: &str| call.q(name).and_then(|text| text.parse::<i128>().ok());
    let shift = if token.person == MIRA { 0 } else { 3 };
    let milliseconds = |at: &OffsetDateTime| at.unix_timestamp_nanos() / 1_000_000;
    let found: Vec<(OffsetDateTime, Value)> = plays()
        .into_iter()
        .enumerate()
        .filter(|(_, at)| bound("after").is_none_or(|after| milliseconds(at) > after))
        .filter(|(_, at)| bound("before").is_none_or(|before| milliseconds(at) < before))
        .take(size)
        .filter_map(|(number, at)| {
            let track = TRACKS.get((number * 3 + shift) % TRACKS.len())?;
            let played = format!("{}.000Z", log::rfc3339(at).trim_end_matches('Z'));
            Some((at, json!({ "track": spotify_data::track(track), "played_at": played, "context": null })))
        })
        .collect();
    let cursors = match (found.first(), found.last()) {
        (Some((newest, _)), Some((oldest, _))) => {
            json!({ "after": milliseconds(newest).to_string(), "before": milliseconds(oldest).to_string() })
        }
        _ => Value::Null,
    };
    let next = cursors["before"]
        .as_str()
        .filter(|_| found.len() == size)
        .map(|before| format!("https://api.spotify.com/v1/me/player/recently-played?before={before}&limit={size}"));
    let items: Vec<Value> = found.into_iter().map(|(_, item)| item).collect();
    answer::json(
        200,
        json!({
            "items": items,
            "next": next,
            "cursors": cursors,
            "limit": size,
            "href": format!("https://api.spotify.com/v1/me/player/recently-played?limit={size}"),
        }),
    )
}

fn top(call: &Call, what: &str, all: Vec<Value>) -> Response {
    let Some(size) = limit(call, 20) else {
        return error(400, "Invalid limit", "spotify: limit must be 1 to 50".into());
    };
    let range = call.q("time_range").unwrap_or("medium_term");
    if !["short_term", "medium_term", "long_term"].contains(&range) {
        return error(400, "Invalid time range", "spotify: unknown time_range".into());
    }
    let skip = call.q("offset").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let total = all.len();
    let mut all = all;
    if range == "short_term" {
        all.rotate_left(1);
    }
    answer::json(
        200,
        json!({
            "items": all.into_iter().skip(skip).take(size).collect::<Vec<_>>(),
            "total": total,
            "limit": size,
            "offset": skip,
            "href": format!("https://api.spotify.com/v1/me/top/{what}?limit={size}&offset={skip}&time_range={range}"),
            "next": null,
            "previous": null,
        }),
    )
}
