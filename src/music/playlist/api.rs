//! What the pages of playlists ask of the server. Every form works without a script; files are brought by a plain one.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{PlaylistView, PlaylistsView};
use crate::{
    error::AppError,
    kit::id::{ConnectionId, MusicExportId, MusicPlaylistId},
};

/// The person's playlists. `refused` is what the address says that a form has come to.
#[server(prefix = "/api", endpoint = "music/playlists", input = GetUrl)]
pub async fn own_playlists(#[server(default)] refused: String) -> Result<PlaylistsView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::list(&refused).await
}

/// One of them, with what became of its exports.
#[server(prefix = "/api", endpoint = "music/playlist", input = GetUrl)]
pub async fn own_playlist(id: String) -> Result<PlaylistView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&id).await
}

/// Makes one of what was played most, or of typed lines.
#[server(prefix = "/api", endpoint = "music/make-playlist")]
pub async fn make_playlist(
    name: String,
    #[server(default)] period: String,
    #[server(default)] tracks: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::make(&name, &period, &tracks).await
}

/// Deletes one.
#[server(prefix = "/api", endpoint = "music/delete-playlist")]
pub async fn delete_playlist(id: MusicPlaylistId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::delete(id).await
}

/// Begins to export it to an account at Spotify.
#[server(prefix = "/api", endpoint = "music/export-playlist")]
pub async fn export_playlist(
    id: MusicPlaylistId,
    connection: ConnectionId,
    #[server(default)] public: Option<String>,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::export(id, connection, public.is_some()).await
}

/// Goes on with an export at once, with the lines that failed.
#[server(prefix = "/api", endpoint = "music/continue-export")]
pub async fn continue_export(id: MusicExportId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::go_on(id).await
}

/// Removes from the account what an export made there.
#[server(prefix = "/api", endpoint = "music/undo-export")]
pub async fn undo_export(id: MusicExportId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::undo(id).await
}

/// Takes one of the tracks that a line may mean.
#[server(prefix = "/api", endpoint = "music/choose-track")]
pub async fn choose_track(id: MusicExportId, #[server(default)] place: i32, uri: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::choose(id, place, &uri).await
}
