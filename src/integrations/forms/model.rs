//! A form as a browser sees it.

use serde::{Deserialize, Serialize};

use crate::kit::id::ConnectionId;

/// The form by which a service is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormView {
    /// The service's id.
    pub service: String,
    pub name: String,
    /// What it holds, in a few words.
    pub about: String,
    /// What one has to know first.
    pub note: Option<String>,
    /// The vendor's page where what is pasted is made.
    pub page: Option<String>,
    pub fields: Vec<FieldView>,
    /// The environment variables that this installation lacks; empty where it is set up.
    pub missing: Vec<String>,
    /// What becomes of what is pasted, in a sentence.
    pub stays: String,
    /// The connection that gets what is pasted.
    pub renews: Option<Renewal>,
}

/// A connection that is to be renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    pub id: ConnectionId,
    pub account: String,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    pub name: String,
    pub label: String,
    pub hint: String,
    /// What stands in it at first; always empty for a secret.
    pub value: String,
    pub optional: bool,
    pub control: Control,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    Secret,
    Text,
    /// A whole address.
    Address,
    Choice(Vec<Named>),
}

/// One of few values, and what people call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub value: String,
    pub name: String,
}

impl FormView {
    /// The same with what was typed before a refusal, as far as it is no secret.
    #[must_use]
    pub fn with(mut self, typed: impl Fn(&str) -> Option<String>) -> Self {
        for field in self.fields.iter_mut().filter(|field| !field.is_secret()) {
            if let Some(value) = typed(&field.name) {
                field.value = value;
            }
        }
        self
    }
}

impl FieldView {
    /// Whether what is typed there must never be shown again.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.control == Control::Secret
    }
}
