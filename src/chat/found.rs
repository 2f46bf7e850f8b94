//! What a browser knows of looking for conversations.

use serde::{Deserialize, Serialize};

use crate::kit::id::ConversationId;

/// Where is looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// Everywhere; without words, everywhere but among what was put away.
    #[default]
    All,
    Pinned,
    Archived,
}

impl Shelf {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::All, Self::Pinned, Self::Archived];

    /// As an address has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Pinned => "pinned",
            Self::Archived => "archived",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Pinned => "Pinned",
            Self::Archived => "Archived",
        }
    }

    /// From an address; what is unknown is all.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|shelf| shelf.as_str() == word).unwrap_or_default()
    }
}

/// How far back is looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stretch {
    #[default]
    Ever,
    Week,
    Month,
    Year,
}

impl Stretch {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Ever, Self::Week, Self::Month, Self::Year];

    /// As an address has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ever => "",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ever => "Any time",
            Self::Week => "Last 7 days",
            Self::Month => "Last month",
            Self::Year => "Last year",
        }
    }

    /// From an address; what is unknown is ever.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|stretch| stretch.as_str() == word).unwrap_or_default()
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// As it was typed.
    pub q: String,
    pub shelf: Shelf,
    pub stretch: Stretch,
    /// Which page of the hits, counted from zero.
    pub page: u32,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub text: String,
    /// Whether it is what was looked for.
    pub is_hit: bool,
}

/// A conversation that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub conversation: ConversationId,
    pub title: Vec<Piece>,
    /// What surrounds it in a message; empty where only the title fits.
    pub snippet: Vec<Piece>,
    /// Whether the person wrote that message.
    pub by_person: bool,
    /// `Today, 08:31`.
    pub when: String,
    /// The same for machines.
    pub moment: String,
    pub pinned: bool,
    pub archived: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What was looked for.
    pub search: Search,
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Whether another page follows.
    pub has_more: bool,
}
