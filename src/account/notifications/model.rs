//! What pages and programs know of notifications.

use serde::{Deserialize, Serialize};

use crate::kit::id::NotificationId;

/// What a notification is about. The set is closed: each has somebody who writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something new has signed in.
    SignIn,
    /// What opens the account has changed, or somebody tried to change it.
    Security,
    /// What becomes of the account.
    Account,
    /// A connected service no longer answers.
    Connection,
    /// What somebody else has done in a team of the person's.
    Team,
}

impl Kind {
    /// All of them, as they are shown.
    pub const ALL: [Self; 5] = [Self::SignIn, Self::Security, Self::Account, Self::Connection, Self::Team];

    /// As it is stored and written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Security => "security",
            Self::Account => "account",
            Self::Connection => "connection",
            Self::Team => "team",
        }
    }

    /// From how it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether its letters can be switched off. Those about what opens an account cannot: whoever takes it over must
    /// not be able to keep its owner from hearing of it.
    #[must_use]
    pub fn letters_are_a_choice(self) -> bool {
        matches!(self, Self::Connection | Self::Team)
    }

    /// What people call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SignIn => "New sign-ins",
            Self::Security => "Security",
            Self::Account => "Your account",
            Self::Connection => "Connections",
            Self::Team => "Teams",
        }
    }

    /// What is told of it.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::SignIn => "A browser or an app that was not known has signed in.",
            Self::Security => "What opens your account has changed, or somebody tried to change it.",
            Self::Account => "The account is to be removed, was closed off, or what it may do has changed.",
            Self::Connection => "A connected service no longer answers, and has to be connected again.",
            Self::Team => "Your role in a team has changed, a seat is missing, or somebody has left.",
        }
    }
}

/// Which ways a kind is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    pub kind: Kind,
    pub in_app: bool,
    pub email: bool,
}

/// A notification, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationView {
    pub id: NotificationId,
    pub kind: Kind,
    pub title: String,
    pub body: String,
    /// The page of ours where something can be done about it.
    pub link: String,
    pub read: bool,
    /// In words, in the person's time zone.
    pub when: String,
    /// The same for programs.
    pub at: String,
}

/// A part of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub items: Vec<NotificationView>,
    /// How many are unread, in all parts.
    pub unread: u32,
    /// The last of this part, where others follow.
    pub older: Option<NotificationId>,
}

/// What the bell says; it has room for two digits.
#[must_use]
pub fn counted(unread: u32) -> String {
    if unread > 99 { "99+".to_owned() } else { unread.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_survives_its_written_form() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(Kind::parse("everything"), None);
    }
}
