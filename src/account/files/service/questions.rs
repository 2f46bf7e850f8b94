//! Files for questions: they are uploaded before the question is sent, stay with it, and go with its conversation.

use axum::body::Bytes;
use futures::{Stream, TryStreamExt as _};
use sqlx::PgConnection;
use time::Duration;

use super::{Arriving, REMOVE_FILES, UserFiles, arrival::Purpose};
use crate::{
    account::files::{
        error::FileError,
        store::{self, FileRow},
    },
    kit::id::{FileId, UserId},
};

/// So long a file waits for its question.
pub(super) const WAITS: Duration = Duration::hours(24);

impl UserFiles {
    /// Keeps a file for a question that is not sent yet. Where none is sent within a day, it goes.
    ///
    /// # Errors
    /// As for any file, when it is larger than `most` bytes, or when nothing is in it.
    pub async fn keep_for_question<E>(
        &self,
        user: UserId,
        arriving: Arriving<'_>,
        most: u64,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<FileRow, FileError> {
        self.keep_as(user, arriving, Purpose::Question { most }, pieces).await
    }

    /// Lets files of theirs stay, and gives those of them that are there, in no order. Until the transaction ends nobody
    /// removes them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn hold(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        ids: &[FileId],
    ) -> Result<Vec<FileRow>, FileError> {
        Ok(store::questions::hold(connection, user, ids).await?)
    }

    /// Those of these files of theirs that are there, in no order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn some(&self, user: UserId, ids: &[FileId]) -> Result<Vec<FileRow>, FileError> {
        Ok(store::questions::some(&self.db, user, ids).await?)
    }

    /// Removes those of these files that were uploaded for a question: their rows now, in the caller's transaction, and
    /// what is in them by a job that exists from the same moment on.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn release(&self, connection: &mut PgConnection, user: UserId, ids: &[FileId]) -> Result<(), FileError> {
        let keys = store::questions::release(&mut *connection, user, ids).await?;
        if !keys.is_empty() {
            self.jobs.enqueue(connection, REMOVE_FILES, None, serde_json::json!({ "keys": keys })).await?;
        }
        Ok(())
    }

    /// The whole content of a file.
    ///
    /// # Errors
    /// When the store has lost it or is away.
    pub async fn whole(&self, file: &FileRow) -> Result<Vec<u8>, FileError> {
        let mut pieces = self.content(file, None).await?;
        let mut whole = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default());
        while let Some(piece) = pieces.try_next().await.map_err(|error| FileError::Store(error.into()))? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}
