//! What a person types to connect a service.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::{Address, Template};

/// A pasted secret is no longer.
const LONGEST_SECRET: usize = 4_096;
/// Nothing else that is typed is longer, in letters.
const LONGEST: usize = 255;

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

impl KeyField {
    /// What was pasted, without blanks at its ends; none where it cannot be what is meant. `machine_made` tells keys
    /// from passwords, which people choose: those are taken as they are.
    #[must_use]
    pub fn checked(&self, typed: &str, machine_made: bool) -> Option<String> {
        let text = if self.secret && !machine_made { typed.trim_matches(['\r', '\n']) } else { typed.trim() };
        if text.trim().is_empty() {
            return self.optional.then(String::new);
        }
        let plain = match (self.secret, machine_made) {
            (true, true) => {
                (8..=LONGEST_SECRET).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
            }
            (true, false) => text.len() <= LONGEST_SECRET && !text.contains(char::is_control),
            (false, _) => text.chars().count() <= LONGEST && !text.contains(char::is_control),
        };
        (plain && text.starts_with(&self.prefix) && fits(&self.pattern, text)).then(|| text.to_owned())
    }
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
    /// What people call those, in the same order; empty: by themselves.
    #[serde(default)]
    pub choice_names: Vec<String>,
    /// A regular expression that the whole of it must match.
    #[serde(default)]
    pub pattern: String,
    /// For a whole address: domains of the vendor, one of which its host must be or end with. Empty for a person's own
    /// server, which is reached over the way out that leads into no private network.
    #[serde(default)]
    pub domains: Vec<String>,
}

impl Blank {
    /// Whether a stored value is one that may be filled in: as it was checked, and one of the few where there are few.
    #[must_use]
    pub fn keeps(&self, value: &str) -> bool {
        let chosen = self.choices.is_empty() || self.choices.iter().any(|choice| choice == value);
        chosen && self.checked(value).is_ok_and(|checked| checked == value)
    }

    /// Whether it is the address of a server of the person's own, which may stand anywhere.
    #[must_use]
    pub fn is_own_server(&self) -> bool {
        self.is_address() && self.domains.is_empty()
    }

    /// What people call a choice.
    #[must_use]
    pub fn choice_name<'a>(&'a self, choice: &'a str) -> &'a str {
        let at = self.choices.iter().position(|known| known == choice);
        at.and_then(|at| self.choice_names.get(at)).map_or(choice, String::as_str)
    }
}

/// Whether the whole text matches; an empty pattern takes everything.
fn fits(pattern: &str, text: &str) -> bool {
    pattern.is_empty() || Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_other_text() {
        let field = |text: &str| -> KeyField {
            toml::from_str(&format!("name = \"key\"\nlabel = \"Key\"\nhint = \"x\"\n{text}")).unwrap()
        };
        let key = field("prefix = \"SG.\"");
        assert_eq!(key.checked(" SG.12345678\n", true).as_deref(), Some("SG.12345678"));
        for wrong in ["", "SG.", "xx.12345678", "SG.with blank", &format!("SG.{}", "x".repeat(5_000))] {
            assert_eq!(key.checked(wrong, true), None, "{wrong}");
        }
        let password = field("");
        assert_eq!(password.checked(" pass word é ", false).as_deref(), Some(" pass word é "));
        assert_eq!(password.checked("a\u{0}b", false), None);
        assert_eq!(field("optional = true").checked("", true).as_deref(), Some(""));
    }
}
