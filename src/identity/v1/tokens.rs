use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    device_given::{ProgramArrival, checked_version},
    token_answer::TokenAnswer,
};
use crate::{
    identity::{Identity, service::Renewing},
    kit::id::DeviceId,
    platform::{
        api::{Body, Refused},
        refusal::Refusal,
    },
};

/// The refresh token of the newest answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshGiven {
    #[schema(pattern = "^[0-9a-f]{64}$")]
    refresh_token: String,
    /// What may be told of the device with it.
    #[serde(default)]
    device: Option<RefreshingDevice>,
}

/// The device that renews.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshingDevice {
    /// The token is refused where it is another device's.
    #[serde(default)]
    id: Option<DeviceId>,
    /// Of the app.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50, pattern = "^[0-9A-Za-z.+_-]+$")]
    app_version: Option<String>,
}

/// Renews an access token
///
/// A refresh token works once; the answer brings the next. If the answer gets lost, send the same token again within
/// 30 seconds: the answer then holds the same next token. A token that was used before and comes back otherwise ends the
/// session, because it may have been copied. The last day of a session does not move.
#[utoipa::path(
    post,
    path = "/api/v1/tokens/refresh",
    operation_id = "refresh_tokens",
    tag = "tokens",
    security(()),
    request_body = RefreshGiven,
    responses((status = 200, description = "The next tokens.", body = TokenAnswer), Refused)
)]
pub async fn refresh(
    State(identity): State<Identity>,
    arrival: ProgramArrival,
    Body(given): Body<RefreshGiven>,
) -> Result<TokenAnswer, Refusal> {
    let device = given.device.as_ref();
    let renewing = Renewing {
        token: &given.refresh_token,
        device: device.and_then(|device| device.id),
        app_version: device.and_then(|device| device.app_version.as_deref()).map(checked_version).transpose()?,
        limit_key: arrival.limit_key(),
    };
    Ok(TokenAnswer::of(identity.renew(renewing).await?))
}
