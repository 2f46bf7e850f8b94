//! What can be asked through a service, as data: what a tool is for, what it takes and what may be done with it. Its
//! calls stand in [`Step`]s.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use time::Date;

use super::{Address, Step, Undo, entry::day};

/// Whether a tool looks or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something: runs only with a person's approval of exactly this call.
    Write,
    /// Takes something away that cannot be brought back; also only with an approval.
    Destructive,
}

impl Effect {
    /// Whether it changes something.
    #[must_use]
    pub fn changes(self) -> bool {
        self != Self::Read
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

/// One tool. In all its templates `{name}` is an argument, a captured value, a blank of the connection, or one of the
/// values that are always there: `account_label`, `account_id`, `zone`, `now`, `today_start` and its like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    /// `service__verb`, letters, digits and underscores.
    pub name: String,
    /// The card's heading.
    pub title: String,
    /// For the model: what it gives and when to use it.
    pub description: String,
    pub effect: Effect,
    /// JSON Schema of the arguments; `default` values are filled in.
    pub parameters: Value,
    /// Arguments as a caller would send them.
    pub example: Value,
    /// The vendor document it was read in.
    pub source: Address,
    /// The day on which it was read there.
    #[serde(deserialize_with = "day")]
    pub checked: Date,
    /// What in it was not read there.
    pub unverified: Option<String>,
    /// The scopes without which it is off; `a|b` is either.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// One and several of what it finds: `["event", "events"]`. For tools that read.
    #[serde(default)]
    pub noun: [String; 2],
    /// What was done, as the card says it afterwards: `Sent the message`. For tools that change something.
    #[serde(default)]
    pub done: String,
    /// The card's second line; of a change, what exactly it is, as it is put before the person.
    #[serde(default)]
    pub detail: String,
    /// The most bytes of one reply that are read.
    #[serde(default = "largest")]
    pub max_bytes: usize,
    /// The most lines of an answer.
    #[serde(default = "lines")]
    pub max_lines: usize,
    /// A first question that it answers, as a person would ask it; its own intents must fit it.
    #[serde(default)]
    pub question: String,
    #[serde(default, rename = "intent")]
    pub intents: Vec<Intent>,
    /// The kinds of question that it answers, as tools of other services do.
    #[serde(default)]
    pub answers: Vec<Answers>,
    /// For tools that change something which is there: how its present state is read, each value under the name of the
    /// argument that would change it.
    pub before: Option<Step>,
    /// How what it did is taken back; none where the service allows that not at all, or not wholly.
    pub undo: Option<Undo>,
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

impl ToolEntry {
    /// Whether these scopes are enough for it.
    #[must_use]
    pub fn is_open(&self, granted: &[String]) -> bool {
        self.lacks(granted).is_empty()
    }

    /// What it needs beyond these scopes, each as it stands in the entry.
    #[must_use]
    pub fn lacks(&self, granted: &[String]) -> Vec<&str> {
        let has = |either: &str| either.split('|').any(|scope| granted.iter().any(|granted| granted == scope));
        self.scopes.iter().map(String::as_str).filter(|either| !has(either)).collect()
    }
}

/// A kind of question, and the arguments with which the tool answers it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// As `integrations/questions/kinds.toml` calls it.
    pub kind: String,
    /// In which `{day}`, `{words}`, `{channel}`, `{key}`, `{repo}`, `{owner}`, `{name}` and `{number}` are taken from the
    /// question. Where the question does not hold one, the tool does not answer it; without a day it takes its own.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
}

/// Words by which a question is known to mean this tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// All of these must be there, in any order; `a|b` is either.
    pub words: Vec<String>,
    /// None of these may be there.
    #[serde(default)]
    pub without: Vec<String>,
    /// The argument that takes the `#channel` of the question, without which the intent does not fit.
    pub channel: Option<String>,
    /// The argument that takes `today`, `tomorrow`, `yesterday`, `this week` or `next week`.
    pub day: Option<String>,
    /// The argument that takes what stands between quotation marks or behind «for», «about» or «named», without which
    /// the intent does not fit.
    pub text: Option<String>,
}

fn largest() -> usize {
    2 * 1024 * 1024
}

fn lines() -> usize {
    50
}
