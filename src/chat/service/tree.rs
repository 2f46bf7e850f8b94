//! Versions: of a question that was asked in other words, and of an answer that was asked for again.

use super::Chat;
use crate::{
    chat::{error::ChatError, store},
    kit::id::{ConversationId, MessageId, UserId},
};

impl Chat {
    /// Shows another version: from now on the path to the newest message below it.
    ///
    /// # Errors
    /// When the message is not theirs.
    pub async fn show_version(
        &self,
        user: UserId,
        conversation: ConversationId,
        version: MessageId,
    ) -> Result<(), ChatError> {
        let mut transaction = self.parts.db.begin().await?;
        if !store::conversations::lock(&mut transaction, user, conversation).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        let leaf = store::messages::newest_below(&mut transaction, user, conversation, version).await?;
        let leaf = leaf.ok_or(ChatError::NotFound("message"))?;
        store::messages::show(&mut transaction, user, conversation, leaf).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a version with all that follows it, and shows the one before it, or else the one after it.
    ///
    /// # Errors
    /// When the message is not theirs, there is no other version, or an answer is being written in the conversation.
    pub async fn remove_version(
        &self,
        user: UserId,
        conversation: ConversationId,
        version: MessageId,
    ) -> Result<(), ChatError> {
        let mut transaction = self.parts.db.begin().await?;
        if !store::conversations::lock(&mut transaction, user, conversation).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        let found = store::messages::find(&mut transaction, user, conversation, version).await?;
        let found = found.ok_or(ChatError::NotFound("message"))?;
        if !store::runs::unsettled(&mut transaction, user, conversation).await?.is_empty() {
            return Err(ChatError::Busy);
        }
        let parents: Vec<MessageId> = found.parent.into_iter().collect();
        let of_the_first = found.parent.is_none();
        let versions = store::messages::versions(&mut transaction, user, conversation, &parents, of_the_first).await?;
        let at = versions.iter().position(|row| row.id == version).unwrap_or_default();
        let other = if at > 0 { versions.get(at - 1) } else { versions.get(1) };
        let other = other.ok_or(ChatError::OnlyVersion)?.id;
        let path = self.shown_path(&mut transaction, user, conversation).await?;
        if path.contains(&version)
            && let Some(leaf) = store::messages::newest_below(&mut transaction, user, conversation, other).await?
        {
            store::messages::show(&mut transaction, user, conversation, leaf).await?;
        }
        let before = self.traces(&mut transaction, user, conversation).await?;
        let files = self.files_in(&mut transaction, user, conversation).await?;
        store::messages::remove_below(&mut transaction, user, conversation, version).await?;
        self.release_files(&mut transaction, user, &files).await?;
        self.forget_traces(&mut transaction, user, conversation, before).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The ids of all that is shown.
    async fn shown_path(
        &self,
        connection: &mut sqlx::PgConnection,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<MessageId>, ChatError> {
        let Some(leaf) = store::messages::leaf(connection, user, conversation).await? else { return Ok(Vec::new()) };
        let path = store::messages::path(connection, user, conversation, leaf, i64::MAX).await?;
        Ok(path.into_iter().map(|row| row.id).collect())
    }
}
