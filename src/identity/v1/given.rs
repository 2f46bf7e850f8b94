//! What several bodies of the API have in common.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::device_given::DeviceGiven;
use crate::{
    error::AppError,
    identity::service::{Begun, PasswordError},
    kit::id::VerificationId,
};

/// An address that a code is sent to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailGiven {
    #[schema(format = "email", min_length = 3, max_length = 254)]
    pub email: String,
}

/// The code of a letter, and the device that signs in with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeAndDevice {
    /// Six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
    pub device: DeviceGiven,
}

/// What waits for the code of a letter or of a text message.
#[derive(Serialize, ToSchema)]
pub struct VerificationBegun {
    /// Keep it for the code; nobody else knows it.
    verification_id: VerificationId,
    /// How long the code works.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl From<Begun> for VerificationBegun {
    fn from(begun: Begun) -> Self {
        Self { verification_id: begun.id, expires_at: begun.expires_at }
    }
}

/// A refusal of a password that stands in the member `new_password`.
pub fn of_new_password(error: PasswordError) -> AppError {
    let error = AppError::from(error);
    if error.field.as_deref() == Some("password") { error.on_field("new_password") } else { error }
}
