//! Files of playlists, in and out.

use axum::{
    extract::{DefaultBodyLimit, Multipart, Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    error::PlaylistError,
    file::{self, Format, LARGEST},
    service::{MOST_LINES, NewPlaylist, Playlists},
    visit::PAGE,
};
use crate::{
    error::AppError,
    identity::session::CurrentSession,
    kit::id::MusicPlaylistId,
    platform::{refusal::Refusal, routes::Routes},
};

/// What needs somebody to be signed in.
pub fn routes(playlists: Playlists) -> Routes {
    Routes::new()
        .post("/api/music/playlist-files", upload)
        .layer(DefaultBodyLimit::max(LARGEST + 64 * 1024))
        .get("/api/music/playlist-files/{id}", download)
        .with_state(playlists)
}

async fn upload(
    State(playlists): State<Playlists>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Response, Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let page = accept.is_some_and(|accept| accept.contains("text/html"));
    let made = async {
        let (mut name, mut bytes, mut called) = (String::new(), Vec::new(), String::new());
        while let Some(field) = form.next_field().await.map_err(|_| PlaylistError::TooLarge)? {
            match field.name() {
                Some("name") => name = field.text().await.map_err(|_| PlaylistError::TooLarge)?,
                Some("file") => {
                    field.file_name().unwrap_or_default().clone_into(&mut called);
                    bytes = field.bytes().await.map_err(|_| PlaylistError::TooLarge)?.to_vec();
                }
                _ => {}
            }
        }
        if bytes.len() > LARGEST {
            return Err(PlaylistError::TooLarge);
        }
        let read = file::read(&bytes)?;
        let stem = called.rsplit_once('.').map_or(called.as_str(), |(stem, _)| stem).to_owned();
        let name = [name, read.name, stem].into_iter().find(|name| !name.trim().is_empty()).unwrap_or_default();
        let new = NewPlaylist { name: &name, description: "", origin: "a file" };
        playlists.make(session.user, new, read.lines).await
    };
    match made.await.map_err(AppError::from) {
        Ok(id) if page => Ok(Redirect::to(&format!("{PAGE}/{id}")).into_response()),
        Ok(id) => Ok((StatusCode::CREATED, axum::Json(serde_json::json!({ "playlist": id }))).into_response()),
        Err(error) if page && error.kind.status() < 500 => {
            Ok(Redirect::to(&format!("{PAGE}?refused={}", error.code)).into_response())
        }
        Err(error) => Err(Refusal(error)),
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    format: String,
}

async fn download(
    State(playlists): State<Playlists>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<MusicPlaylistId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    let format = Format::parse(&wanted.format).unwrap_or(Format::Json);
    let (head, lines) = playlists.one(session.user, id, MOST_LINES).await.map_err(AppError::from)?;
    let bytes = file::write(format, &head.name, &lines).map_err(AppError::from)?;
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let name: String = head.name.chars().map(plain).collect();
    let disposition = format!("attachment; filename=\"{}.{}\"", name.trim_matches('-'), format.ending());
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, bytes).into_response())
}
