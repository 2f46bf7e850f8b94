use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    platform::{limits::Limited, text_messages::TextError},
};

/// Why a number was not added or removed.
#[derive(Debug, Error)]
pub enum PhoneError {
    /// What was typed is no number.
    #[error("not a number")]
    NotANumber,
    /// It is none of a mobile phone.
    #[error("not a mobile number")]
    NotMobile,
    /// It stands without a country's code, and no country was told.
    #[error("no country")]
    NoCountry,
    /// There is no such country.
    #[error("no such country")]
    NoSuchCountry,
    /// Nothing waits under this id in this session.
    #[error("no such verification")]
    NoSuchVerification,
    /// There is no number to remove.
    #[error("no number")]
    NoNumber,
    /// Another account has proved it.
    #[error("the number is another's")]
    Taken,
    /// The message could not be taken in.
    #[error(transparent)]
    Text(#[from] TextError),
    /// What all codes have in common.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<Limited> for PhoneError {
    fn from(limited: Limited) -> Self {
        Self::Identity(limited.into())
    }
}

impl From<sqlx::Error> for PhoneError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<PhoneError> for AppError {
    fn from(error: PhoneError) -> Self {
        let unprocessable =
            |code: &str, told: &str, field: &str| Self::new(ErrorKind::Unprocessable, code, told).on_field(field);
        match error {
            PhoneError::NotANumber => unprocessable(
                "phone_invalid",
                "This is no number. Write it with the country's code: +49 1512 3456789.",
                "number",
            ),
            PhoneError::NotMobile => unprocessable(
                "phone_not_mobile",
                "Text messages go to mobile phones only, and this number is of another kind.",
                "number",
            ),
            PhoneError::NoCountry => unprocessable(
                "phone_country_missing",
                "Begin with a plus and the country's code, such as +49, or say which country it is.",
                "number",
            ),
            PhoneError::NoSuchCountry => {
                unprocessable("country_invalid", "There is no such country. It is two letters: DE.", "country")
            }
            PhoneError::NoSuchVerification => Self::not_found("code"),
            PhoneError::NoNumber => Self::not_found("number"),
            PhoneError::Taken => Self::new(
                ErrorKind::Conflict,
                "phone_taken",
                "This number belongs to another account here, so it cannot be yours. Remove it there first.",
            ),
            PhoneError::Text(TextError::Off) => Self::new(
                ErrorKind::Unavailable,
                "text_messages_off",
                "This Aura sends no text messages, so no number can be added. Everything else works.",
            ),
            PhoneError::Text(TextError::CountryClosed) => unprocessable(
                "phone_country_closed",
                "This Aura sends no text messages to that country. Use a number of another one.",
                "number",
            ),
            PhoneError::Text(TextError::Spent) => Self::new(
                ErrorKind::Unavailable,
                "text_messages_spent",
                "As many text messages as a day may have were sent. Try again tomorrow.",
            ),
            PhoneError::Text(other) => {
                crate::platform::telemetry::report(&other, "text messages");
                Self::internal()
            }
            PhoneError::Identity(error) => {
                let told = Self::from(error);
                // The sentences of codes by mail speak of mails.
                Self { message: told.message.replace("the newest mail", "the newest message"), ..told }
            }
        }
    }
}
