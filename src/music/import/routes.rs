//! The form that brings files of plays.

use axum::{
    Json,
    extract::{DefaultBodyLimit, Multipart, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{error::ImportError, service::Imports, visit::PAGE};
use crate::{
    error::AppError,
    identity::session::CurrentSession,
    platform::{refusal::Refusal, routes::Routes},
};

/// What needs somebody to be signed in.
pub fn routes(imports: Imports) -> Routes {
    Routes::new()
        .post("/api/music/imports", upload)
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable())
        .with_state(imports)
}

async fn upload(
    State(imports): State<Imports>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Response, Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let page = accept.is_some_and(|accept| accept.contains("text/html"));
    let (mut taken, mut refused) = (Vec::new(), None);
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                refused.get_or_insert(AppError::from(ImportError::CutOff));
                break;
            }
        };
        let name = field.file_name().unwrap_or_default().to_owned();
        if field.name() != Some("file") || name.is_empty() {
            continue;
        }
        match imports.take(session.user, &name, field).await.map_err(AppError::from) {
            Ok(id) => taken.push(id),
            Err(error) => {
                let over = error.kind.status() >= 500;
                refused.get_or_insert(error);
                if over {
                    break;
                }
            }
        }
    }
    if taken.is_empty() {
        refused.get_or_insert(AppError::from(ImportError::Missing));
    }
    match refused {
        None if page => Ok(Redirect::to(&format!("{PAGE}?taken={}", taken.len())).into_response()),
        None => Ok((StatusCode::ACCEPTED, Json(serde_json::json!({ "imports": taken }))).into_response()),
        Some(error) if page && error.kind.status() < 500 => {
            Ok(Redirect::to(&format!("{PAGE}?taken={}&refused={}", taken.len(), error.code)).into_response())
        }
        Some(error) => Err(Refusal(error)),
    }
}
