use std::collections::BTreeMap;

use serde::Deserialize;

/// What stands before the name of an argument to mean the value that stood there before the change.
const BEFORE: &str = "before_";

/// How a change is taken back: another call, filled in when the change was made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The tool of the same service that takes it back.
    pub with: String,
    /// Its arguments, as templates. `{name}` is an argument of the change or a value that one of its steps picked,
    /// `{made}` is the id of what was made, and `{before_name}` what stood there before, as the tool's own `before` reads
    /// it: it is left out where the change left that argument out. Where anything else has no value, nothing can take
    /// the change back.
    pub arguments: BTreeMap<String, String>,
    /// By argument: what the service's words for a state are called there. A word that is not among them cannot be
    /// brought back.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
}

impl Undo {
    /// Whether it brings back what stood there before, which has to be read first.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.arguments.values().any(|template| Self::before(template).is_some())
    }

    /// The argument whose former value a template brings back.
    #[must_use]
    pub fn before(template: &str) -> Option<&str> {
        template.strip_prefix('{')?.strip_suffix('}')?.strip_prefix(BEFORE)
    }
}
