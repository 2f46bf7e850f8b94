use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    device_given::{DeviceGiven, ProgramArrival},
    given::of_new_password,
    token_answer::TokenAnswer,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        bearer::Principal,
        service::{Credentials, NewPassword, ProofShown},
    },
    platform::{
        api::{Body, Refused},
        refusal::Refusal,
    },
};

/// Address, password, and the device that signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginGiven {
    #[schema(format = "email", min_length = 3, max_length = 254)]
    email: String,
    #[schema(max_length = 1024, format = "password")]
    password: String,
    device: DeviceGiven,
}

/// Signs in with a password
///
/// Wrong passwords and unknown addresses are refused alike: 401 `wrong_credentials`. Five tries a minute a mailbox.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "log_in",
    tag = "tokens",
    security(()),
    request_body = LoginGiven,
    responses((status = 200, description = "Signed in.", body = TokenAnswer), Refused)
)]
pub async fn log_in(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Body(given): Body<LoginGiven>,
) -> Result<TokenAnswer, Refusal> {
    let LoginGiven { email, password, device } = &given;
    let arriving = arrival.with(device).map_err(Refusal)?;
    Ok(TokenAnswer::of(identity.log_in(Credentials { email, password }, &arriving).await?))
}

/// The password from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordGiven {
    /// The present one; not needed within 10 minutes of a proof.
    #[serde(default)]
    #[schema(max_length = 1024, format = "password")]
    current_password: Option<String>,
    #[schema(min_length = 8, max_length = 1024, format = "password")]
    new_password: String,
    /// Whether all other browsers and apps are signed out.
    #[serde(default)]
    end_other_sessions: bool,
}

/// Sets or changes the password
///
/// Needs the present one, or a proof that is not older than 10 minutes.
#[utoipa::path(
    put,
    path = "/api/v1/users/me/password",
    operation_id = "set_password",
    tag = "passwords",
    security(("bearer" = [])),
    request_body = PasswordGiven,
    responses((status = 204, description = "Set."), Refused)
)]
pub async fn set(
    State(identity): State<Identity>,
    principal: Principal,
    Body(given): Body<PasswordGiven>,
) -> Result<StatusCode, Refusal> {
    let session = principal.session()?;
    let email = identity.email_of(principal.user).await?;
    let wish = NewPassword {
        current: given.current_password.as_deref(),
        new: &given.new_password,
        proved: principal.recent_session(identity.clock.now()).is_ok(),
        end_others: given.end_other_sessions,
    };
    identity.set_own_password(principal.asker(session, email.as_deref()), wish).await.map_err(of_new_password)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the password
///
/// Where another way to sign in is left, as the mailbox is. Needs a proof that is not older than 10 minutes.
#[utoipa::path(
    delete,
    path = "/api/v1/users/me/password",
    operation_id = "remove_password",
    tag = "passwords",
    security(("bearer" = [])),
    responses((status = 204, description = "Removed."), Refused)
)]
pub async fn remove(State(identity): State<Identity>, principal: Principal) -> Result<StatusCode, Refusal> {
    principal.recent_session(identity.clock.now())?;
    identity.remove_own_password(principal.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a code that proves who one is
///
/// To the person's own address, for `POST /api/v1/users/me/proof`.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/proof-codes",
    operation_id = "send_proof_code",
    tag = "passwords",
    security(("bearer" = [])),
    responses((status = 202, description = "A letter is on its way."), Refused)
)]
pub async fn send_proof_code(State(identity): State<Identity>, principal: Principal) -> Result<StatusCode, Refusal> {
    let session = principal.session()?;
    let email = identity.email_of(principal.user).await?;
    identity.send_proof(principal.asker(session, email.as_deref()), "").await?;
    Ok(StatusCode::ACCEPTED)
}

/// The present password, or the code of a letter: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct ProofGiven {
    #[serde(default)]
    #[schema(max_length = 1024, format = "password")]
    password: Option<String>,
    /// Six digits.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{6}$")]
    code: Option<String>,
}

/// How long a proof counts.
#[derive(Serialize, ToSchema)]
pub struct ProofTaken {
    /// Until then, what needs a proof goes on without another.
    #[serde(with = "time::serde::rfc3339")]
    proved_until: OffsetDateTime,
}

/// Proves anew who one is
///
/// Sensitive acts ask for a proof that is not older than 10 minutes; signing in is one as well.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/proof",
    operation_id = "prove",
    tag = "passwords",
    security(("bearer" = [])),
    request_body = ProofGiven,
    responses((status = 200, description = "Taken.", body = ProofTaken), Refused)
)]
pub async fn prove(
    State(identity): State<Identity>,
    principal: Principal,
    Body(given): Body<ProofGiven>,
) -> Result<Json<ProofTaken>, Refusal> {
    let session = principal.session()?;
    let shown = match (&given.password, &given.code) {
        (Some(password), None) => ProofShown::Password(password),
        (None, Some(code)) => ProofShown::Code(code),
        _ => {
            let told = "Give either `password` or `code`.";
            return Err(AppError::new(ErrorKind::Unprocessable, "proof_missing", told).into());
        }
    };
    let email = identity.email_of(principal.user).await?;
    let proved_until =
        identity.prove_program(principal.asker(session, email.as_deref()), shown).await.map_err(|error| {
            // Here the present password is the member `password`.
            let error = AppError::from(error);
            if error.field.as_deref() == Some("current_password") { error.on_field("password") } else { error }
        })?;
    Ok(Json(ProofTaken { proved_until }))
}
