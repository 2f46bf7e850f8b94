//! What can be asked through a service: calls, and how their answers are read, as data.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Address, entry::get};

/// Whether a tool looks or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something: runs only with a person's approval of exactly this call.
    Write,
}

/// One tool. In all its templates `{name}` is an argument or a captured value.
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
    /// The vendor document it was read in.
    pub source: Address,
    /// What in it was not read there.
    pub unverified: Option<String>,
    /// The scopes without which it is off.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// One and several of what it finds: `["event", "events"]`.
    pub noun: [String; 2],
    /// The card's second line.
    #[serde(default)]
    pub detail: String,
    /// A first question that it answers, as a person would ask it; its own intents must fit it.
    #[serde(default)]
    pub question: String,
    #[serde(default, rename = "intent")]
    pub intents: Vec<Intent>,
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
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
}

/// One call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(default = "get")]
    pub method: String,
    /// Appended to the API's base; what is filled in is percent-encoded.
    pub path: String,
    /// A parameter whose template names an absent argument is left out.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub json: Option<Value>,
    /// Values for the steps after this one.
    #[serde(default, rename = "pick")]
    pub picks: Vec<Pick>,
    /// Names for ids in the answer of a later step.
    pub names: Option<Names>,
    /// What the answer shows.
    pub items: Option<Items>,
    pub pages: Option<Pages>,
}

/// Finds a value in the reply.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The name by which later templates use it.
    pub name: String,
    /// Pointer to a list, of which the first entry counts that fits; absent: the reply itself.
    pub from: Option<String>,
    /// Pointer inside an entry.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Template that it must equal.
    pub equals: Option<String>,
    /// Pointer to the value inside the entry.
    pub value: String,
    /// Taken where nothing is found.
    pub default: Option<String>,
    /// The sentence where nothing is found and there is no default; a template.
    #[serde(default)]
    pub missing: String,
}

/// Keeps a list in the reply as names by id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Pointer to the list.
    pub from: String,
    /// Pointer to the id inside an entry.
    pub id: String,
    /// Template of the name, filled from the entry.
    pub name: String,
}

/// Turns a list in the reply into lines of the answer. `{/pointer}` in its templates is taken from the entry, and
/// `{@/pointer}` is the name kept for the id that stands there; `a || b` is the first that is not empty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// Pointer to the list.
    pub from: String,
    pub title: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub link: String,
    /// A moment: RFC 3339, a date, or seconds since 1970.
    #[serde(default)]
    pub at: String,
    /// Entries that do not fit are left out.
    #[serde(default)]
    pub only: Vec<Condition>,
}

/// What an entry must look like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub pointer: String,
    /// The text that must stand there.
    pub equals: Option<String>,
    /// Whether anything but null and false must stand there.
    pub present: Option<bool>,
}

/// How the next page is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Pointer to the cursor in the reply.
    pub cursor: String,
    /// The query parameter that takes it.
    pub parameter: String,
}
