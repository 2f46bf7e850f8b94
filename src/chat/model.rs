//! What a browser knows of conversations.

use serde::{Deserialize, Serialize};

use crate::kit::id::{ConversationId, MessageId, RunId};

/// The longest question, in characters.
pub const LONGEST_QUESTION: usize = 32_000;

/// What stands above answers that no model wrote.
pub const AI_IS_OFF: &str =
    "AI is switched off on this installation. Aura answers simple questions from your services by rules.";

/// What stands under an answer whose process died.
pub const INTERRUPTED: &str = "This answer was interrupted when the server stopped. What had arrived is above.";

/// A line of the conversation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// Which conversation.
    pub id: ConversationId,
    /// Its name.
    pub title: String,
}

/// Conversations of one stretch of time, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentGroup {
    /// `Today`, `Yesterday`, `Last week`, `Older`.
    pub label: String,
    /// The conversations.
    pub conversations: Vec<ConversationSummary>,
}

/// Everything that the chat page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// None: a new conversation is about to begin.
    pub conversation: Option<Conversation>,
    /// Names the next send, so that it counts once however often it arrives.
    pub next_key: String,
    /// How many accounts are connected and usable.
    pub accounts: u32,
    /// Whether answers come from rules, not from a model.
    pub by_rules: bool,
    /// `Good morning, Mira.`
    pub greeting: String,
    /// Questions that the connected services can answer.
    pub suggestions: Vec<Suggestion>,
}

/// A first question, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The service's id.
    pub service: String,
    /// The service's name.
    pub service_name: String,
    /// The question.
    pub question: String,
}

/// A conversation with all its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// Its name: how the first question began.
    pub title: String,
    /// Oldest first.
    pub messages: Vec<Message>,
}

impl Conversation {
    /// The run that is writing an answer now.
    #[must_use]
    pub fn running(&self) -> Option<RunId> {
        self.messages.iter().rev().find_map(|message| match message {
            Message::Answer(answer) if answer.run.state == RunState::Running => Some(answer.run.id),
            _ => None,
        })
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Message {
    /// What the person asked.
    Question(Question),
    /// What Aura answered.
    Answer(Answer),
}

/// What the person asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which message.
    pub id: MessageId,
    /// As it was typed.
    pub text: String,
}

/// An answer, whole or in the making.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which message.
    pub id: MessageId,
    /// The text so far: rendered and sanitised HTML.
    pub html: String,
    /// When it was begun: `09:12` where the person is.
    pub clock: String,
    /// The same for machines.
    pub moment: String,
    /// What was read for it.
    pub cards: Vec<ToolCard>,
    /// How it came about.
    pub run: Run,
    /// What it answers, so that it can be asked again.
    pub question: String,
}

/// The making of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Which run.
    pub id: RunId,
    /// Where it stands.
    pub state: RunState,
    /// The last event that the answer's text and cards contain.
    pub last_seq: i32,
    /// What it is doing, or what has to be said about it.
    pub status: Option<String>,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It is being written.
    Running,
    /// It is whole.
    Finished,
    /// The person stopped it.
    Stopped,
    /// Something went wrong.
    Failed,
    /// Its server process ended.
    Interrupted,
}

impl RunState {
    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// From the database's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "finished" => Self::Finished,
            "stopped" => Self::Stopped,
            "failed" => Self::Failed,
            _ => Self::Interrupted,
        }
    }
}

/// One reading of a service, with what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCard {
    /// Which call of the run.
    pub call_id: String,
    /// The service's id.
    pub service: String,
    /// The service's name.
    pub service_name: String,
    /// `Read 3 events`.
    pub title: String,
    /// `Friday 20 November`.
    pub detail: String,
    /// Whether it has come back.
    pub state: CardState,
    /// What was found.
    pub items: Vec<CardItem>,
    /// Why nothing was found, as a sentence.
    pub error: Option<String>,
    /// The card is the whole answer, because its data may not enter a text; it is shown open.
    pub alone: bool,
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// The service has been asked.
    Running,
    /// It answered.
    Done,
    /// It did not, or refused.
    Failed,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardItem {
    /// Its number in the answer, across all cards.
    pub n: u32,
    /// What it is.
    pub title: String,
    /// One thing about it.
    pub note: String,
    /// Where it is; `https` only.
    pub link: Option<String>,
}

/// What a viewer hears about a run.
///
/// Text arrives twice, on purpose: as it is written, to be shown at once as plain text, and now and then as the whole
/// answer so far, rendered; that replaces everything before it. Only numbered events move a viewer forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunEvent {
    /// What it is doing now.
    Status {
        /// A few words.
        text: String,
    },
    /// More text.
    Text {
        /// Plain Markdown source.
        text: String,
    },
    /// The whole answer so far; replaces all text before it.
    Html {
        /// Rendered and sanitised. Where its last line goes on, no newline stands at its end.
        html: String,
    },
    /// A service is being read.
    ToolStarted {
        /// Without items yet.
        card: ToolCard,
    },
    /// It answered or failed.
    ToolFinished {
        /// Replaces the card with the same `call_id`.
        card: ToolCard,
    },
    /// It is over; nothing follows.
    Settled {
        /// How it ended.
        state: RunState,
        /// Why it failed.
        error: Option<String>,
    },
}

impl RunEvent {
    /// The names under which events travel.
    pub const KINDS: [&'static str; 6] = ["status", "text", "html", "tool_started", "tool_finished", "settled"];

    /// The name under which this event travels.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Text { .. } => "text",
            Self::Html { .. } => "html",
            Self::ToolStarted { .. } => "tool_started",
            Self::ToolFinished { .. } => "tool_finished",
            Self::Settled { .. } => "settled",
        }
    }
}

/// What a send made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where it went.
    pub conversation: ConversationId,
    /// The run that answers it.
    pub run: RunId,
}
