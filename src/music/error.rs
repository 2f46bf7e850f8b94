//! Why something about music was not done.

use crate::{
    error::{AppError, ErrorKind},
    platform::{files::FilesError, jobs::JobsError, telemetry},
};

/// Everything that can go wrong with what somebody listens to.
#[derive(Debug, thiserror::Error)]
pub enum MusicError {
    /// Not there, or of somebody else.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The file store failed.
    #[error("music: {0}")]
    Files(#[from] FilesError),
    /// The job queue failed.
    #[error("music: {0}")]
    Jobs(#[from] JobsError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<MusicError> for AppError {
    fn from(error: MusicError) -> Self {
        match error {
            MusicError::NotFound(what) => Self::not_found(what),
            MusicError::Database(
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_),
            ) => Self::new(
                ErrorKind::Unavailable,
                "database_unavailable",
                "Our database is away at the moment. Nothing was lost; try again in a minute.",
            ),
            other => {
                telemetry::report(&other, "music");
                Self::internal()
            }
        }
    }
}
