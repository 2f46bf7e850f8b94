//! Mail: written into the outbox by the transaction that causes it, sent by a job.
//!
//! Letters hold codes and links, so they lie sealed until they are sent and are emptied afterwards. A mail that was sent
//! although the process died before it could say so is sent again under the same message id.

mod letter;
mod mailer;
mod outbox;
mod resend;
mod smtp;

pub use letter::{Content, Letter};
pub use mailer::{Mailer, work};
pub use outbox::{Outbox, purge};

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
    /// The mail server refused or failed.
    #[error("the mail server did not take the mail: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail service could not be reached.
    #[error("the mail service could not be reached: {0}")]
    Http(#[from] HttpError),
    /// The mail service refused.
    #[error("the mail service answered with status {0}")]
    Refused(u16),
}
