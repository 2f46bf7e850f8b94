//! Finds tracks and makes playlists through a person's connection, by the addresses of 2026 alone.

use http::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Spotify, refusal, shapes};
use crate::{
    integrations::Sent,
    kit::id::{ConnectionId, UserId},
    music::{
        matching::{Candidate, Wanted},
        trouble::Trouble,
    },
};

/// What making playlists needs to be granted.
pub const SCOPES: [&str; 3] = ["playlist-read-private", "playlist-modify-private", "playlist-modify-public"];
/// The most lines that are added at once.
pub const AT_ONCE: usize = 100;
/// The most lines that a playlist may have.
pub const MOST_LINES: usize = 10_000;
/// The most that an app in development mode finds at once.
const FOUND: &str = "10";
/// The most lines, or playlists, that are read at once.
const PAGE: usize = 50;
/// How many pages of somebody's playlists are looked through for one that was just made.
const PAGES: usize = 6;

/// Through which of a person's connections.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    pub user: UserId,
    pub connection: ConnectionId,
    pub now: OffsetDateTime,
}

/// A track that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub uri: String,
    pub candidate: Candidate,
}

/// A playlist that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub id: String,
    pub url: String,
}

/// A stretch of a playlist, and how long all of it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub uris: Vec<String>,
    pub total: usize,
}

/// Why lines were not added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// One of them is not taken.
    #[error("the service does not take these tracks")]
    Refused,
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Spotify {
    /// `GET /me`: the ids by which the account may be known.
    ///
    /// # Errors
    /// When Spotify does not tell.
    pub async fn whose(&self, door: Door) -> Result<Vec<String>, Trouble> {
        let answer = self.ask(door.user, door.connection, "/me", &[], door.now).await?;
        let ids = ["account_id", "id"].iter().filter_map(|name| answer[*name].as_str().map(str::to_owned));
        Ok(ids.collect())
    }

    /// `GET /search`: tracks, the likeliest first.
    ///
    /// # Errors
    /// When Spotify does not tell. That it was asked too often is such an error, and never «nothing found».
    pub async fn search(&self, door: Door, words: &str) -> Result<Vec<Found>, Trouble> {
        let query = [("q", words.to_owned()), ("type", "track".to_owned()), ("limit", FOUND.to_owned())];
        let answer = self.ask(door.user, door.connection, "/search", &query, door.now).await?;
        let items = answer["tracks"]["items"].as_array().ok_or(Trouble::Unreadable)?;
        Ok(items.iter().filter_map(found).collect())
    }

    /// `POST /me/playlists`
    ///
    /// # Errors
    /// When Spotify does not answer; then nobody knows whether it was made.
    pub async fn make(&self, door: Door, name: &str, about: &str, public: bool) -> Result<Made, Trouble> {
        let body = json!({ "name": name, "description": about, "public": public, "collaborative": false });
        let answer = self.told(door, &Method::POST, "/me/playlists", &[], Some(&body)).await?;
        made(&answer).ok_or(Trouble::Unreadable)
    }

    /// `GET /me/playlists`: one of the last made, by a mark in its description.
    ///
    /// # Errors
    /// When Spotify does not tell.
    pub async fn find(&self, door: Door, mark: &str) -> Result<Option<Made>, Trouble> {
        for page in 0..PAGES {
            let query = [("limit", PAGE.to_string()), ("offset", (page * PAGE).to_string())];
            let answer = self.ask(door.user, door.connection, "/me/playlists", &query, door.now).await?;
            let items = answer["items"].as_array().ok_or(Trouble::Unreadable)?;
            let marked = |item: &&Value| item["description"].as_str().is_some_and(|about| about.contains(mark));
            if let Some(item) = items.iter().find(marked) {
                return Ok(made(item));
            }
            if items.len() < PAGE {
                break;
            }
        }
        Ok(None)
    }

    /// `POST /playlists/{id}/items`: adds at a place, or behind all; the playlist's state then.
    ///
    /// # Errors
    /// When a track is not taken, or Spotify does not answer; then nobody knows whether they were added.
    pub async fn add(&self, door: Door, id: &str, uris: &[&str], at: Option<usize>) -> Result<String, NotAdded> {
        let mut body = json!({ "uris": uris });
        if let Some(at) = at {
            body["position"] = at.into();
        }
        let path = format!("/playlists/{}/items", encoded(id));
        let response = self.sent(door, &Method::POST, &path, &[], Some(&body)).await?;
        if matches!(response.status, 400 | 404 | 413 | 422) {
            return Err(NotAdded::Refused);
        }
        let answer = refusal::sorted(&response, door.now)?;
        Ok(answer["snapshot_id"].as_str().unwrap_or_default().to_owned())
    }

    /// `GET /playlists/{id}/items`: at most fifty lines from a place on.
    ///
    /// # Errors
    /// When Spotify does not tell.
    pub async fn lines(&self, door: Door, id: &str, from: usize) -> Result<Stretch, Trouble> {
        let query = [("limit", PAGE.to_string()), ("offset", from.to_string())];
        let path = format!("/playlists/{}/items", encoded(id));
        let answer = self.ask(door.user, door.connection, &path, &query, door.now).await?;
        let items = answer["items"].as_array().ok_or(Trouble::Unreadable)?;
        let total = answer["total"].as_u64().and_then(|total| total.try_into().ok()).ok_or(Trouble::Unreadable)?;
        Ok(Stretch { uris: items.iter().map(uri).collect(), total })
    }

    /// Removes a playlist from the account's library, which is all that Spotify knows of deleting.
    ///
    /// # Errors
    /// When Spotify does not do it. One that is not there any more is removed.
    pub async fn forget(&self, door: Door, id: &str) -> Result<(), Trouble> {
        let query = [("uris", format!("spotify:playlist:{id}"))];
        let response = self.sent(door, &Method::DELETE, "/me/library", &query, None).await?;
        if response.is_success() {
            return Ok(());
        }
        if response.status == 429 || response.status >= 500 {
            return refusal::sorted(&response, door.now).map(drop);
        }
        // Apps with extended quota may still have the address of before.
        let path = format!("/playlists/{}/followers", encoded(id));
        let response = self.sent(door, &Method::DELETE, &path, &[], None).await?;
        if response.is_success() || response.status == 404 {
            return Ok(());
        }
        refusal::sorted(&response, door.now).map(drop)
    }

    async fn told(
        &self,
        door: Door,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        json: Option<&Value>,
    ) -> Result<Value, Trouble> {
        refusal::sorted(&self.sent(door, method, path, query, json).await?, door.now)
    }

    async fn sent(
        &self,
        door: Door,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        json: Option<&Value>,
    ) -> Result<crate::platform::http::Response, Trouble> {
        Ok(self.integrations.send(door.user, door.connection, Sent { method, path, query, json }).await?)
    }
}

fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn made(answer: &Value) -> Option<Made> {
    let id = answer["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
    let told = answer["external_urls"]["spotify"].as_str().filter(|url| url.starts_with("https://"));
    let url = told.map_or_else(|| format!("https://open.spotify.com/playlist/{id}"), str::to_owned);
    Some(Made { id, url })
}

/// Of a track that was exchanged for this listener's country, the one that was added.
fn uri(entry: &Value) -> String {
    let inside = [&entry["item"], &entry["track"]].into_iter().find(|inside| inside.is_object());
    let track = inside.unwrap_or(&Value::Null);
    let told = track["linked_from"]["uri"].as_str().or_else(|| track["uri"].as_str());
    told.unwrap_or_default().to_owned()
}

fn found(item: &Value) -> Option<Found> {
    let told = shapes::track(item)?;
    let uri = item["uri"].as_str().map(str::to_owned);
    let uri = uri.or_else(|| told.source_key.as_ref().map(|key| format!("spotify:track:{key}")))?;
    let barred = item["is_playable"].as_bool() == Some(false) || item["restrictions"].is_object();
    let track = Wanted {
        title: told.title,
        artists: told.artists,
        album: told.album,
        duration_ms: told.duration_ms,
        isrc: told.isrc,
    };
    Some(Found { uri, candidate: Candidate { track, barred } })
}
