use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Phones, store::PhoneRow};
use crate::{
    identity::{bearer::Principal, v1::given::VerificationBegun},
    kit::id::VerificationId,
    platform::{
        api::{Body, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(phones: Phones) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(show, begin, remove)).routes(routes!(confirm));
    Routes::new().documented(documented).with_state(phones)
}

/// A number that a code is sent to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneGiven {
    /// With the country's code, `+49 1512 3456789`, or as it is written within `country`.
    #[schema(min_length = 1, max_length = 32)]
    number: String,
    /// ISO 3166-1 alpha-2; not needed where the number begins with a plus.
    #[serde(default)]
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
}

/// The code of the message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneCode {
    verification_id: VerificationId,
    /// Six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// The number that the person has proved.
#[derive(Serialize, ToSchema)]
pub struct Phone {
    /// E.164.
    #[schema(pattern = r"^\+[1-9][0-9]{3,14}$")]
    number: String,
    #[serde(with = "time::serde::rfc3339")]
    verified_at: OffsetDateTime,
}

impl From<PhoneRow> for Phone {
    fn from(row: PhoneRow) -> Self {
        Self { number: row.phone, verified_at: row.verified_at }
    }
}

/// Shows the person's number
#[utoipa::path(
    get,
    path = "/api/v1/users/me/phone",
    operation_id = "get_phone",
    tag = "phone",
    security(("bearer" = [])),
    responses((status = 200, description = "The number.", body = Phone), Refused)
)]
async fn show(State(phones): State<Phones>, principal: Principal) -> Result<Json<Phone>, Refusal> {
    principal.session()?;
    Ok(Json(phones.of(principal.user).await?.into()))
}

/// Sends a code to a number
///
/// Needs a proof that is not older than 10 minutes. Three an hour and ten a day a number. Whether another account has
/// the number is not told. 503 `text_messages_off` where this installation sends none.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/phone",
    operation_id = "add_phone",
    tag = "phone",
    security(("bearer" = [])),
    request_body = PhoneGiven,
    responses((status = 202, description = "A text message is on its way.", body = VerificationBegun), Refused)
)]
async fn begin(
    State(phones): State<Phones>,
    principal: Principal,
    Body(given): Body<PhoneGiven>,
) -> Result<(StatusCode, Json<VerificationBegun>), Refusal> {
    let session = principal.recent_session(phones.now())?;
    let begun = phones.start(principal.user, session, &given.number, given.country.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}

/// Confirms the number with the code
///
/// In the session that asked for it. Five tries; it takes the place of a number that was there. 409 `phone_taken` where
/// it belongs to another account: nothing changes then.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/phone/confirm",
    operation_id = "confirm_phone",
    tag = "phone",
    security(("bearer" = [])),
    request_body = PhoneCode,
    responses((status = 200, description = "The number is theirs.", body = Phone), Refused)
)]
async fn confirm(
    State(phones): State<Phones>,
    principal: Principal,
    Body(given): Body<PhoneCode>,
) -> Result<Json<Phone>, Refusal> {
    let session = principal.session()?;
    let row = phones.confirm(principal.user, session, given.verification_id, &given.code).await?;
    Ok(Json(row.into()))
}

/// Removes the number
///
/// Needs a proof that is not older than 10 minutes.
#[utoipa::path(
    delete,
    path = "/api/v1/users/me/phone",
    operation_id = "remove_phone",
    tag = "phone",
    security(("bearer" = [])),
    responses((status = 204, description = "Removed."), Refused)
)]
async fn remove(State(phones): State<Phones>, principal: Principal) -> Result<StatusCode, Refusal> {
    principal.recent_session(phones.now())?;
    phones.remove(principal.user).await?;
    Ok(StatusCode::NO_CONTENT)
}
