//! Pictures: one form that brings a file, one that takes the picture away, and the pictures themselves.

use axum::{
    extract::{DefaultBodyLimit, Multipart, Path, State, multipart::Field},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Account,
    model::{PICTURE_BYTES, PictureFault},
    service::AccountError,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::session::CurrentSession,
    platform::{refusal::Refusal, routes::Routes},
};

/// Where a picture is sent to; the one address that takes more than other posts.
pub const UPLOAD: &str = "/api/account/picture";

/// What needs somebody to be signed in.
pub fn routes(account: Account) -> Routes {
    Routes::new()
        .post(UPLOAD, upload)
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable())
        .post("/api/account/picture/remove", remove)
        .with_state(account)
}

/// The pictures, which anybody may see who has the address.
pub fn pictures(account: Account) -> Routes {
    Routes::new().get("/avatars/{key}", picture).with_state(account)
}

async fn upload(
    State(account): State<Account>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Refusal> {
    let done = async {
        let (file, name) = read(form).await?;
        account.set_picture(session.user, file, name).await?;
        Ok(())
    };
    answer(&headers, done.await, "changed")
}

async fn remove(
    State(account): State<Account>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answer(&headers, account.remove_picture(session.user).await.map_err(Into::into), "removed")
}

/// A form goes back to its page, which says what happened; a program gets a status.
fn answer(headers: &HeaderMap, done: Result<(), AppError>, what: &str) -> Result<Response, Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let page = accept.is_some_and(|accept| accept.contains("text/html"));
    match done {
        Ok(()) if page => Ok(Redirect::to(&format!("/settings?picture={what}")).into_response()),
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error) if page && PictureFault::of(&error.code).is_some() => {
            Ok(Redirect::to(&format!("/settings?picture={}", error.code)).into_response())
        }
        Err(error) => Err(Refusal(error)),
    }
}

/// The file of the form, with the name it had. What comes after its largest size is read and dropped, because a
/// browser that is cut off in the middle of sending shows no answer.
async fn read(mut form: Multipart) -> Result<(Vec<u8>, Option<String>), AppError> {
    while let Some(field) = form.next_field().await.map_err(|_| cut_off())? {
        if field.name() == Some("picture") {
            return whole(field).await;
        }
    }
    Err(AccountError::Picture(PictureFault::Missing).into())
}

async fn whole(mut field: Field<'_>) -> Result<(Vec<u8>, Option<String>), AppError> {
    let name = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
    let (mut file, mut too_large) = (Vec::new(), false);
    while let Some(chunk) = field.chunk().await.map_err(|_| cut_off())? {
        too_large |= file.len() + chunk.len() > PICTURE_BYTES;
        if too_large {
            file = Vec::new();
        } else {
            file.extend_from_slice(&chunk);
        }
    }
    if too_large { Err(AccountError::Picture(PictureFault::TooLarge).into()) } else { Ok((file, name)) }
}

fn cut_off() -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "upload_incomplete",
        "The file did not come through whole, or it is far too large. Try again with a picture under 5 MB.",
    )
}

async fn picture(State(account): State<Account>, Path(key): Path<String>) -> Result<Response, Refusal> {
    let found = account.picture(&key).await?;
    let (bytes, media_type) = found.ok_or_else(|| AppError::not_found("picture"))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        // A picture never changes under its key: a new one has a new key.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, bytes).into_response())
}
