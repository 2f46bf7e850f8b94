//! What a person types to connect a service.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Address, Template};

/// What a person pastes, kept only after a call with it has told whose it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyForm {
    /// The page where it is made.
    pub page: Address,
    #[serde(rename = "field")]
    pub fields: Vec<KeyField>,
}

/// One thing that is pasted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyField {
    /// By which calls name it; the one that is called `key` counts as the connection's token.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// What it looks like and where it is found.
    pub hint: String,
    /// How every one begins.
    #[serde(default)]
    pub prefix: String,
    /// A regular expression that the whole of it must match.
    #[serde(default)]
    pub pattern: String,
    /// Whether it must never be shown again. A user name need not be hidden.
    #[serde(default = "super::entry::yes")]
    pub secret: bool,
    /// Whether it may stay empty.
    #[serde(default)]
    pub optional: bool,
}

/// What differs from account to account and stands in addresses as `{name}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blank {
    pub name: String,
    pub source: BlankSource,
    /// For what is typed: the field's name and its hint.
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub hint: String,
    /// Taken where nothing is typed.
    #[serde(default)]
    pub default: String,
    /// The only values, where there are few.
    #[serde(default)]
    pub choices: Vec<String>,
    /// A regular expression that the whole of it must match.
    #[serde(default)]
    pub pattern: String,
    /// For a whole address: domains of the vendor, one of which its host must be or end with. Empty for a person's own
    /// server, which is reached over the way out that leads into no private network.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// Where a blank's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlankSource {
    /// The person types it before consent.
    Typed,
    /// A parameter that comes back with the code.
    Callback(String),
    /// JSON pointer into the token reply.
    Reply(String),
    /// What the person chooses after consent.
    Choice,
}

/// A session in place of a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "style", rename_all = "snake_case", deny_unknown_fields)]
pub enum Session {
    /// The person agrees on a page of the vendor, which sends a token back that is traded by a signed call.
    SignedWeb { authorize: Template, exchange: Template },
    /// The form's fields are sent as they are, and a session comes back.
    Login {
        login: Template,
        /// The body; `{name}` is a field of the form, `{client_id}` and `{client_secret}` are Aura's own.
        json: Value,
        /// JSON pointer to the session.
        token: String,
        /// Seconds it lives unused.
        ttl: u64,
        logout: Option<Template>,
        /// Further headers of the call.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
}
