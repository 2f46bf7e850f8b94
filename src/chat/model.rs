//! What a browser knows of conversations.

use serde::{Deserialize, Serialize};

use super::{attached::Attached, need::NeedCard, proposal::ProposalCard};
use crate::kit::id::{ConversationId, MessageId, RunId, UserId};

/// The longest question, in characters.
pub const LONGEST_QUESTION: usize = 32_000;

/// What stands above answers that no model wrote.
pub const AI_IS_OFF: &str =
    "AI is switched off on this installation. Aura answers simple questions from your services by rules.";

/// What stands above answers that no model wrote, because the model's budget of the day is used up.
pub const BUDGET_IS_USED_UP: &str = "This installation's model rests until midnight (UTC). Until then Aura answers simple questions from your services by rules.";

/// Whether a word about what is being done stays with the answer once it is written: that no model wrote it, or not the
/// one that should have.
#[must_use]
pub fn outlasts(status: &str) -> bool {
    status == AI_IS_OFF || status == BUDGET_IS_USED_UP || status.starts_with("Answered by ")
}

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
    /// `Pinned`, `Today`, `Yesterday`, `Last week`, `Older`.
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
    /// How many more questions the model answers; none where it answers none, which costs nothing.
    pub left: Option<MessagesLeft>,
    /// `Good morning, Mira.`
    pub greeting: String,
    /// Questions that the connected services can answer.
    pub suggestions: Vec<Suggestion>,
    /// What a file dialog offers for a question: `.png,.pdf`.
    pub accepted: String,
    /// Whose page it is: what is written but not sent is kept in the browser under this.
    pub owner: UserId,
}

/// What is left of the month for the team whose plan pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesLeft {
    pub left: u32,
    pub most: u32,
    /// As «November».
    pub month: String,
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

/// A conversation with the messages of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// Its name: how the first question began.
    pub title: String,
    /// Whether it stands above the others.
    pub pinned: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// Those of the path that is shown, oldest first.
    pub messages: Vec<Message>,
    /// Whether more stands before them.
    pub has_earlier: bool,
    /// Whether more stands after them.
    pub has_later: bool,
    /// The end of the path that is shown: what the next question follows.
    pub leaf: Option<MessageId>,
}

/// Messages of a path that stand before others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether more stands before them.
    pub has_earlier: bool,
}

/// Messages of a path that stand after others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether more stands after them.
    pub has_later: bool,
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

impl Message {
    /// Which message.
    #[must_use]
    pub fn id(&self) -> MessageId {
        match self {
            Self::Question(question) => question.id,
            Self::Answer(answer) => answer.id,
        }
    }
}

/// Which of its versions a message is: a question that was asked in other words, an answer that was asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Counted from one.
    pub at: u32,
    /// How many there are.
    pub of: u32,
    /// The one before.
    pub before: Option<MessageId>,
    /// The one after.
    pub after: Option<MessageId>,
}

/// What the person asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which message.
    pub id: MessageId,
    /// As it was typed.
    pub text: String,
    /// The files that it came with.
    pub files: Vec<Attached>,
    /// Which version.
    pub versions: Versions,
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
    /// What it proposes to change.
    pub proposals: Vec<ProposalCard>,
    /// What else it waits for, or has waited for.
    pub needs: Vec<NeedCard>,
    /// How it came about.
    pub run: Box<Run>,
    /// Which version.
    pub versions: Versions,
    /// What the person thought of it.
    pub feedback: Option<Feedback>,
}

/// What a person thought of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Whether it was of use.
    pub good: bool,
    /// In their words; often empty.
    pub words: String,
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
    /// It cannot go on without its person.
    Waiting,
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
    /// Whether more may follow.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }

    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
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
            "waiting" => Self::Waiting,
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
    /// What follows all text so far and is not logged yet. It replaces what was told so before; the next `text` brings
    /// it, or its beginning, for good. Who comes back after a break has none.
    Ahead {
        /// Plain Markdown source.
        text: String,
    },
    /// The whole answer so far; replaces all text before it, but not what is ahead of it.
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
    /// A change is proposed, or was decided on, or has been made.
    Proposal {
        /// Replaces the card with the same id.
        card: ProposalCard,
    },
    /// It needs a yes or an account, or has got an answer to that.
    Need {
        /// Replaces the card with the same id.
        card: NeedCard,
    },
    /// It waits for its person, for as long as that takes.
    Waiting,
    /// It goes on.
    Resumed,
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
    pub const KINDS: [&'static str; 11] = [
        "status",
        "text",
        "ahead",
        "html",
        "tool_started",
        "tool_finished",
        "proposal",
        "need",
        "waiting",
        "resumed",
        "settled",
    ];

    /// Whether it is a piece of what a model says, as it says it.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Ahead { .. })
    }

    /// The name under which this event travels.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Text { .. } => "text",
            Self::Ahead { .. } => "ahead",
            Self::Html { .. } => "html",
            Self::ToolStarted { .. } => "tool_started",
            Self::ToolFinished { .. } => "tool_finished",
            Self::Proposal { .. } => "proposal",
            Self::Need { .. } => "need",
            Self::Waiting => "waiting",
            Self::Resumed => "resumed",
            Self::Settled { .. } => "settled",
        }
    }
}

/// A send, as a page or a program writes it. Ids that are left out are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// Where; none: in a new conversation.
    #[serde(default)]
    pub conversation: String,
    /// The question.
    #[serde(default)]
    pub text: String,
    /// Names the send, so that it counts once however often it arrives.
    #[serde(alias = "client_key", alias = "client_message_id")]
    pub key: String,
    /// The answer that it follows; none: the end of what is shown.
    #[serde(default)]
    pub after: String,
    /// The question that it says in other words.
    #[serde(default)]
    pub beside: String,
    /// The question or answer that is to be answered once more; then there is no text.
    #[serde(default)]
    pub again: String,
    /// The files that it comes with: theirs, uploaded before.
    #[serde(default)]
    pub files: Vec<String>,
}

/// What a send made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where it went.
    pub conversation: ConversationId,
    /// The run that answers it.
    pub run: RunId,
}
