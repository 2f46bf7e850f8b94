//! Files for questions: they come before the question, and stay with it.

use std::collections::HashMap;

use axum::body::Bytes;
use futures::Stream;
use sqlx::PgConnection;

use super::Chat;
use crate::{
    account::files::{self, Arriving, FileRow, Nature},
    chat::{
        attached::{Attached, LARGEST_FILE, MOST_FILES, MOST_TOGETHER},
        error::ChatError,
        store::{self, attached::NewAttached},
    },
    inference::{ExhibitKind, Sight},
    kit::id::{ConversationId, FileId, MessageId, UserId},
};

const BYTES_OF_A_TOKEN: u64 = 4;

/// What is not shown to a model of the files of a kind, and why.
pub(in crate::chat) fn unread(media_type: &str, size: u64, sight: Option<Sight>) -> Option<&'static str> {
    let Some(Sight { pictures, documents }) = sight else {
        return Some("AI is switched off here, so nothing reads it.");
    };
    match files::nature(media_type) {
        Some(Nature::Text) => None,
        Some(Nature::Picture(_)) => (!pictures).then_some("The model of this installation sees no pictures."),
        _ if media_type != "application/pdf" => Some("The model cannot read files of this kind."),
        _ => match documents {
            None => Some("The model of this installation reads no PDF."),
            Some(most) => (size > most).then_some("The model takes no PDF of this size."),
        },
    }
}

/// About how many tokens a file takes of the model.
fn estimated_tokens(file: &FileRow, sight: Sight) -> u64 {
    let size = file.size.unsigned_abs();
    match files::nature(&file.media_type) {
        _ if unread(&file.media_type, size, Some(sight)).is_some() => 0,
        Some(Nature::Picture(_)) => ExhibitKind::Jpeg.estimated_tokens(size),
        Some(Nature::Text) => size.min(crate::chat::exhibits::TEXT_BYTES as u64) / BYTES_OF_A_TOKEN,
        _ => ExhibitKind::Pdf.estimated_tokens(size),
    }
}

impl Chat {
    /// Keeps a file for a question that is not sent yet.
    ///
    /// # Errors
    /// When the file is refused, or does not come to its end.
    pub async fn keep_file<E>(
        &self,
        user: UserId,
        arriving: Arriving<'_>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Attached, ChatError> {
        let row = self.parts.files.keep_for_question(user, arriving, LARGEST_FILE, pieces).await?;
        Ok(self.shown_file(Some(row.id), row.name, &row.media_type, row.size))
    }

    /// Whether something was sent under this key.
    pub(in crate::chat) async fn is_sent(&self, user: UserId, key: &str) -> Result<bool, ChatError> {
        let mut connection = self.parts.db.acquire().await?;
        Ok(store::conversations::sent(&mut connection, user, key).await?.is_some())
    }

    /// The files of these questions, as a page shows them.
    pub(in crate::chat) async fn files_of(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        messages: &[MessageId],
    ) -> Result<HashMap<MessageId, Vec<Attached>>, ChatError> {
        let mut of: HashMap<MessageId, Vec<Attached>> = HashMap::new();
        for row in store::attached::of_messages(connection, user, messages).await? {
            let shown = self.shown_file(row.file, row.name, &row.media_type, row.size);
            of.entry(row.message).or_default().push(shown);
        }
        Ok(of)
    }

    fn shown_file(&self, id: Option<FileId>, name: String, media_type: &str, size: i64) -> Attached {
        let sight = self.parts.inference.is_on().then(|| self.parts.inference.sight());
        let size = size.unsigned_abs();
        Attached {
            id,
            name,
            size: files::model::size(size),
            is_picture: matches!(files::nature(media_type), Some(Nature::Picture(_))),
            unread: unread(media_type, size, sight).map(str::to_owned),
        }
    }

    /// Puts files to a question: those of another question, and these; about how many tokens they take.
    pub(super) async fn attach(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        message: MessageId,
        like: Option<MessageId>,
        ids: &[FileId],
    ) -> Result<u64, ChatError> {
        let mut wanted: Vec<FileId> = match like {
            // What is deleted does not come along.
            Some(like) => {
                let rows = store::attached::of_messages(connection, user, &[like]).await?;
                rows.into_iter().filter_map(|row| row.file).collect()
            }
            None => Vec::new(),
        };
        for id in ids {
            if !wanted.contains(id) {
                wanted.push(*id);
            }
        }
        if wanted.is_empty() {
            return Ok(0);
        }
        if wanted.len() > MOST_FILES {
            return Err(ChatError::ManyFiles);
        }
        let found = self.parts.files.hold(connection, user, &wanted).await?;
        let sight = self.parts.inference.sight();
        let (mut new, mut bytes, mut tokens) = (NewAttached::default(), 0_u64, 0);
        for id in wanted {
            let file = found.iter().find(|file| file.id == id).ok_or(ChatError::FileGone)?;
            if file.size.unsigned_abs() > LARGEST_FILE {
                return Err(ChatError::LargeFile);
            }
            bytes += file.size.unsigned_abs();
            tokens += estimated_tokens(file, sight);
            new.files.push(file.id);
            new.names.push(file.name.clone());
            new.media_types.push(file.media_type.clone());
            new.sizes.push(file.size);
        }
        if bytes > MOST_TOGETHER {
            return Err(ChatError::MuchAttached);
        }
        store::attached::insert(connection, user, message, &new).await?;
        Ok(tokens)
    }

    /// About how many tokens the files of a question take that is answered once more.
    pub(super) async fn attached_tokens(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        message: MessageId,
    ) -> Result<u64, ChatError> {
        let rows = store::attached::of_messages(connection, user, &[message]).await?;
        let ids: Vec<FileId> = rows.into_iter().filter_map(|row| row.file).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let sight = self.parts.inference.sight();
        let files = self.parts.files.hold(connection, user, &ids).await?;
        Ok(files.iter().map(|file| estimated_tokens(file, sight)).sum())
    }

    /// Which files a conversation of theirs has.
    pub(super) async fn files_in(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<FileId>, ChatError> {
        Ok(store::attached::of_conversation(connection, user, conversation).await?)
    }

    /// Removes those of these files that no question comes with any more.
    pub(super) async fn release_files(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        files: &[FileId],
    ) -> Result<(), ChatError> {
        let unused = store::attached::unused(connection, user, files).await?;
        Ok(self.parts.files.release(connection, user, &unused).await?)
    }
}
