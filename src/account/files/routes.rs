//! The browser's form that brings files, its link that saves one, and signed addresses.

use axum::{
    extract::{DefaultBodyLimit, Multipart, Path, Query, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{UserFiles, download, error::FileError, refusals::RefusedFile, service::Arriving};
use crate::{
    error::AppError,
    identity::session::CurrentSession,
    kit::id::FileId,
    platform::{refusal::Refusal, routes::Routes},
};

/// Where the form brings files.
pub const UPLOAD: &str = "/api/account/files";
const PAGE: &str = "/settings/files";

/// What needs somebody to be signed in.
pub fn routes(files: UserFiles) -> Routes {
    Routes::new()
        .post(UPLOAD, upload)
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable())
        .get("/api/account/files/{id}", save)
        .with_state(files)
}

/// What opens to whoever has the address.
pub fn signed(files: UserFiles) -> Routes {
    Routes::new().get("/files/{id}", open).with_state(files)
}

async fn upload(
    State(files): State<UserFiles>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Response, Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let page = accept.is_some_and(|accept| accept.contains("text/html"));
    let (mut kept, mut refused, mut named) = (0_u16, None, Vec::new());
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                refused.get_or_insert(AppError::from(FileError::CutOff));
                break;
            }
        };
        let name = field.file_name().unwrap_or_default().to_owned();
        if field.name() != Some("file") || name.is_empty() {
            continue;
        }
        let media_type = field.content_type().unwrap_or_default().to_owned();
        let arriving = Arriving { name: &name, media_type: &media_type, size: None };
        match files.keep(session.user, arriving, field).await.map_err(AppError::from) {
            Ok(_) => kept = kept.saturating_add(1),
            Err(mut error) => {
                if let Some(file) = RefusedFile::new(&name, &error.code) {
                    if !page {
                        error.message = format!("«{}»: {}", file.name, error.message);
                    }
                    named.push(file);
                }
                // For a person, one file that is refused does not stop the others; and a browser that is cut off in the
                // midst of sending shows no answer.
                let over = !page || error.kind.status() >= 500;
                refused.get_or_insert(error);
                if over {
                    break;
                }
            }
        }
    }
    if kept == 0 {
        refused.get_or_insert(AppError::from(FileError::Missing));
    }
    let how_many = if kept == 0 { String::new() } else { format!("&kept={kept}") };
    match refused {
        None if page => Ok(Redirect::to(&format!("{PAGE}?file=kept{how_many}")).into_response()),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(error) if page && error.kind.status() < 500 => {
            let which = if named.is_empty() {
                String::new()
            } else {
                format!("&refused={}", files.sign_refused(session.user, &named))
            };
            Ok(Redirect::to(&format!("{PAGE}?file={}{how_many}{which}", error.code)).into_response())
        }
        Some(error) => Err(Refusal(error)),
    }
}

async fn save(
    State(files): State<UserFiles>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: FileId = id.parse().map_err(|_| FileError::NoSuchFile)?;
    let file = files.file(session.user, id).await?;
    download::answer(&files, &file, &method, &headers).await
}

/// What stands behind the question mark of a signed address.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Signed {
    expires: String,
    signature: String,
}

async fn open(
    State(files): State<UserFiles>,
    Path(id): Path<String>,
    Query(Signed { expires, signature }): Query<Signed>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let file = files.signed(&id, &expires, &signature).await?;
    download::answer(&files, &file, &method, &headers).await
}
