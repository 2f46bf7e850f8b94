//! What a browser knows of what an answer cannot go on without: a yes to a model, or an account.

use serde::{Deserialize, Serialize};

use crate::kit::id::NeedId;

/// Something that an answer waits for, or has waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedCard {
    /// Which one.
    pub id: NeedId,
    /// What is needed.
    pub kind: NeedKind,
    /// The service's id.
    pub service: String,
    /// The service's name.
    pub service_name: String,
    /// Which account; empty where none is meant yet.
    pub account: String,
    /// What is asked, as a heading.
    pub title: String,
    /// What its person has to know before they answer, a paragraph each.
    pub told: Vec<String>,
    /// Where it stands.
    pub state: NeedState,
    /// The same in words.
    pub sentence: String,
    /// The page of the account, where there is one.
    pub page: Option<String>,
    /// Where the account is connected, with the words for that.
    pub way: Option<Way>,
}

/// Where an account is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// `Connect GitHub`.
    pub words: String,
    /// An address of ours.
    pub address: String,
}

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// A yes, before a model sees what is read through an account.
    Consent,
    /// An account that works.
    Connect,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedState {
    /// Its person has not said anything.
    Open,
    /// They said yes, or the account is there.
    Met,
    /// Not now.
    Declined,
    /// The answer ended before anything was said.
    Passed,
}

/// What a person says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Yes, and also the next time.
    Allow,
    /// The answer goes on without.
    NotNow,
}

/// What came of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// The card as it stands now.
    pub card: NeedCard,
    /// Whether this reply counted; false: there was one before, or it came too late.
    pub counted: bool,
}
