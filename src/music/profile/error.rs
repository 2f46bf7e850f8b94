//! Why something about a profile was not done.

use crate::{
    error::{AppError, ErrorKind},
    identity::service::{HandleError, IdentityError},
    platform::{limits::Limited, mail::MailError, telemetry},
};

/// Everything that can go wrong with a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It has no address yet.
    #[error("no handle")]
    NoHandle,
    /// A text is too long.
    #[error("too long")]
    TooLong { field: &'static str, most: usize },
    /// It is none of the person's artists.
    #[error("no such artist")]
    NoArtist,
    /// There is nothing of this name to choose.
    #[error("no such choice")]
    NoChoice { field: &'static str },
    /// A report says nothing.
    #[error("an empty report")]
    NothingSaid,
    /// Nothing is published there.
    #[error("nothing is published")]
    NotFound,
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Handle(#[from] HandleError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("profile: {0}")]
    Mail(#[from] MailError),
    #[error("profile: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<ProfileError> for AppError {
    fn from(error: ProfileError) -> Self {
        let unprocessable = |code: &str, message: String, field: &str| {
            Self::new(ErrorKind::Unprocessable, code, message).on_field(field)
        };
        match error {
            ProfileError::NoHandle => Self::new(
                ErrorKind::Conflict,
                "handle_needed",
                "A profile stands at your handle, and you have none yet. Choose one in your settings, then publish.",
            ),
            ProfileError::TooLong { field, most } => {
                unprocessable("text_too_long", format!("This is too long: {most} characters fit."), field)
            }
            ProfileError::NoArtist => unprocessable(
                "artist_unknown",
                "One of these artists is not in your history any more. Pick another one.".to_owned(),
                "artists",
            ),
            ProfileError::NoChoice { field } => {
                unprocessable("choice_unknown", "This cannot be chosen. Reload the page.".to_owned(), field)
            }
            ProfileError::NothingSaid => {
                unprocessable("report_empty", "Say in a sentence what is wrong with this profile.".to_owned(), "words")
            }
            ProfileError::NotFound => Self::not_found("page"),
            ProfileError::Limited(limited) => limited.into(),
            ProfileError::Handle(error) => error.into(),
            ProfileError::Identity(error) => error.into(),
            ProfileError::Database(
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_),
            ) => Self::new(
                ErrorKind::Unavailable,
                "database_unavailable",
                "Our database is away at the moment. Nothing was lost; try again in a minute.",
            ),
            other => {
                telemetry::report(&other, "music profile");
                Self::internal()
            }
        }
    }
}
