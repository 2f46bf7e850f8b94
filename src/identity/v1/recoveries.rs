use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    device_given::ProgramArrival,
    given::{EmailGiven, VerificationBegun, of_new_password},
};
use crate::{
    identity::Identity,
    kit::id::VerificationId,
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
    },
};

/// The code of the letter, and the password from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryConfirmed {
    /// Six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
    #[schema(min_length = 8, max_length = 1024, format = "password")]
    new_password: String,
}

/// Sends a code to set a new password with
///
/// To whoever has this address; the answer is the same where nobody has it. People without a password set their first.
#[utoipa::path(
    post,
    path = "/api/v1/recoveries",
    operation_id = "recover",
    tag = "passwords",
    security(()),
    request_body = EmailGiven,
    responses((status = 202, description = "Begun.", body = VerificationBegun), Refused)
)]
pub async fn begin(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Body(given): Body<EmailGiven>,
) -> Result<(StatusCode, Json<VerificationBegun>), Refusal> {
    let begun = identity.start_recovery(&given.email, arrival.limit_key()).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}

/// Sets a new password
///
/// Once, with the code of the letter. Every browser and app is signed out; sign in with the new password.
#[utoipa::path(
    post,
    path = "/api/v1/recoveries/{id}/confirm",
    operation_id = "confirm_recovery",
    tag = "passwords",
    security(()),
    params(("id" = VerificationId, Path, description = "`verification_id` of the recovery.")),
    request_body = RecoveryConfirmed,
    responses((status = 204, description = "The password is set."), Refused)
)]
pub async fn confirm(
    State(identity): State<Identity>,
    Path(id): Path<VerificationId>,
    Body(given): Body<RecoveryConfirmed>,
) -> Result<StatusCode, Refusal> {
    identity.finish_recovery(id, &given.code, &given.new_password).await.map_err(of_new_password)?;
    Ok(StatusCode::NO_CONTENT)
}
