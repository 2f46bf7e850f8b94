//! `/api/playlist/export`: a list of tracks on its way to an account at Spotify, for pages of ours and for programs.

use axum::{Json, extract::State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{model::Counts, service::Exports};
use crate::{
    error::{AppError, ErrorKind},
    identity::{bearer::Scope, caller::Caller},
    kit::id::{ConnectionId, MusicExportId},
    music::{
        playlist::{NewPlaylist, Playlists, model::Line},
        spotify::SERVICE,
    },
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What browsers use with their cookie and programs with a token.
pub fn routes(exports: Exports, playlists: Playlists) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(begin)).routes(routes!(show));
    Routes::new().documented(documented).with_state((exports, playlists))
}

/// One track of the list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTrack {
    /// Its title.
    #[schema(max_length = 500)]
    title: String,
    /// Its artists, the first first.
    #[schema(min_items = 1)]
    artists: Vec<String>,
    /// The record it is on.
    album: Option<String>,
    /// How long it lasts.
    duration_ms: Option<i32>,
    /// The recording's number (ISO 3901).
    isrc: Option<String>,
}

/// A playlist that is to be made at Spotify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlaylistExport {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it is about.
    #[serde(default)]
    description: String,
    /// Whether everybody may find it there.
    #[serde(default)]
    public: bool,
    /// The tracks in their order; one may come several times.
    #[schema(min_items = 1, max_items = 50_000)]
    tracks: Vec<NewTrack>,
    /// To which account, where the person has connected several at Spotify.
    connection: Option<ConnectionId>,
}

/// How an export stands.
#[derive(Serialize, ToSchema)]
pub struct PlaylistExport {
    /// By which it is asked for.
    id: MusicExportId,
    /// `waiting`, `running`, `done`, `stopped`, `undoing` or `undone`.
    state: String,
    /// Why it waits or stopped, as a code.
    problem: Option<String>,
    /// The playlist that was made; the first where there are several.
    url: Option<String>,
    /// All of them: Spotify lets one have 10,000 tracks.
    urls: Vec<String>,
    /// How many tracks there are in all.
    tracks: i64,
    /// How many stand in the account.
    added: i64,
    /// How many were looked up and could not be matched.
    unmatched: i64,
    /// How many of these may be one of several, which the person chooses on the playlist's page.
    ambiguous: i64,
    /// How many are not looked up yet.
    pending: i64,
}

/// Exports a playlist to Spotify
///
/// The work goes on in the background; `Location` says where to ask how it stands. With an `Idempotency-Key` a repetition
/// begins nothing anew.
#[utoipa::path(
    post,
    path = "/api/playlist/export",
    operation_id = "export_playlist",
    tag = "connections",
    security(("bearer" = [])),
    request_body = NewPlaylistExport,
    responses((status = 202, body = PlaylistExport), Refused)
)]
async fn begin(
    State((exports, playlists)): State<(Exports, Playlists)>,
    caller: Caller,
    Body(new): Body<NewPlaylistExport>,
) -> Result<(StatusCode, HeaderMap, Json<PlaylistExport>), Refusal> {
    caller.allow(Scope::ConnectionsWrite)?;
    let user = caller.user();
    let connection = match new.connection {
        Some(connection) => connection,
        None => only(&exports, &caller).await?,
    };
    exports.may_begin(user, connection).await?;
    let lines = new.tracks.into_iter().map(|track| {
        let NewTrack { title, artists, album, duration_ms, isrc } = track;
        Line { title, artists, album, duration_ms, isrc, source: "program".to_owned() }
    });
    let playlist = NewPlaylist { name: &new.name, description: &new.description, origin: "a program" };
    let playlist = playlists.make(user, playlist, lines.collect()).await.map_err(AppError::from)?;
    let id = exports.begin(user, playlist, connection, new.public).await?;
    let there = HeaderValue::from_str(&format!("/api/playlist/export/{id}")).map_err(|_| AppError::internal())?;
    let headers = HeaderMap::from_iter([(header::LOCATION, there)]);
    Ok((StatusCode::ACCEPTED, headers, Json(told(&exports, &caller, id).await?)))
}

/// Says how an export stands
#[utoipa::path(
    get,
    path = "/api/playlist/export/{id}",
    operation_id = "show_playlist_export",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = MusicExportId, Path)),
    responses((status = 200, body = PlaylistExport), Refused)
)]
async fn show(
    State((exports, _)): State<(Exports, Playlists)>,
    caller: Caller,
    Path(id): Path<MusicExportId>,
) -> Result<Json<PlaylistExport>, Refusal> {
    caller.allow(Scope::ConnectionsRead)?;
    Ok(Json(told(&exports, &caller, id).await?))
}

async fn only(exports: &Exports, caller: &Caller) -> Result<ConnectionId, AppError> {
    let connections = exports.integrations.connections(caller.user()).await?;
    let mut own = connections.into_iter().filter(|connection| connection.provider == SERVICE);
    match (own.next(), own.next()) {
        (Some(only), None) => Ok(only.id),
        (None, _) => Err(AppError::not_found("connection")),
        _ => Err(AppError::new(
            ErrorKind::Conflict,
            "which_connection",
            "Several Spotify accounts are connected. Say in `connection` which one is meant.",
        )
        .on_field("connection")),
    }
}

async fn told(exports: &Exports, caller: &Caller, id: MusicExportId) -> Result<PlaylistExport, AppError> {
    let shown = exports.shown(caller.user(), None, Some(id)).await?;
    let row = shown.exports.into_iter().next().ok_or_else(|| AppError::not_found("export"))?;
    let urls: Vec<String> = shown.parts.into_iter().filter(|part| !part.removed).filter_map(|part| part.url).collect();
    let Counts { lines, pending, ambiguous, not_found, not_allowed, failed_retryable, written, .. } = row.counts;
    Ok(PlaylistExport {
        id: row.id,
        state: row.state,
        problem: row.problem,
        url: urls.first().cloned(),
        urls,
        tracks: lines,
        added: written,
        unmatched: ambiguous + not_found + not_allowed + failed_retryable,
        ambiguous,
        pending,
    })
}
