//! What a browser knows of looking for conversations.

use serde::{Deserialize, Serialize};

use crate::kit::id::{ConversationId, MessageId};

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
    /// The id of a service that was read or changed for an answer; empty: whichever.
    pub service: String,
    /// Which page of the hits, counted from zero.
    pub page: u32,
}

impl Search {
    /// The page that shows it.
    #[must_use]
    pub fn address(&self) -> String {
        let parts = [
            ("q", encoded(&self.q)),
            ("in", self.shelf.as_str().to_owned()),
            ("time", self.stretch.as_str().to_owned()),
            ("service", encoded(&self.service)),
            ("page", if self.page == 0 { String::new() } else { self.page.to_string() }),
        ];
        let query: Vec<String> = parts
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if query.is_empty() { "/chat/search".to_owned() } else { format!("/chat/search?{}", query.join("&")) }
    }

    /// Whether anything but the shelf narrows it.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        !self.q.trim().is_empty() || !self.service.is_empty() || self.stretch != Stretch::Ever
    }
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
    /// The message that fits; none where only the title does, or nothing was looked for.
    pub message: Option<MessageId>,
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

impl Hit {
    /// Where it is read, from the message on that fits.
    #[must_use]
    pub fn address(&self) -> String {
        match self.message {
            Some(message) => format!("/chat/{}?at={message}#m-{message}", self.conversation),
            None => format!("/chat/{}", self.conversation),
        }
    }
}

/// A service by which conversations are told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedService {
    pub id: String,
    pub name: String,
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
    /// The services that were used in any conversation of theirs, by name.
    pub services: Vec<UsedService>,
}

/// As a part of an address has it.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _into_a_string = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_travels_in_an_address() {
        assert_eq!(encoded("a b?é"), "a%20b%3F%C3%A9");
    }

    #[test]
    fn a_search_has_an_address() {
        assert_eq!(Search::default().address(), "/chat/search");
        let search = Search {
            q: "a&b".to_owned(),
            shelf: Shelf::Archived,
            stretch: Stretch::Week,
            service: "github".to_owned(),
            page: 2,
        };
        assert_eq!(search.address(), "/chat/search?q=a%26b&in=archived&time=week&service=github&page=2");
    }
}
