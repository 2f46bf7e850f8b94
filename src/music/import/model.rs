//! What the page shows of imports.

use serde::{Deserialize, Serialize};

use crate::kit::id::MusicImportId;

/// How an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    Waiting,
    Reading,
    Done,
    Removing,
    Removed,
}

impl ImportState {
    /// Whether it changes by itself.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Removed)
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultView {
    pub file: String,
    pub row: i64,
    pub reason: String,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportView {
    pub id: MusicImportId,
    pub name: String,
    /// Size and time in words.
    pub about: String,
    pub state: ImportState,
    /// How much of it is read, of a hundred.
    pub percent: u8,
    pub rows: i64,
    pub added: i64,
    pub known: i64,
    pub merged: i64,
    /// Why rows were left out, and how many.
    pub skipped: Vec<(String, i64)>,
    /// The first of those that are faults of the file.
    pub faults: Vec<FaultView>,
    /// How many faults there are beside these.
    pub more_faults: i64,
    /// Where it broke off; empty: nowhere.
    pub ended_early: String,
}

/// What the page is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportsView {
    pub imports: Vec<ImportView>,
    /// So many files have just been taken.
    pub taken: u16,
    /// What was refused.
    pub refused: Option<String>,
}
