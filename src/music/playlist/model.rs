//! What the pages show of playlists.

use serde::{Deserialize, Serialize};

use crate::{
    kit::id::{ConnectionId, MusicPlaylistId},
    music::export::model::ExportView,
};

/// A line of a playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub title: String,
    /// The first first.
    pub artists: Vec<String>,
    pub album: Option<String>,
    pub duration_ms: Option<i32>,
    /// Without hyphens.
    pub isrc: Option<String>,
    /// Which kind of source told of it.
    pub source: String,
}

/// A playlist in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaylistRow {
    pub id: MusicPlaylistId,
    pub name: String,
    /// How many lines, where from and when.
    pub about: String,
}

/// A period that a playlist can be made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodOffer {
    pub value: String,
    pub name: String,
}

/// What `/music/playlists` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaylistsView {
    pub playlists: Vec<PlaylistRow>,
    pub periods: Vec<PeriodOffer>,
    /// What was refused.
    pub refused: Option<String>,
}

/// An account that a playlist can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    pub connection: ConnectionId,
    pub account: String,
    /// With which app.
    pub own_app: bool,
    /// Where its person lets playlists be made there; none where they have.
    pub allow: Option<String>,
}

/// What a playlist's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaylistView {
    pub id: MusicPlaylistId,
    pub name: String,
    pub description: String,
    pub about: String,
    /// The first of its lines.
    pub lines: Vec<Line>,
    /// How many there are in all.
    pub total: i64,
    pub targets: Vec<TargetView>,
    pub exports: Vec<ExportView>,
}
