//! What a browser may know about connections and what was read through them.

use serde::{Deserialize, Serialize};

use super::catalogue::model::ServiceView;
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

/// How many accounts somebody has connected, and how many they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    pub used: u32,
    pub most: u32,
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

/// Something that Aura may be allowed to do at a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// As the service writes it.
    pub name: String,
    /// A phrase that ends a sentence beginning with «To».
    pub reason: String,
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
    /// Whether nothing is read through it, because the plan has no room for it.
    #[serde(default)]
    pub resting: bool,
    /// What is missing where it is partial.
    pub missing_scopes: Vec<String>,
    /// What it could be allowed beside that, for tools that are off until then.
    pub addable: Vec<Permission>,
    pub connected_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// Whether disconnecting can revoke access at the service itself.
    pub revocable: bool,
    /// By key, not by sign-in.
    pub by_key: bool,
    /// Where the person removes access at the service.
    pub manage: String,
}

impl ConnectionView {
    /// Whether its person has to do something.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.resting || self.state != ConnectionState::Active
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

/// Where a proposal to change something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Its person has not decided.
    Waiting,
    /// They did not in time.
    Expired,
    Denied,
    /// Approved, and the service has not answered yet.
    UnderWay,
    Done,
    /// The service did not do it.
    Failed,
    /// Approved, and nobody knows whether it was done.
    Unknown,
}
