//! The calls of a tool, and how their answers are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Address, Pages, entry::get};

/// One call. Its body is at most one of `json`, `form` and `graphql`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// With `graphql` always POST.
    #[serde(default = "get")]
    pub method: String,
    /// Another address of the vendor's than the API's base, for this call.
    pub base: Option<Address>,
    /// Appended to the base; what is filled in is percent-encoded and stays within its segment.
    pub path: String,
    /// A parameter whose template names an absent argument is left out. An argument that is a list repeats it.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Further headers of this call; one of the API's of the same name is replaced. Left out as parameters are.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// `"{name}"` alone keeps the argument's type; a field that names an absent argument is left out, and so is an
    /// object or list of which nothing stays.
    pub json: Option<Value>,
    /// Fields of a form body; left out as parameters are.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// A GraphQL document, in which nothing is filled in.
    pub graphql: Option<String>,
    /// Its variables, filled in as `json` is.
    pub variables: Option<Value>,
    /// Where a key stands that makes a repetition harmless.
    pub idempotency: Option<Idempotency>,
    /// Runs only where this argument was given.
    pub when: Option<String>,
    /// Values for the steps after this one.
    #[serde(default, rename = "pick")]
    pub picks: Vec<Pick>,
    /// Names for ids in the answer of a later step.
    pub names: Option<Names>,
    /// What the answer shows.
    pub items: Option<Items>,
    /// What was made or changed.
    pub made: Option<Made>,
    pub pages: Option<Pages>,
}

/// Where the vendor takes a key by which it knows a repetition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The header that takes it.
    pub header: Option<String>,
    /// The parameter that takes it.
    pub parameter: Option<String>,
    /// JSON pointer to where it stands in the body, or the name of the form's field.
    pub field: Option<String>,
    #[serde(default)]
    pub style: KeyStyle,
}

/// How an idempotency key is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStyle {
    /// With hyphens (RFC 9562).
    #[default]
    Uuid,
    /// 32 digits from 0 to f.
    Hex,
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
    /// Template that it must equal, whatever the case.
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

/// Turns a list in the reply into lines of the answer. `{/pointer}` in its templates is taken from the entry,
/// `{^/pointer}` from the outer entry where lists stand inside a list, and `{@/pointer}` is the name kept for the id
/// that stands there; `{/pointer/*}` is every field of the object there with its name; `a || b` is the first that is
/// not empty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// Pointer to the list; `""` is the whole reply. Where an object stands, it is the one entry.
    pub from: String,
    /// Pointer inside each entry to a list of its own, whose entries are the lines.
    pub inside: Option<String>,
    pub title: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub link: String,
    /// A moment: RFC 3339, a date, or seconds or milliseconds since 1970.
    #[serde(default)]
    pub at: String,
    /// What else is kept of an entry for whoever goes on working with it: ids above all. By name, as templates.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
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

/// What a change made, filled from the reply and from the values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// `{/pointer}` is taken from the reply, `{name}` from the arguments.
    pub title: String,
    #[serde(default)]
    pub link: String,
    /// By which the vendor knows it.
    #[serde(default)]
    pub id: String,
}
