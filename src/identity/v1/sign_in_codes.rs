use axum::{Json, extract::State};
use http::StatusCode;

use super::{
    device_given::ProgramArrival,
    given::{CodeAndDevice, EmailGiven, VerificationBegun},
    token_answer::TokenAnswer,
};
use crate::{
    identity::Identity,
    kit::id::VerificationId,
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
    },
};

/// Sends a code to sign in with
///
/// The way in without a password, for everybody with a mailbox. Known and new addresses get the same letter.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in-codes",
    operation_id = "send_sign_in_code",
    tag = "tokens",
    security(()),
    request_body = EmailGiven,
    responses((status = 202, description = "A letter is on its way.", body = VerificationBegun), Refused)
)]
pub async fn send(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Body(given): Body<EmailGiven>,
) -> Result<(StatusCode, Json<VerificationBegun>), Refusal> {
    let begun = identity.start_program_sign_in(&given.email, arrival.limit_key()).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}

/// Signs in with a code
///
/// A person who is new gets an account. Five wrong codes end it.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in-codes/{id}/confirm",
    operation_id = "confirm_sign_in_code",
    tag = "tokens",
    security(()),
    params(("id" = VerificationId, Path, description = "`verification_id` of the code.")),
    request_body = CodeAndDevice,
    responses((status = 200, description = "Signed in.", body = TokenAnswer), Refused)
)]
pub async fn confirm(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Path(id): Path<VerificationId>,
    Body(given): Body<CodeAndDevice>,
) -> Result<TokenAnswer, Refusal> {
    let arriving = arrival.with(&given.device)?;
    Ok(TokenAnswer::of(identity.finish_program_sign_in(id, &given.code, &arriving).await?))
}
