//! Mail: written into the outbox by the transaction that causes it, sent by a job, and taken up by a sweep where that
//! job's process has died.
//!
//! Letters hold codes and links, so they lie sealed until they are sent and are emptied afterwards; one that was given
//! up stays sealed for the operator to send again. A mail whose process died between the mail server's word and our
//! note is sent again under the same message id, or at Resend under the same key, where it stays the same mail.

mod failed;
mod feedback;
mod letter;
mod mailer;
mod outbox;
mod resend;
mod routes;
mod smtp;

pub use failed::{FailedMail, Suppressed};
pub use feedback::RESEND;
pub use letter::{Content, Letter};
pub use mailer::{Mailer, work};
pub use outbox::{Outbox, purge};
pub use routes::routes;

use super::{crypto::VaultError, http::HttpError, jobs::JobsError};

/// A mail could not be written, kept or sent. The text names no recipient and no content.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The database failed.
    #[error("the outbox failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] JobsError),
    /// Sealing or opening failed.
    #[error("the mail could not be sealed or opened: {0}")]
    Vault(#[from] VaultError),
    /// A template failed.
    #[error("the letter could not be written: {0}")]
    Template(#[from] askama::Error),
    /// The layout failed.
    #[error("the letter could not be laid out: {0}")]
    Layout(String),
    /// The stored letter or the sender's address makes no sense.
    #[error("the mail makes no sense: {0}")]
    Broken(String),
    /// The mail server refused or failed. What it said may name the recipient, so only its code is told.
    #[error("the mail server {}", said(.0))]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail service could not be reached.
    #[error("the mail service could not be reached: {0}")]
    Http(#[from] HttpError),
    /// The mail service refused, with a short word for why.
    #[error("the mail service answered with status {status} {reason}")]
    Refused { status: u16, reason: String },
    /// The mail service asked to wait, for so many seconds where it said so.
    #[error("the mail service asked to wait")]
    Limited { retry_after: Option<u32> },
    /// Nothing was heard in time.
    #[error("the mail server did not answer in time")]
    Late,
}

impl MailError {
    /// Whether another try would end the same.
    fn is_final(&self) -> bool {
        match self {
            Self::Broken(_) | Self::Vault(_) => true,
            Self::Refused { status, .. } => matches!(status, 400 | 413 | 422),
            // Codes about this mailbox or this letter. Others, such as a wrong password, are for the operator to mend.
            Self::Smtp(error) => {
                error.status().is_some_and(|code| matches!(u16::from(code), 521 | 550..=553 | 555 | 556))
            }
            _ => false,
        }
    }

    /// How long the service wants us to wait.
    fn wait(&self) -> Option<time::Duration> {
        match self {
            Self::Limited { retry_after } => Some(time::Duration::seconds(retry_after.unwrap_or(10).into())),
            _ => None,
        }
    }
}

fn said(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("answered {code}"),
        None if error.is_timeout() => "did not answer in time".into(),
        None if error.is_tls() => "could not be reached over TLS".into(),
        None => "could not be reached, or broke off".into(),
    }
}
