use thiserror::Error;

use super::{LONGEST, SHORTEST};
use crate::{
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    platform::{crypto::VaultError, limits::Limited, mail::MailError, telemetry},
};

/// When to come back to a pool that is full.
const COME_BACK: u32 = 3;

/// Why a password was not taken, or did not open anything.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Fewer characters than [`SHORTEST`].
    #[error("the password is too short")]
    Short,
    /// More characters than [`LONGEST`].
    #[error("the password is too long")]
    Long,
    /// Others would guess it.
    #[error("the password is a common one, or the person's own name or address")]
    Common,
    /// It was found in a breach.
    #[error("the password was found in a breach")]
    Breached,
    /// Address and password do not fit together, or there is no such address.
    #[error("wrong credentials")]
    WrongCredentials,
    /// It is not the password that the person has.
    #[error("not the present password")]
    Wrong,
    /// It is not the password that was chosen at registration.
    #[error("not the password that was chosen")]
    Other,
    /// The person has none.
    #[error("no password is set")]
    None,
    /// Neither a recent proof nor the present password.
    #[error("no recent proof")]
    NotProved,
    /// Too many passwords are being worked on.
    #[error("too many passwords at once")]
    Busy,
    /// There is no such verification, or it is long over.
    #[error("no such verification")]
    NoSuchVerification,
    /// The link is not complete, was used, or is too old.
    #[error("the link is used or too old")]
    LinkOver,
    /// The address opens an account by now.
    #[error("the address has an account by now")]
    HasAccount,
    /// A fault of ours.
    #[error("hashing a password failed")]
    Hashing,
    /// What waits for a proof could not be sealed or opened.
    #[error("what waits for a proof: {0}")]
    Sealed(#[from] VaultError),
    /// As with any other way in.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for PasswordError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<MailError> for PasswordError {
    fn from(error: MailError) -> Self {
        Self::Identity(error.into())
    }
}

impl From<Limited> for PasswordError {
    fn from(limited: Limited) -> Self {
        Self::Identity(limited.into())
    }
}

impl From<PasswordError> for AppError {
    fn from(error: PasswordError) -> Self {
        let on_password =
            |code: &str, message: String| Self::new(ErrorKind::Unprocessable, code, message).on_field("password");
        match error {
            PasswordError::Short => on_password(
                "password_short",
                format!("A password has at least {SHORTEST} characters; 15 are better. Some words that do not belong together are easy to keep."),
            ),
            PasswordError::Long => on_password("password_long", format!("A password has at most {LONGEST} characters.")),
            PasswordError::Common => on_password(
                "password_common",
                "This password is one of the first that others would try. Choose some words that do not belong together, \
                 and neither your name nor your address."
                    .to_owned(),
            ),
            PasswordError::Breached => on_password(
                "password_breached",
                "This password is in a list that was stolen somewhere, so others will try it. Choose another one, and \
                 change it wherever else you use it."
                    .to_owned(),
            ),
            PasswordError::WrongCredentials => Self::new(
                ErrorKind::Unauthenticated,
                "wrong_credentials",
                "Address and password do not fit together. Try again, or sign in with a code by mail.",
            ),
            PasswordError::Wrong => {
                let told = "This is not your present password. Try again, or confirm with a code by mail.";
                Self::new(ErrorKind::Unprocessable, "password_wrong", told).on_field("current_password")
            }
            PasswordError::Other => on_password(
                "password_other",
                "This is not the password that was chosen in the app. If you did not register, close this page: without \
                 the password nothing happens."
                    .to_owned(),
            ),
            PasswordError::None => Self::new(
                ErrorKind::NotFound,
                "password_not_set",
                "Your account has no password. You sign in with a code by mail, or by a service.",
            ),
            PasswordError::NotProved => Self::new(
                ErrorKind::Forbidden,
                "prove_first",
                "Give the present password, or prove who you are first: a proof counts for 10 minutes.",
            ),
            PasswordError::Busy => {
                let told = format!("Too many people use their passwords at once. Try again in {COME_BACK} seconds.");
                let mut error = Self::new(ErrorKind::Unavailable, "busy", told);
                error.retry_after = Some(COME_BACK);
                error
            }
            PasswordError::NoSuchVerification => Self::new(
                ErrorKind::NotFound,
                "verification_unknown",
                "There is no such verification, or it was over long ago. Begin again.",
            ),
            PasswordError::LinkOver => Self::new(
                ErrorKind::Gone,
                "link_over",
                "This link is not complete, was used, or is older than 10 minutes. Sign in, or begin again in the app.",
            ),
            PasswordError::HasAccount => Self::new(
                ErrorKind::Gone,
                "has_account",
                "This address has an account by now. Sign in to it with a code by mail; you can set a password there.",
            ),
            PasswordError::Hashing | PasswordError::Sealed(_) => {
                telemetry::report(&error, "passwords");
                Self::internal()
            }
            PasswordError::Identity(error) => error.into(),
        }
    }
}
