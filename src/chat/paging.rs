//! Long conversations, a page at a time: its end, what stands before or after a message, or what surrounds one.

use sqlx::PgConnection;

use super::{
    error::ChatError,
    model::{Earlier, Later, Message},
    service::{Asker, Chat},
    store::{self, messages::MessageRow},
};
use crate::kit::id::{ConversationId, MessageId};

/// How many messages a page shows.
pub(super) const PAGE: i64 = 50;

/// Where a conversation is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spot {
    /// At its end.
    #[default]
    End,
    /// Before a message.
    Before(MessageId),
    /// After a message.
    After(MessageId),
    /// Around a message, such as one that was found.
    At(MessageId),
}

/// A page of a conversation.
#[derive(Default)]
pub(super) struct Sheet {
    /// Oldest first.
    pub messages: Vec<Message>,
    pub has_earlier: bool,
    pub has_later: bool,
}

impl Chat {
    /// What stands before a message of theirs, on the way to it.
    ///
    /// # Errors
    /// When the conversation or the message is not theirs.
    pub async fn earlier(&self, asker: &Asker, id: ConversationId, before: MessageId) -> Result<Earlier, ChatError> {
        let mut snapshot = self.snapshot().await?;
        let Sheet { messages, has_earlier, .. } = self.before(&mut snapshot, asker, id, before).await?;
        snapshot.commit().await?;
        Ok(Earlier { messages, has_earlier })
    }

    /// What follows a message of theirs, on the way that is shown.
    ///
    /// # Errors
    /// When the conversation or the message is not theirs.
    pub async fn later(&self, asker: &Asker, id: ConversationId, after: MessageId) -> Result<Later, ChatError> {
        let mut snapshot = self.snapshot().await?;
        let leaf = store::messages::leaf(&mut snapshot, asker.user, id).await?;
        let leaf = leaf.ok_or(ChatError::NotFound("conversation"))?;
        let Sheet { messages, has_later, .. } = self.after(&mut snapshot, asker, id, leaf, after, PAGE).await?;
        snapshot.commit().await?;
        Ok(Later { messages, has_later })
    }

    /// The page that somebody turned to, of a conversation that ends with `leaf`.
    pub(super) async fn turned_to(
        &self,
        snapshot: &mut PgConnection,
        asker: &Asker,
        id: ConversationId,
        leaf: MessageId,
        spot: Spot,
    ) -> Result<Sheet, ChatError> {
        match spot {
            Spot::End => self.until(snapshot, asker, id, leaf, PAGE).await,
            Spot::Before(message) => self.before(snapshot, asker, id, message).await,
            Spot::After(message) => {
                let sheet = self.after(snapshot, asker, id, leaf, message, PAGE).await?;
                // Nothing follows it there: the end is what was looked for.
                if sheet.messages.is_empty() { self.until(snapshot, asker, id, leaf, PAGE).await } else { Ok(sheet) }
            }
            Spot::At(message) => {
                let half = PAGE / 2;
                let mut sheet = self.until(snapshot, asker, id, message, half).await?;
                if sheet.messages.is_empty() {
                    return Err(ChatError::NotFound("message"));
                }
                let after = self.after(snapshot, asker, id, leaf, message, half).await?;
                // A message of another version is shown with what led to it; the way that is shown goes on elsewhere.
                let elsewhere = after.messages.is_empty() && message != leaf;
                sheet.has_later = after.has_later || elsewhere;
                sheet.messages.extend(after.messages);
                Ok(sheet)
            }
        }
    }

    async fn before(
        &self,
        snapshot: &mut PgConnection,
        asker: &Asker,
        id: ConversationId,
        before: MessageId,
    ) -> Result<Sheet, ChatError> {
        let found = store::messages::find(snapshot, asker.user, id, before).await?;
        let parent = found.ok_or(ChatError::NotFound("message"))?.parent;
        let mut sheet = match parent {
            Some(parent) => self.until(snapshot, asker, id, parent, PAGE).await?,
            None => Sheet::default(),
        };
        sheet.has_later = true;
        Ok(sheet)
    }

    async fn after(
        &self,
        snapshot: &mut PgConnection,
        asker: &Asker,
        id: ConversationId,
        leaf: MessageId,
        after: MessageId,
        most: i64,
    ) -> Result<Sheet, ChatError> {
        let found = store::messages::find(snapshot, asker.user, id, after).await?;
        found.ok_or(ChatError::NotFound("message"))?;
        let mut rows = store::messages::following(snapshot, asker.user, id, after, leaf, most + 1).await?;
        let has_later = is_more(&rows, most);
        if has_later {
            rows.pop();
        }
        Ok(Sheet { messages: self.shown(snapshot, asker, id, rows).await?, has_earlier: true, has_later })
    }

    /// The last messages on the way to this one, itself too, and whether others stand before them.
    async fn until(
        &self,
        snapshot: &mut PgConnection,
        asker: &Asker,
        id: ConversationId,
        to: MessageId,
        most: i64,
    ) -> Result<Sheet, ChatError> {
        let mut rows = store::messages::path(snapshot, asker.user, id, to, most + 1).await?;
        let has_earlier = is_more(&rows, most);
        if has_earlier {
            rows.remove(0);
        }
        Ok(Sheet { messages: self.shown(snapshot, asker, id, rows).await?, has_earlier, has_later: false })
    }
}

fn is_more(rows: &[MessageRow], most: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|count| count > most)
}
