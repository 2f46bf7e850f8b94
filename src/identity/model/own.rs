//! What people see of the safety of their own account.

use serde::{Deserialize, Serialize};

use super::Awaited;
use crate::kit::id::{AuditId, SessionId};

/// A browser or an app that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: SessionId,
    /// «Safari on macOS», or what its owner calls an app's device.
    pub name: String,
    /// «App on iOS»; none for a browser.
    pub app: Option<String>,
    /// Whether it is one that is carried about.
    pub handheld: bool,
    /// Where it signed in from, with the last part hidden.
    pub address: String,
    /// How it signed in: «with a code by mail».
    pub method: String,
    /// When it signed in: «6 March, 11:47».
    pub signed_in: String,
    /// When it was last used: «25 minutes ago».
    pub used: String,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// What the security page shows beside the ways in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// The person's address, where they have one.
    pub email: Option<String>,
    /// A new address that waits for its code.
    pub awaited: Option<Awaited>,
    /// When their password was last changed: «3 February 2026»; none: they have none.
    pub password_changed: Option<String>,
    /// The browsers and apps that are signed in, this one first.
    pub devices: Vec<Device>,
}

/// How a person can confirm that it is them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirming {
    /// Their mailbox, with most of its letters hidden; none: they have no address.
    pub masked_email: Option<String>,
    /// A code that was sent there and waits to be typed.
    pub awaited: Option<Awaited>,
    /// Accounts elsewhere that they sign in with: the id and the name of each.
    pub ways: Vec<(String, String)>,
    /// Whether they have a password.
    pub password: bool,
}

/// Which lines of the log are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    #[default]
    All,
    SignIns,
    Changes,
}

impl Show {
    /// All of them, as they are offered.
    pub const ALL: [Self; 3] = [Self::All, Self::SignIns, Self::Changes];

    /// As the address has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::SignIns => "sign-ins",
            Self::Changes => "changes",
        }
    }

    /// As its owner reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::SignIns => "Sign-ins",
            Self::Changes => "Changes",
        }
    }

    /// From the address; what is none of these shows all.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|show| show.as_str() == text).unwrap_or_default()
    }
}

/// One thing that happened to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// «Today, 08:31».
    pub when: String,
    /// The same for programs (RFC 3339).
    pub at: String,
    /// What happened, as a sentence without its full stop.
    pub what: String,
    /// More about it, or nothing.
    pub more: String,
    /// Where it came from; nothing where nobody's browser did it.
    pub from: String,
}

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Newest first.
    pub lines: Vec<Happening>,
    /// Where the next page begins; none: this is the last.
    pub older: Option<AuditId>,
}
