//! Text messages: written into the outbox by the transaction that causes them, sent by a job, and taken up by a sweep
//! where that job's process has died, as mails are.
//!
//! Each costs money, so a day has a cap, in all and for each country, which counts the outbox itself. Number and words
//! lie sealed until the message has left or nobody wants it any more. The service knows no repetition: a message whose
//! process died between the service's word and our note, or whose answer was lost, is sent a second time as long as its
//! code works.

mod caps;
mod failed;
mod log;
mod outbox;
mod sending;
#[cfg(feature = "aws")]
mod sns;
#[cfg(not(feature = "aws"))]
#[path = "without_sns.rs"]
mod sns;

use std::fmt;

use async_trait::async_trait;

pub use failed::{FailedText, count_failed, failed};
pub use outbox::purge;
pub use sending::{NewText, TextMessages, work};

use super::{crypto::VaultError, jobs::JobsError};
use crate::kit::id::TextMessageId;

/// A way for text messages to leave.
#[async_trait]
pub trait TextMessenger: Send + Sync + fmt::Display {
    /// Gives one message away; returns the id that the service knows it by. `to` is E.164.
    ///
    /// # Errors
    /// When the service refuses it, or nothing is heard.
    async fn send(&self, id: TextMessageId, to: &str, text: &str) -> Result<Option<String>, TextError>;
}

/// A text message could not be taken in, kept or sent. It tells neither number nor words.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// This installation sends none.
    #[error("text messages are off")]
    Off,
    /// This installation sends none to that country.
    #[error("no text messages to this country")]
    CountryClosed,
    /// As many as a day may have were sent.
    #[error("the cap of the day is reached")]
    Spent,
    /// The database failed.
    #[error("the outbox of text messages failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] JobsError),
    /// Sealing or opening failed.
    #[error("the text message could not be sealed or opened: {0}")]
    Vault(#[from] VaultError),
    /// What the outbox holds is no message.
    #[error("the text message is broken: {0}")]
    Broken(&'static str),
    /// The service will not send this message to this number, whenever it is asked.
    #[error("the service refused it: {0}")]
    Refused(String),
    /// The service did not send it now.
    #[error("the service did not take it: {0}")]
    NotTaken(String),
    /// Nothing was heard in time: it may have been sent.
    #[error("the service did not answer in time")]
    Late,
}

impl TextError {
    /// Whether another try would end the same.
    fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Broken(_) | Self::Vault(_))
    }
}
