//! What a browser may know about one connection. Moments are written out, in the person's time zone.

use serde::{Deserialize, Serialize};

use crate::integrations::model::ConnectionView;

/// Everything on the page of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPageView {
    pub connection: ConnectionView,
    /// How it fares, as a sentence.
    pub told: String,
    /// Where the person mends it.
    pub mend: Option<Mend>,
    /// What was asked for and why.
    pub scopes: Vec<ScopeView>,
    pub facts: Vec<Fact>,
    /// Whether what is read through it may be sent to a model.
    pub model: ModelChoice,
    /// Whose model its owner has agreed to, and when, as a sentence.
    pub agreed: Option<String>,
    /// The model of this installation and its operator: «gpt-4o-mini of OpenAI»; none where there is none.
    pub vendor: Option<String>,
    /// What that operator keeps, as a sentence.
    pub kept: Option<String>,
    /// What is changed through it without asking anew.
    pub always: Vec<AlwaysView>,
    pub log: ConnectionLog,
}

/// A tool for which a yes was given in advance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlwaysView {
    pub tool: String,
    /// `New event`.
    pub title: String,
    /// When the yes was given.
    pub since: String,
}

/// What mends a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    /// The words on the button.
    pub words: String,
    pub address: String,
}

/// Something that Aura asked to be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeView {
    pub name: String,
    /// What it is for; none where it was granted without having been asked for.
    pub reason: Option<String>,
    pub granted: bool,
}

/// One line of what is known: «Next renewal», «Today, 08:31».
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub told: String,
}

/// Whether what is read through a connection may be sent to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelChoice {
    Allowed,
    /// Its owner has not said anything of the present operator of the model, and is asked before anything goes there.
    Unasked,
    /// Its owner does not want it.
    Withheld,
    /// The service does not let it be.
    Forbidden,
}

/// A part of what happened to a connection, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionLog {
    pub lines: Vec<LogLine>,
    /// Where the older ones begin; none after the last.
    pub older: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub when: String,
    pub told: String,
}
