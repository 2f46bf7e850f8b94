//! Why a file of plays was not taken.

use crate::{
    error::{AppError, ErrorKind},
    music::error::MusicError,
    platform::{files::FilesError, jobs::JobsError, telemetry},
};

/// Everything that can go wrong with an import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No file was chosen.
    #[error("no file came")]
    Missing,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than may be.
    #[error("the file is too large")]
    TooLarge,
    /// It did not come to its end.
    #[error("the file was cut off")]
    CutOff,
    /// So many wait already.
    #[error("too many files wait")]
    TooMany,
    /// Reading ended before the file did, for a fault of ours or because the store is away.
    #[error("an import could not be read on: {0}")]
    Interrupted(&'static str),
    /// What concerns all of music.
    #[error(transparent)]
    Music(#[from] MusicError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Music(error.into())
    }
}

impl From<FilesError> for ImportError {
    fn from(error: FilesError) -> Self {
        Self::Music(error.into())
    }
}

impl From<JobsError> for ImportError {
    fn from(error: JobsError) -> Self {
        Self::Music(error.into())
    }
}

impl ImportError {
    /// Those that a form is told of on its page.
    pub(super) const TOLD: [Self; 5] = [Self::Missing, Self::Empty, Self::TooLarge, Self::CutOff, Self::TooMany];
}

impl From<ImportError> for AppError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Missing => {
                Self::new(ErrorKind::Unprocessable, "import_missing", "Choose a file first.").on_field("file")
            }
            ImportError::Empty => Self::new(
                ErrorKind::Unprocessable,
                "import_empty",
                "There is nothing in this file. Load it again from the service, and choose it once more.",
            )
            .on_field("file"),
            ImportError::TooLarge => Self::new(
                ErrorKind::TooLarge,
                "import_too_large",
                "A file of plays may have 512 MB. Unpack the archive, and bring the files in it one after another.",
            )
            .on_field("file"),
            ImportError::CutOff => Self::new(
                ErrorKind::Invalid,
                "import_cut_off",
                "The file did not arrive to its end, so nothing of it was kept. Send it again.",
            ),
            ImportError::TooMany => Self::new(
                ErrorKind::Conflict,
                "import_too_many",
                "Ten files wait to be read already. Bring the others when these are done.",
            ),
            ImportError::Interrupted(_) => {
                telemetry::report(&error, "import");
                Self::internal()
            }
            ImportError::Music(error) => error.into(),
        }
    }
}
