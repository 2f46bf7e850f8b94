//! What a browser knows of a conversation as a thing that is kept, shared and given away.

use serde::{Deserialize, Serialize};

use super::model::CardItem;
use crate::kit::id::{ConversationId, ConversationShareId};

/// A conversation on the page where it is managed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Managed {
    pub id: ConversationId,
    pub title: String,
    pub pinned: bool,
    pub archived: bool,
    /// Newest first.
    pub shares: Vec<Share>,
    /// The link that was just made; it is shown this once.
    pub made: Option<String>,
}

/// A link to a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub id: ConversationShareId,
    /// `Today, 08:31`.
    pub made: String,
    /// Whether what was read is shown as well.
    pub with_results: bool,
}

/// What a link shows to whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedConversation {
    pub title: String,
    /// The day on which the link was made.
    pub made: String,
    /// Whether its beginning is left out, because it is too long.
    pub is_cut: bool,
    /// Whether what was read is shown.
    pub with_results: bool,
    pub messages: Vec<SharedMessage>,
}

/// One message of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SharedMessage {
    /// As it was typed.
    Question(String),
    Answer {
        /// Rendered and sanitised.
        html: String,
        /// What was read for it.
        reads: Vec<SharedRead>,
    },
}

/// What was read: from where, and how much. No account, and what was found only where its owner said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedRead {
    pub service: String,
    pub service_name: String,
    /// `Read 3 events`.
    pub title: String,
    pub items: Vec<CardItem>,
}
