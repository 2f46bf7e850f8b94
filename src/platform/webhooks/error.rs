use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    platform::{crypto::VaultError, jobs::JobsError, telemetry},
};

/// Why a post is not taken.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// No secret is set, so nobody can be believed.
    #[error("no secret is set for these posts")]
    NotSetUp,
    /// Without a signature of a sender that we know, or with one that is too old or too new.
    #[error("the post is not signed by a known sender, or not now")]
    Unsigned,
    /// Signed, and not an event.
    #[error("the post is no event")]
    Malformed,
    /// There is no such event.
    #[error("no such event")]
    NotFound,
    /// The event could not be sealed or opened.
    #[error("the event could not be sealed or opened: {0}")]
    Vault(#[from] VaultError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] JobsError),
    /// The database failed.
    #[error("the events could not be read or written: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<WebhookError> for AppError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotSetUp => Self::new(
                ErrorKind::NotSetUp,
                "webhook_not_set_up",
                "This Aura takes no such posts: the secret of their sender is not set.",
            ),
            WebhookError::Unsigned => Self::new(
                ErrorKind::Unauthenticated,
                "webhook_unsigned",
                "The signature is missing, wrong, or more than five minutes off. Check the secret and the clock.",
            ),
            WebhookError::Malformed => {
                Self::new(ErrorKind::Invalid, "webhook_malformed", "The body is no event: a JSON object with a type.")
            }
            WebhookError::NotFound => Self::not_found("event"),
            WebhookError::Vault(_) | WebhookError::Queue(_) | WebhookError::Database(_) => {
                telemetry::report(&error, "a webhook");
                Self::new(
                    ErrorKind::Unavailable,
                    "webhook_unavailable",
                    "The event could not be kept at the moment. Send it again.",
                )
            }
        }
    }
}
