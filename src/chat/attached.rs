//! The files that a question comes with, as a browser knows them.

use serde::{Deserialize, Serialize};

use crate::kit::id::FileId;

/// How many files a question has at most.
pub const MOST_FILES: usize = 8;
/// The largest of them, in bytes.
pub const LARGEST_FILE: u64 = 10 * 1024 * 1024;
/// How large all of them are together at most, in bytes.
pub const MOST_TOGETHER: u64 = 25 * 1024 * 1024;

/// A file of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// None: its owner has deleted it.
    pub id: Option<FileId>,
    /// As its owner calls it.
    pub name: String,
    /// In words: `1.4 MB`.
    pub size: String,
    /// Whether a browser can show it.
    pub is_picture: bool,
    /// Why the model is not shown it, as a sentence.
    pub unread: Option<String>,
}

impl Attached {
    /// Where its owner gets it.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        self.id.map(|id| format!("/api/account/files/{id}"))
    }
}
