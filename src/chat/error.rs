//! Why a conversation could not be used.

use crate::{
    account::files::FileError,
    billing::BillingError,
    error::{AppError, ErrorKind},
    integrations,
    platform::{crypto::VaultError, telemetry},
    team::service::TeamError,
};

use super::model::LONGEST_QUESTION;

/// Everything that can go wrong in chat.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// Nothing was asked.
    #[error("the question is empty")]
    Empty,
    /// More was asked than fits.
    #[error("the question is too long")]
    TooLong,
    /// The key that names the send is not one.
    #[error("the client key is not valid")]
    BadKey,
    /// Not there, or not theirs.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// An answer is being written.
    #[error("the conversation has a running answer")]
    Busy,
    /// A form has something in it that no page puts there.
    #[error("the form was not complete")]
    BadForm,
    /// A conversation's name is empty or too long.
    #[error("the title is not valid")]
    BadTitle,
    /// There are as many links to the conversation as there may be.
    #[error("the conversation has too many links")]
    ManyShares,
    /// More was said of an answer than fits.
    #[error("the words about an answer are too many")]
    ManyWords,
    /// More files came with a question than may.
    #[error("the question has too many files")]
    ManyFiles,
    /// A file of a question is larger than may be.
    #[error("a file of the question is too large")]
    LargeFile,
    /// The files of a question are too large together.
    #[error("the files of the question are too large")]
    MuchAttached,
    /// A file of a question is not there, or not theirs.
    #[error("a file of the question is gone")]
    FileGone,
    /// A file could not be kept or read.
    #[error("chat: {0}")]
    Files(#[from] FileError),
    /// There is no other version that could be shown instead.
    #[error("the message is the only version")]
    OnlyVersion,
    /// It is older than the plan of its team lets conversations go on.
    #[error("the conversation is older than {days} days")]
    ReadOnly { days: u32 },
    /// What the plan allows is used up, or could not be read.
    #[error("chat: {0}")]
    Billing(#[from] BillingError),
    /// The log no longer takes events: somebody else settled the run.
    #[error("the run was settled elsewhere")]
    Lost,
    /// The database failed.
    #[error("chat: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// What was read could not be sealed or opened.
    #[error("chat: the vault failed: {0}")]
    Vault(#[from] VaultError),
    /// The team could not be found.
    #[error("chat: {0}")]
    Team(#[from] TeamError),
    /// The connections could not be listed.
    #[error("chat: {0}")]
    Integrations(#[from] integrations::Error),
    /// A stored value is not what it was when it was stored.
    #[error("chat: a stored value could not be read: {0}")]
    Stored(#[from] serde_json::Error),
}

impl From<ChatError> for AppError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Empty => {
                Self::new(ErrorKind::Unprocessable, "question_empty", "Write a question first.").on_field("text")
            }
            ChatError::TooLong => Self::new(
                ErrorKind::TooLarge,
                "question_too_long",
                format!(
                    "This question is longer than {LONGEST_QUESTION} characters. Shorten it, or send it in parts. Your text is kept."
                ),
            )
            .on_field("text"),
            ChatError::BadKey => Self::new(
                ErrorKind::Unprocessable,
                "bad_client_key",
                "The form was not complete. Reload the page and send again.",
            ),
            ChatError::BadForm => Self::new(
                ErrorKind::Invalid,
                "bad_request",
                "The form was not complete. Reload the page and send it again.",
            ),
            ChatError::BadTitle => Self::new(
                ErrorKind::Unprocessable,
                "bad_title",
                "Give the conversation a name of 1 to 200 characters.",
            )
            .on_field("title"),
            ChatError::ManyShares => Self::new(
                ErrorKind::Conflict,
                "too_many_links",
                "This conversation has 20 links. Take one back before you make another.",
            ),
            ChatError::ManyWords => Self::new(
                ErrorKind::TooLarge,
                "feedback_too_long",
                "This is longer than 2,000 characters. Shorten it, and keep it again.",
            )
            .on_field("words"),
            ChatError::ManyFiles => Self::new(
                ErrorKind::Unprocessable,
                "too_many_attachments",
                "A question can come with 8 files. Remove some and send it again; your text is kept.",
            )
            .on_field("files"),
            ChatError::LargeFile => Self::new(
                ErrorKind::TooLarge,
                "attachment_too_large",
                "A file that comes with a question may have 10 MB. Remove it, or attach a smaller one.",
            )
            .on_field("files"),
            ChatError::MuchAttached => Self::new(
                ErrorKind::TooLarge,
                "attachments_too_large",
                "The files of a question may have 25 MB together. Remove some and send it again; your text is kept.",
            )
            .on_field("files"),
            ChatError::FileGone => Self::new(
                ErrorKind::NotFound,
                "attachment_not_found",
                "A file that you attached is no longer there. Remove it, attach it again and send; your text is kept.",
            )
            .on_field("files"),
            ChatError::Files(error) => error.into(),
            ChatError::NotFound(what) => Self::not_found(what),
            ChatError::OnlyVersion => Self::new(
                ErrorKind::Conflict,
                "only_version",
                "There is no other version of this message. To remove all of it, delete the conversation.",
            ),
            ChatError::ReadOnly { days } => Self::new(
                ErrorKind::Conflict,
                "conversation_read_only",
                format!(
                    "Nobody has written here for more than {days} days, and this team's plan lets older conversations be \
                     read only. Start a new one; your text is kept."
                ),
            ),
            ChatError::Billing(error) => error.into(),
            ChatError::Integrations(error) => error.into(),
            ChatError::Team(error) => error.into(),
            ChatError::Busy => Self::new(
                ErrorKind::Conflict,
                "answer_running",
                "Aura is still answering in this conversation. Wait until it is done, or stop it first. Your text is kept.",
            ),
            ChatError::Database(
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_),
            ) => Self::new(
                ErrorKind::Unavailable,
                "database_unavailable",
                "Our database is away at the moment. Nothing was lost; try again in a minute.",
            ),
            other => {
                telemetry::report(&other, "chat");
                Self::internal()
            }
        }
    }
}
