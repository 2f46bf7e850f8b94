//! Links by which anybody may read a conversation, as it was when the link was made.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Asker, Chat, Parts};
use crate::{
    chat::{
        error::ChatError,
        managed::{Managed, Share, SharedConversation, SharedMessage, SharedRead},
        model::{Message, ToolCard},
        store::{
            self,
            conversations::HeadRow,
            shares::{NewShare, ShareRow},
        },
    },
    identity,
    kit::id::{ConversationId, ConversationShareId, UserId},
    platform::crypto::digest,
};

/// How many links a conversation has at most.
const MOST_SHARES: i64 = 20;
/// How many messages a link shows; what stands before them is left out, and the page says so.
const MOST_MESSAGES: i64 = 500;
/// The length of a secret as the link has it.
const SECRET_LENGTH: usize = 43;

impl Chat {
    /// Makes a link to what is shown of a conversation now: its secret, which is not to be had again. What was read is
    /// left out unless it is asked for; whose accounts it came from is never shown.
    ///
    /// # Errors
    /// When the conversation is not theirs or empty, an answer is being written in it, or it has too many links.
    pub async fn share(
        &self,
        user: UserId,
        conversation: ConversationId,
        with_results: bool,
    ) -> Result<Zeroizing<String>, ChatError> {
        let Parts { db, random, clock, .. } = &self.parts;
        let now = clock.now();
        let mut transaction = db.begin().await?;
        if !store::conversations::lock(&mut transaction, user, conversation).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        let leaf = store::messages::leaf(&mut transaction, user, conversation).await?;
        let leaf = leaf.ok_or(ChatError::NotFound("message"))?;
        // What is still being written would show more tomorrow than it does now.
        if !store::runs::unsettled(&mut transaction, user, conversation).await?.is_empty() {
            return Err(ChatError::Busy);
        }
        if store::shares::count(&mut transaction, user, conversation).await? >= MOST_SHARES {
            return Err(ChatError::ManyShares);
        }
        let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
        let share = NewShare { id: random.id(now), conversation, leaf, hash: digest(secret.as_bytes()), with_results };
        store::shares::insert(&mut transaction, user, &share, now).await?;
        transaction.commit().await?;
        Ok(secret)
    }

    /// Takes a link back: from now on it leads nowhere.
    ///
    /// # Errors
    /// When it is not theirs.
    pub async fn unshare(&self, user: UserId, share: ConversationShareId) -> Result<ConversationId, ChatError> {
        store::shares::remove(&self.parts.db, user, share).await?.ok_or(ChatError::NotFound("link"))
    }

    /// The link with this secret, as it is given away.
    #[must_use]
    pub fn link(&self, secret: &str) -> String {
        format!("{}/s/{secret}", self.parts.public_url.as_str().trim_end_matches('/'))
    }

    /// A conversation of theirs as a thing that is kept and shared.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn manage(&self, asker: &Asker, id: ConversationId) -> Result<Managed, ChatError> {
        let mut snapshot = self.snapshot().await?;
        let head = store::conversations::head(&mut snapshot, asker.user, id).await?;
        let HeadRow { title, pinned, archived } = head.ok_or(ChatError::NotFound("conversation"))?;
        let shares = store::shares::of_conversation(&mut snapshot, asker.user, id).await?;
        snapshot.commit().await?;
        let now = self.parts.clock.now();
        let share = |row: ShareRow| Share {
            id: row.id,
            made: identity::moment::stamp(row.created_at, now, &asker.zone),
            with_results: row.with_results,
        };
        let shares = shares.into_iter().map(share).collect();
        Ok(Managed { id, title, pinned, archived, shares, made: None })
    }

    /// What the link with this secret shows.
    ///
    /// # Errors
    /// When there is no such link, or no longer.
    pub async fn shared(&self, secret: &str) -> Result<SharedConversation, ChatError> {
        let gone = || ChatError::NotFound("page");
        if secret.len() != SECRET_LENGTH {
            return Err(gone());
        }
        let mut snapshot = self.snapshot().await?;
        let row = store::shares::by_secret(&mut snapshot, &digest(secret.as_bytes())).await?.ok_or_else(gone)?;
        // The page is for strangers, wherever they are.
        let asker = Asker { user: row.user, name: String::new(), zone: "UTC".to_owned() };
        let rows =
            store::messages::path(&mut snapshot, row.user, row.conversation, row.leaf, MOST_MESSAGES + 1).await?;
        let is_cut = i64::try_from(rows.len()).is_ok_and(|count| count > MOST_MESSAGES);
        let rows = rows.into_iter().skip(usize::from(is_cut)).collect();
        let messages = self.shown(&mut snapshot, &asker, row.conversation, rows).await?;
        snapshot.commit().await?;
        let now = self.parts.clock.now();
        Ok(SharedConversation {
            title: row.title,
            made: identity::moment::day(row.created_at, now, "UTC"),
            is_cut,
            with_results: row.with_results,
            messages: messages.into_iter().map(|message| redacted(message, row.with_results)).collect(),
        })
    }
}

/// What a stranger sees of a message.
fn redacted(message: Message, with_results: bool) -> SharedMessage {
    match message {
        Message::Question(question) => SharedMessage::Question(question.text),
        Message::Answer(answer) => {
            let read = |card: ToolCard| SharedRead {
                service: card.service,
                service_name: card.service_name,
                title: card.title,
                items: if with_results { card.items } else { Vec::new() },
            };
            SharedMessage::Answer { html: answer.html, reads: answer.cards.into_iter().map(read).collect() }
        }
    }
}
