//! What a browser may know about connections and what was read through them.

use serde::{Deserialize, Serialize};

use crate::kit::{id::ConnectionId, time::Timestamp};

/// One thing that was found: an event, an issue, a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub title: String,
    pub note: String,
    /// Only `https` addresses.
    pub link: Option<String>,
    /// RFC 3339, in the person's time zone, or a date.
    pub at: Option<String>,
}

/// How a connection fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Active,
    /// Some of what was asked for was not granted.
    Partial,
    /// The person must sign in at the service again.
    NeedsReauth,
}

impl ConnectionState {
    /// As the row has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Partial => "partial",
            Self::NeedsReauth => "needs_reauth",
        }
    }

    /// From the row.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "partial" => Self::Partial,
            _ => Self::NeedsReauth,
        }
    }
}

/// One connected account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    pub id: ConnectionId,
    pub provider: String,
    pub service_name: String,
    pub account_label: String,
    pub state: ConnectionState,
    /// Why it needs attention, as a sentence.
    pub trouble: Option<String>,
    /// What is missing where it is partial.
    pub missing_scopes: Vec<String>,
    pub connected_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// Whether disconnecting can revoke access at the service itself.
    pub revocable: bool,
    /// By key, not by sign-in.
    pub by_key: bool,
    /// Where the person removes access at the service.
    pub manage: String,
}

/// What a person fills in to connect by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFormView {
    pub label: String,
    pub hint: String,
    pub page: String,
}

/// One service of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    pub id: String,
    pub name: String,
    pub category: String,
    pub about: String,
    pub key: Option<KeyFormView>,
    /// The environment variables this installation lacks; empty where it is set up.
    pub missing: Vec<String>,
    /// How many accounts of it are connected.
    pub connected: u32,
}

impl ServiceView {
    /// Whether it can be connected here.
    #[must_use]
    pub fn configured(&self) -> bool {
        self.missing.is_empty()
    }
}

/// What the connections page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionsView {
    pub connections: Vec<ConnectionView>,
    pub services: Vec<ServiceView>,
    /// The server's time, against which «3 minutes ago» is told.
    pub now: Option<Timestamp>,
}

/// What became of the access at the service when a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Revoked,
    /// The service offers no call for it.
    Unsupported,
    Failed,
}

impl Verdict {
    /// As it is recorded.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
        }
    }
}

/// What is told after a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    pub provider: String,
    pub service_name: String,
    pub verdict: Verdict,
    /// Where the person can remove access, for the verdicts where it was not revoked.
    pub manage: String,
}
