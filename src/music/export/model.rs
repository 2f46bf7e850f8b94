//! What the page shows of exports.

use serde::{Deserialize, Serialize};

use crate::kit::id::MusicExportId;

/// How an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Waiting,
    Running,
    Done,
    Stopped,
    Undoing,
    Undone,
}

impl ExportState {
    /// From the row.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "running" => Self::Running,
            "done" => Self::Done,
            "stopped" => Self::Stopped,
            "undoing" => Self::Undoing,
            "undone" => Self::Undone,
            _ => Self::Waiting,
        }
    }

    /// Whether it changes by itself.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Undoing)
    }
}

/// A track that may be the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub uri: String,
    pub title: String,
    pub artists: Vec<String>,
    pub album: Option<String>,
    pub duration_ms: Option<i32>,
}

/// How many lines ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub lines: i64,
    pub pending: i64,
    pub matched: i64,
    pub ambiguous: i64,
    pub not_found: i64,
    pub not_allowed: i64,
    pub failed_retryable: i64,
    /// Of those matched, the ones that stand in the account.
    pub written: i64,
}

/// A line that is not in the account, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Counted from none.
    pub place: i32,
    pub name: String,
    pub state: String,
    pub choices: Vec<Choice>,
}

/// A playlist that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    pub number: i32,
    pub url: Option<String>,
    /// How what was read back differs, as a sentence; none: in nothing.
    pub differs: Option<String>,
    pub checked: bool,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportView {
    pub id: MusicExportId,
    pub state: ExportState,
    /// To which account, and since when.
    pub about: String,
    /// Why it waits or stopped, as a sentence.
    pub problem: Option<String>,
    /// Where that is mended.
    pub mend: Option<(String, String)>,
    /// When it goes on, in words.
    pub next: Option<String>,
    pub counts: Counts,
    pub parts: Vec<PartView>,
    /// The first lines that are not in the account.
    pub left: Vec<Left>,
    /// How many more there are.
    pub more_left: i64,
}
