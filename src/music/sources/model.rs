//! What a browser may know of the accounts that are read.

use serde::{Deserialize, Serialize};

use crate::kit::id::{ConnectionId, MusicSourceId};

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesView {
    /// Whether this installation reads Last.fm.
    pub lastfm: bool,
    pub sources: Vec<SourceView>,
    /// Spotify accounts that are connected and not read.
    pub offers: Vec<Offer>,
    /// Whether any Spotify account is connected.
    pub spotify: bool,
}

/// An account that could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub connection: ConnectionId,
    pub account: String,
}

/// How a source fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits for its first turn.
    Waiting,
    /// Something is being read.
    Reading,
    /// All is read.
    Read,
    /// The last try did not end well.
    Trouble,
}

/// An account that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    pub id: MusicSourceId,
    pub service: String,
    pub account: String,
    /// Of a name that was typed: whether its owner showed that it is theirs.
    pub verified: Option<bool>,
    pub standing: Standing,
    /// Why the last try did not end well, and what can be done.
    pub problem: Option<String>,
    /// When it was last read, and when it is tried again, in words.
    pub last: String,
    pub next: String,
    /// Where its account is at the service.
    pub url: Option<String>,
    /// What the service says of it, by name.
    pub facts: Vec<(String, String)>,
    pub lists: Vec<ListView>,
    pub plays: Vec<PlayView>,
}

/// A list of the most played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    pub title: String,
    pub entries: Vec<EntryView>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    pub rank: i32,
    pub name: String,
    /// The artist and the count, as far as they are told.
    pub note: String,
    pub url: Option<String>,
}

/// A play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayView {
    pub title: String,
    pub artist: String,
    pub at: String,
}
