use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    identity::service::IssuedTokens,
    kit::id::{DeviceId, SessionId, UserId},
};

/// What a program keeps to stay signed in. It holds secrets, so it is never printed.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// A signed token (JWT, RS256) for `Authorization: Bearer`.
    #[schema(max_length = 4096)]
    access_token: String,
    /// Always `Bearer`.
    #[schema(pattern = "^Bearer$")]
    token_type: &'static str,
    /// How many seconds the access token works.
    #[schema(minimum = 1)]
    expires_in: i64,
    /// Renews the access token, once: each answer brings the next one.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    refresh_token: String,
    /// When the program has to sign in again, however often it renews.
    #[serde(with = "time::serde::rfc3339")]
    refresh_expires_at: OffsetDateTime,
    user_id: UserId,
    session_id: SessionId,
    /// Give it as `device.id` when signing in again on the same device.
    device_id: DeviceId,
}

impl TokenAnswer {
    /// As it is answered.
    #[must_use]
    pub fn of(tokens: IssuedTokens) -> Self {
        Self {
            access_token: tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token.to_string(),
            refresh_expires_at: tokens.refresh_expires_at,
            user_id: tokens.user,
            session_id: tokens.session,
            device_id: tokens.device,
        }
    }
}

/// Nobody on the way keeps it (RFC 6749 §5.1).
impl IntoResponse for TokenAnswer {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}
