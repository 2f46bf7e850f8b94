use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::EmailGiven;
use crate::{
    identity::{Identity, bearer::Principal},
    platform::{
        api::{Body, Refused},
        refusal::Refusal,
    },
};

/// Begins to change the address
///
/// Sends a code to the new one. Needs a proof that is not older than 10 minutes. Whether the address belongs to somebody
/// else is told in the letter alone.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/email-changes",
    operation_id = "change_email",
    tag = "users",
    security(("bearer" = [])),
    request_body = EmailGiven,
    responses((status = 202, description = "A letter is on its way."), Refused)
)]
pub async fn begin(
    State(identity): State<Identity>,
    principal: Principal,
    Body(given): Body<EmailGiven>,
) -> Result<StatusCode, Refusal> {
    let session = principal.recent_session(identity.clock.now())?;
    let email = identity.email_of(principal.user).await?;
    identity.start_email_change(principal.asker(session, email.as_deref()), &given.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The code of the letter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeGiven {
    /// Six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// The address from now on.
#[derive(Serialize, ToSchema)]
pub struct EmailChanged {
    #[schema(format = "email")]
    email: String,
}

/// Confirms the new address
///
/// The former one is told, and can take the change back for 72 hours.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/email-changes/confirm",
    operation_id = "confirm_email_change",
    tag = "users",
    security(("bearer" = [])),
    request_body = CodeGiven,
    responses((status = 200, description = "Changed.", body = EmailChanged), Refused)
)]
pub async fn confirm(
    State(identity): State<Identity>,
    principal: Principal,
    Body(given): Body<CodeGiven>,
) -> Result<Json<EmailChanged>, Refusal> {
    let session = principal.session()?;
    let email = identity.email_of(principal.user).await?;
    let asker = principal.asker(session, email.as_deref());
    let email = identity.finish_email_change_of_program(asker, &given.code).await?;
    Ok(Json(EmailChanged { email }))
}
