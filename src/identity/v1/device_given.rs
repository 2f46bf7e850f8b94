use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    error::{AppError, ErrorKind},
    identity::service::{ArrivingProgram, ProgramDevice},
    kit::id::DeviceId,
    platform::security::Client,
};

/// What a device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    Ios,
    Android,
    Macos,
    Windows,
    Linux,
    Web,
    Other,
}

impl Platform {
    /// As rows have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Macos => "macos",
            Self::Windows => "windows",
            Self::Linux => "linux",
            Self::Web => "web",
            Self::Other => "other",
        }
    }

    /// From a row.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "ios" => Self::Ios,
            "android" => Self::Android,
            "macos" => Self::Macos,
            "windows" => Self::Windows,
            "linux" => Self::Linux,
            "web" => Self::Web,
            _ => Self::Other,
        }
    }
}

/// The device that a program signs in from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceGiven {
    /// `device_id` of an earlier answer, where it has one: it stays the same device.
    #[serde(default)]
    id: Option<DeviceId>,
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: String,
    platform: Platform,
    /// Of the app.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50, pattern = "^[0-9A-Za-z.+_-]+$")]
    app_version: Option<String>,
}

impl DeviceGiven {
    /// As services take it.
    ///
    /// # Errors
    /// `name_invalid` or `app_version_invalid` (422).
    pub fn checked(&self) -> Result<ProgramDevice<'_>, AppError> {
        let app_version = self.app_version.as_deref().map(checked_version).transpose()?;
        Ok(ProgramDevice {
            id: self.id,
            name: checked_name(&self.name)?,
            platform: self.platform.as_str(),
            app_version,
        })
    }
}

/// A device's name: 1 to 100 characters, none of which controls anything.
///
/// # Errors
/// `name_invalid` (422).
pub fn checked_name(name: &str) -> Result<&str, AppError> {
    if (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let told = "A device's name has 1 to 100 characters on one line.";
    Err(AppError::new(ErrorKind::Unprocessable, "name_invalid", told).on_field("name"))
}

/// An app's version as its makers write it.
///
/// # Errors
/// `app_version_invalid` (422).
pub fn checked_version(version: &str) -> Result<&str, AppError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+_-".contains(&byte);
    if (1..=50).contains(&version.len()) && version.bytes().all(fits) {
        return Ok(version);
    }
    let told = "An app's version has 1 to 50 letters, digits, dots, `+`, `_` and `-`: 2.4.1.";
    Err(AppError::new(ErrorKind::Unprocessable, "app_version_invalid", told).on_field("app_version"))
}

/// Where a program's request comes from, for handlers: [`ArrivingProgram`] borrows from it.
pub struct ProgramArrival {
    user_agent: String,
    address: String,
    limit_key: String,
}

impl ProgramArrival {
    /// As services take it, with the device that the program tells.
    ///
    /// # Errors
    /// When something about the device is not as it must be.
    pub fn with<'a>(&'a self, device: &'a DeviceGiven) -> Result<ArrivingProgram<'a>, AppError> {
        let device = device.checked()?;
        let Self { user_agent, address, limit_key } = self;
        Ok(ArrivingProgram { user_agent, address, limit_key, device })
    }

    /// The network address, as the limits count it.
    #[must_use]
    pub fn limit_key(&self) -> &str {
        &self.limit_key
    }
}

impl<S: Sync> FromRequestParts<S> for ProgramArrival {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let client = Client::of(&parts.extensions);
        Ok(Self { limit_key: client.limit_key(), address: client.ip.to_string(), user_agent: client.user_agent })
    }
}
