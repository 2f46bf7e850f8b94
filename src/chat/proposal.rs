//! What a browser knows of proposals: changes that wait for a person's word, or have had it.

use serde::{Deserialize, Serialize};

use crate::{integrations::model::ProposalState, kit::id::ApprovalId};

/// A change that a model has proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalCard {
    /// Which approval it asks for.
    pub id: ApprovalId,
    /// The service's id.
    pub service: String,
    /// The service's name.
    pub service_name: String,
    /// Which account would change.
    pub account: String,
    /// `New event`.
    pub title: String,
    /// Why this tool, and why this account.
    pub why: String,
    /// Everything that would be sent.
    pub fields: Vec<ProposalField>,
    /// Where it stands.
    pub state: ProposalState,
    /// The same in words: until when it waits, who decided and when, what came of it.
    pub sentence: String,
    /// What was made, and where it is.
    pub made: Option<Made>,
    /// It takes something away.
    pub destructive: bool,
    /// How it is taken back, where that is possible or was tried.
    pub undo: Option<UndoOffer>,
}

/// How a change that was made is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoOffer {
    pub state: UndoState,
    /// What would be done, or what came of it.
    pub sentence: String,
    /// Everything that would be sent, or was.
    pub fields: Vec<ProposalField>,
}

/// Where the taking back of a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoState {
    /// It can be done.
    Open,
    /// The service has not answered yet.
    UnderWay,
    Undone,
    /// The service did not do it, and it can be tried again.
    Failed,
    /// Nobody knows whether it was done.
    Unknown,
}

impl UndoState {
    /// Whether its person may ask for it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Failed)
    }
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// `Dentist`.
    pub title: String,
    /// `https` only.
    pub link: Option<String>,
}

/// One argument of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalField {
    /// As the tool calls it.
    pub name: String,
    /// `Start`.
    pub label: String,
    /// What it means.
    pub hint: String,
    /// How it is typed.
    pub kind: FieldKind,
    /// As it stands in a form; empty: it is not sent.
    pub value: String,
    /// As it is read.
    pub shown: String,
    /// What stands at the service now, where that is known.
    pub before: Option<String>,
    /// It cannot be left empty.
    pub required: bool,
}

/// How an argument is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Line,
    /// Several lines.
    Text,
    /// A number.
    Number,
    /// A day and a time, where the person is.
    Moment,
    /// A day.
    Day,
    /// One of these.
    Choice(Vec<String>),
    /// Several, a line each.
    List,
    /// Anything else, as JSON.
    Json,
}

/// What a person says to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// Yes, and from now on without asking.
    Always,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The card as it stands now.
    pub card: ProposalCard,
    /// Whether this decision counted; false: there was one before, or it came too late.
    pub counted: bool,
}
