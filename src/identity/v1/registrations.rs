use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    device_given::ProgramArrival,
    given::{CodeAndDevice, VerificationBegun},
    token_answer::TokenAnswer,
};
use crate::{
    identity::{Identity, service::Registering},
    kit::id::VerificationId,
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
    },
};

/// Somebody who wants an account with a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationGiven {
    #[schema(format = "email", min_length = 3, max_length = 254)]
    email: String,
    /// Any characters; none of the first that others would try.
    #[schema(min_length = 8, max_length = 1024, format = "password")]
    password: String,
    /// What to call them; else what the address begins with.
    #[serde(default)]
    #[schema(max_length = 100)]
    display_name: Option<String>,
}

/// Registers somebody with a password
///
/// Sends a code to the address; there is no account before it is proved. Whether the address has an account already is
/// told in the letter alone: the answer is the same.
#[utoipa::path(
    post,
    path = "/api/v1/registrations",
    operation_id = "register",
    tag = "registration",
    security(()),
    request_body = RegistrationGiven,
    responses((status = 202, description = "A letter is on its way.", body = VerificationBegun), Refused)
)]
pub async fn register(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Body(given): Body<RegistrationGiven>,
) -> Result<(StatusCode, Json<VerificationBegun>), Refusal> {
    let new = Registering {
        email: &given.email,
        password: &given.password,
        display_name: given.display_name.as_deref().filter(|name| !name.trim().is_empty()),
        client: arrival.limit_key(),
    };
    Ok((StatusCode::ACCEPTED, Json(identity.register(new).await?.into())))
}

/// Confirms the address and signs in
///
/// Makes the account, with the password of the registration, and signs the program in. Five wrong codes end it.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/confirm",
    operation_id = "confirm_registration",
    tag = "registration",
    security(()),
    params(("id" = VerificationId, Path, description = "`verification_id` of the registration.")),
    request_body = CodeAndDevice,
    responses((status = 200, description = "The account is there.", body = TokenAnswer), Refused)
)]
pub async fn confirm(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Path(id): Path<VerificationId>,
    Body(given): Body<CodeAndDevice>,
) -> Result<TokenAnswer, Refusal> {
    let arriving = arrival.with(&given.device)?;
    Ok(TokenAnswer::of(identity.confirm_registration(id, &given.code, &arriving).await?))
}
