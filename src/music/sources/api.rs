//! What the page of sources asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::SourcesView;
use crate::{
    error::AppError,
    kit::id::{ConnectionId, MusicSourceId},
};

/// The person's sources, with lists over the time that is chosen.
#[server(prefix = "/api", endpoint = "music/sources", input = GetUrl)]
pub async fn music_sources(#[server(default)] period: String) -> Result<SourcesView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&period).await
}

/// Reads what a Last.fm name plays.
#[server(prefix = "/api", endpoint = "music/add-lastfm")]
pub async fn add_lastfm(name: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::add_lastfm(&name).await
}

/// Reads what a connected Spotify account plays.
#[server(prefix = "/api", endpoint = "music/read-spotify")]
pub async fn read_spotify(connection: ConnectionId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::read_spotify(connection).await
}

/// Reads a source without waiting for its time.
#[server(prefix = "/api", endpoint = "music/sync-now")]
pub async fn sync_now(id: MusicSourceId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::sync_now(id).await
}

/// Removes a source with all that only it told.
#[server(prefix = "/api", endpoint = "music/remove-source")]
pub async fn remove_source(id: MusicSourceId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove(id).await
}
