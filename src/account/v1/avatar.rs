use axum::{
    body::{self, Body},
    extract::State,
};
use http::{HeaderMap, StatusCode, header};

use super::me::{Tagged, tagged};
use crate::{
    account::{
        Account,
        model::{PICTURE_BYTES, PictureFault},
        service::AccountError,
    },
    error::{AppError, ErrorKind},
    identity::{
        bearer::{Principal, Scope},
        v1::users::User,
    },
    platform::{
        api::{Bytes, Refused},
        refusal::Refusal,
    },
};

const KINDS: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// Puts a picture in the place of the one that is there
///
/// A PNG, JPEG, WebP or GIF of at most 5 MB; it is drawn anew, without what cameras write into files.
#[utoipa::path(
    put,
    path = "/api/v1/users/me/avatar",
    operation_id = "put_avatar",
    tag = "users",
    security(("bearer" = [])),
    request_body(
        content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif")
        ),
        description = "The file."
    ),
    responses((status = 200, description = "The person, with the new picture.", body = User), Refused)
)]
pub async fn put(
    State(account): State<Account>,
    principal: Principal,
    headers: HeaderMap,
    body: Body,
) -> Result<Tagged, Refusal> {
    principal.allow(Scope::ProfileWrite)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !KINDS.iter().any(|known| kind.trim().eq_ignore_ascii_case(known)) {
        let told =
            "Send a picture, and say of which kind: Content-Type: image/png, image/jpeg, image/webp or image/gif.";
        return Err(AppError::new(ErrorKind::UnsupportedType, "unsupported_media_type", told).into());
    }
    let file = body::to_bytes(body, PICTURE_BYTES).await;
    let file = file.map_err(|_| AccountError::Picture(PictureFault::TooLarge))?;
    if file.is_empty() {
        return Err(AccountError::Picture(PictureFault::Missing).into());
    }
    account.set_picture(principal.user, file.into(), None).await?;
    Ok(tagged(account.person(principal.user).await?.into()))
}

/// Takes the picture away
#[utoipa::path(
    delete,
    path = "/api/v1/users/me/avatar",
    operation_id = "remove_avatar",
    tag = "users",
    security(("bearer" = [])),
    responses((status = 204, description = "There is none any more."), Refused)
)]
pub async fn remove(State(account): State<Account>, principal: Principal) -> Result<StatusCode, Refusal> {
    principal.allow(Scope::ProfileWrite)?;
    account.remove_picture(principal.user).await?;
    Ok(StatusCode::NO_CONTENT)
}
