//! What a browser knows of the log of calls. Moments and sizes are written out, in the person's time zone.

use serde::{Deserialize, Serialize};

use crate::kit::id::{ApprovalId, ConversationId, ToolCallId};

/// Which calls are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// All of them.
    #[default]
    All,
    /// Those that looked.
    Reads,
    /// Those that were to change something.
    Changes,
}

impl Effect {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::All, Self::Reads, Self::Changes];

    /// As an address has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Reads => "read",
            Self::Changes => "write",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "Everything",
            Self::Reads => "Read",
            Self::Changes => "Changed",
        }
    }

    /// From an address; what is unknown is all.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|effect| effect.as_str() == word).unwrap_or_default()
    }
}

/// A part of the log, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    pub lines: Vec<CallLine>,
    /// Where the older ones begin; none after the last.
    pub older: Option<ToolCallId>,
    /// The services in the whole log, by id and name.
    pub services: Vec<(String, String)>,
    /// For how long what was read is kept.
    pub kept: Kept,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLine {
    pub id: ToolCallId,
    pub when: String,
    /// The same for programs (RFC 3339).
    pub at: String,
    pub service: String,
    pub service_name: String,
    pub account: String,
    /// `Issues`.
    pub title: String,
    /// Whether it was to change something.
    pub changes: bool,
    pub ending: Ending,
    /// Why, by whose yes, or what is known of it.
    pub more: String,
    /// What it was for; none where that was deleted.
    pub conversation: Option<(ConversationId, String)>,
    /// How long it took, how much came back, and what the answer took of the model.
    pub measures: String,
    /// The first digits of the digest of its arguments.
    pub fingerprint: Option<String>,
    pub undo: Option<Undo>,
}

/// What taking back has to do with a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// It can be taken back: by its approval, and what that would do.
    Open(ApprovalId, String),
    /// This call took it back.
    Undone(ToolCallId),
    /// It takes this call back.
    Undoes(ToolCallId),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    UnderWay,
    Done,
    Failed,
    Denied,
    Unknown,
}

/// For how long what was read for answers is kept, sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    #[default]
    Month,
    Week,
    Day,
    /// Until the answer is there.
    No,
}

impl Kept {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Month, Self::Week, Self::Day, Self::No];

    /// In days.
    #[must_use]
    pub fn days(self) -> i16 {
        match self {
            Self::Month => 30,
            Self::Week => 7,
            Self::Day => 1,
            Self::No => 0,
        }
    }

    /// The longest that is no longer than these days.
    #[must_use]
    pub fn of_days(days: i16) -> Self {
        Self::ALL.into_iter().find(|kept| kept.days() <= days).unwrap_or(Self::No)
    }

    /// As a form has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::No => "no",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Month => "30 days",
            Self::Week => "7 days",
            Self::Day => "1 day",
            Self::No => "Not at all",
        }
    }
}
