//! The JSON API of leaving.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Departures;
use crate::{
    identity::bearer::Principal,
    platform::{api::Refused, refusal::Refusal, routes::Routes},
};

/// What programs use. The layer of `bearer` goes around it.
pub fn routes(departures: Departures) -> Routes {
    Routes::new().documented(OpenApiRouter::default().routes(routes!(leave))).with_state(departures)
}

/// When the account is removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Departure {
    #[serde(with = "time::serde::rfc3339")]
    leaves_at: OffsetDateTime,
}

/// Deletes the account
///
/// Signs everything out at once, and removes the account with all that belongs to it a week later. Signing in before
/// then keeps it. Needs a proof that is not older than 10 minutes.
#[utoipa::path(
    delete,
    path = "/api/v1/users/me",
    operation_id = "delete_me",
    tag = "users",
    security(("bearer" = [])),
    responses((status = 202, description = "Signed out; the account waits.", body = Departure), Refused)
)]
async fn leave(
    State(departures): State<Departures>,
    principal: Principal,
) -> Result<(StatusCode, Json<Departure>), Refusal> {
    principal.recent_session(departures.now())?;
    let leaves_at = departures.begin(principal.user).await?;
    Ok((StatusCode::ACCEPTED, Json(Departure { leaves_at })))
}
