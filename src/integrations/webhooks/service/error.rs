use crate::{
    account::notifications::NotificationError,
    error::{AppError, ErrorKind},
    platform::{crypto::VaultError, jobs::JobsError, telemetry},
};

/// Why something about webhooks did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such endpoint, or no such delivery, of theirs.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A name has at most 100 characters.
    #[error("no name")]
    Name,
    /// Not https, or it leads where nothing is posted.
    #[error("no address for events")]
    Address,
    /// There is no such type of event.
    #[error("no such event")]
    NoSuchEvent,
    /// So many at most.
    #[error("too many endpoints")]
    TooMany,
    /// Nothing is posted to an endpoint that is off.
    #[error("the endpoint is off")]
    Off,
    /// The moment lies ahead.
    #[error("no such moment")]
    Since,
    #[error("webhooks: a secret could not be sealed or opened: {0}")]
    Vault(#[from] VaultError),
    #[error("webhooks: nobody could be told: {0}")]
    Untold(#[from] NotificationError),
    #[error("webhooks: {0}")]
    Jobs(#[from] JobsError),
    #[error("webhooks: the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<WebhookError> for AppError {
    fn from(error: WebhookError) -> Self {
        let (kind, code, message, field) = match error {
            WebhookError::NotFound(what) => return Self::not_found(what),
            WebhookError::Name => (
                ErrorKind::Unprocessable,
                "name_invalid",
                "A name has at most 100 characters, in one line.",
                Some("name"),
            ),
            WebhookError::Address => (
                ErrorKind::Unprocessable,
                "url_invalid",
                "Give an address that begins with https://, without a name or password in it, that can be reached from the \
                 internet.",
                Some("url"),
            ),
            WebhookError::NoSuchEvent => {
                (ErrorKind::Unprocessable, "event_unknown", "There is no such type of event.", Some("events"))
            }
            WebhookError::TooMany => {
                (ErrorKind::Conflict, "too_many_webhooks", "You have 10 webhooks. Delete one that is not used.", None)
            }
            WebhookError::Off => {
                (ErrorKind::Conflict, "webhook_off", "This webhook is off. Switch it on, then try again.", None)
            }
            WebhookError::Since => {
                (ErrorKind::Unprocessable, "since_invalid", "Name a moment that is over.", Some("since"))
            }
            WebhookError::Vault(_) | WebhookError::Untold(_) | WebhookError::Jobs(_) | WebhookError::Database(_) => {
                telemetry::report(&error, "webhooks");
                return Self::internal();
            }
        };
        let told = Self::new(kind, code, message);
        match field {
            Some(field) => told.on_field(field),
            None => told,
        }
    }
}
