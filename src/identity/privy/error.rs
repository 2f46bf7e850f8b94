use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    platform::{crypto::jwt::JwtError, limits::Limited, telemetry, webhooks::WebhookError},
};

/// Why coming in by way of Privy did not happen.
#[derive(Debug, Error)]
pub enum PrivyError {
    /// The installation has no app there.
    #[error("privy: not set up")]
    NotSetUp,
    /// The app there has not switched this way on.
    #[error("privy: this way is not offered")]
    NotOffered,
    /// The request carries no access token.
    #[error("privy: no access token")]
    NoToken,
    /// The access token is not what it must be.
    #[error("privy: {0}")]
    BadToken(#[from] JwtError),
    /// Privy has this person no more, or has merged them into somebody else.
    #[error("privy: the person is gone")]
    Gone,
    /// The session at Privy was already signed out of here.
    #[error("privy: this session was ended here")]
    Ended,
    /// What was typed is no telephone number.
    #[error("privy: not a telephone number")]
    NotANumber,
    /// What was given is no wallet.
    #[error("privy: not a wallet")]
    NotAWallet,
    /// The code or signature is not the one that was asked for.
    #[error("privy: the proof is wrong")]
    WrongProof,
    /// Nothing is under way in this browser, or it took too long.
    #[error("privy: nothing under way in this browser")]
    NotBegun,
    /// The person declined at the consent page.
    #[error("privy: declined at the consent page")]
    Declined,
    /// Too often, in Privy's eyes.
    #[error("privy: too often")]
    TooOften,
    /// Privy refused, with this code of its own.
    #[error("privy: refused with {status} {code}")]
    Refused { status: u16, code: String },
    /// Privy could not be reached, or answered nonsense.
    #[error("privy: away")]
    Away,
    /// A limit of ours.
    #[error("privy: limited")]
    Limited(Limited),
    /// The person could not be signed in.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The post could not be taken.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The database failed.
    #[error("privy: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Limited> for PrivyError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<PrivyError> for AppError {
    fn from(error: PrivyError) -> Self {
        let refusal = |kind, code: &str, message: &str| Self::new(kind, code, message);
        match error {
            PrivyError::NotSetUp => refusal(
                ErrorKind::NotSetUp,
                "privy_not_set_up",
                "Signing in by way of Privy is not set up here. Use another way to sign in.",
            ),
            PrivyError::NotOffered => refusal(
                ErrorKind::NotFound,
                "privy_not_offered",
                "This way to sign in is not offered here. Use another one.",
            ),
            PrivyError::NoToken => refusal(
                ErrorKind::Unauthenticated,
                "privy_token_missing",
                "You are not signed in at Privy in this browser. Sign in there first, or use another way.",
            ),
            PrivyError::BadToken(JwtError::Unavailable) | PrivyError::Away => refusal(
                ErrorKind::Unavailable,
                "privy_away",
                "Privy does not answer at the moment. Try again in a minute, or use another way to sign in.",
            ),
            PrivyError::BadToken(_) => refusal(
                ErrorKind::Unauthenticated,
                "privy_token_invalid",
                "Your sign-in at Privy is not valid any more, or not for this site. Sign in again.",
            ),
            PrivyError::Gone => refusal(
                ErrorKind::Unauthenticated,
                "privy_gone",
                "Privy no longer has this account. Sign in with another one, or in another way.",
            ),
            PrivyError::Ended => refusal(
                ErrorKind::Unauthenticated,
                "privy_session_ended",
                "You signed out here, and with that ended this sign-in at Privy. Sign in again.",
            ),
            PrivyError::NotANumber => refusal(
                ErrorKind::Unprocessable,
                "number_invalid",
                "This is no number that we can write to. Begin with + and the country, like +1 555 010 0123.",
            )
            .on_field("target"),
            PrivyError::NotAWallet => refusal(
                ErrorKind::Unprocessable,
                "wallet_invalid",
                "This is no Ethereum address. Choose an account in your wallet and try again.",
            ),
            PrivyError::WrongProof => refusal(
                ErrorKind::Unprocessable,
                "privy_code_wrong",
                "Privy did not take this. Use the newest code, or ask for another one.",
            )
            .on_field("code"),
            PrivyError::NotBegun => refusal(
                ErrorKind::Gone,
                "sign_in_not_begun",
                "No sign-in is under way in this browser, or it took longer than 10 minutes. Start again.",
            ),
            PrivyError::Declined => refusal(
                ErrorKind::Forbidden,
                "privy_declined",
                "The sign-in was not allowed at the other site, so nobody was signed in.",
            ),
            PrivyError::TooOften => {
                let mut error = refusal(
                    ErrorKind::Limited,
                    "privy_too_often",
                    "Privy asks for patience: too many tries. Wait a minute, then try again.",
                );
                error.retry_after = Some(60);
                error
            }
            PrivyError::Refused { .. } => {
                telemetry::report(&error, "signing in by way of Privy");
                refusal(
                    ErrorKind::Forbidden,
                    "privy_refused",
                    "Privy does not let this account in here. Use another one, or another way to sign in.",
                )
            }
            PrivyError::Limited(limited) => limited.into(),
            PrivyError::Identity(error) => error.into(),
            PrivyError::Webhook(error) => error.into(),
            PrivyError::Database(error) => IdentityError::Database(error).into(),
        }
    }
}
