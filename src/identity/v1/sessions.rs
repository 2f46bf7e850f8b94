use axum::extract::State;
use http::StatusCode;

use crate::{
    identity::{Identity, bearer::Principal},
    platform::{api::Refused, refusal::Refusal},
};

/// Signs this program out
///
/// The access token and its refresh tokens stop working at once.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/current",
    operation_id = "end_current_session",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 204, description = "Signed out."), Refused)
)]
pub async fn end_current(State(identity): State<Identity>, principal: Principal) -> Result<StatusCode, Refusal> {
    let session = principal.session()?;
    identity.end_own_session(principal.user, session).await?;
    Ok(StatusCode::NO_CONTENT)
}
