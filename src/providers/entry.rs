//! What the catalogue says about one service. Every field is a fact about the vendor, none is about a user.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;
use time::Date;
use url::Url;

use super::{
    Address, Api, Blank, Condition, KeyForm, Oauth, Oauth1, OwnApp, Scope, Session, SignIn, Template, ToolEntry,
};

/// One service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Lower case with hyphens; stands in addresses and rows.
    pub id: String,
    /// As the vendor writes it.
    pub name: String,
    pub category: Category,
    /// What it holds, in a few words.
    pub about: String,
    /// How one gets in.
    pub kind: Kind,
    /// The vendor's description of its sign-in.
    pub docs: Address,
    /// Where a person removes Aura's access at the vendor.
    pub manage: Address,
    /// The day on which the facts here were last compared with the vendor's documents.
    #[serde(deserialize_with = "day")]
    pub checked: Date,
    /// What one has to know before connecting: a contract, a bridge of one's own, a plan. One or two sentences.
    pub note: Option<String>,
    /// Whether a client works only once the vendor has accepted who runs it as a partner.
    #[serde(default)]
    pub partner: bool,
    /// What differs from account to account and stands in addresses as `{name}`.
    #[serde(default, rename = "blank")]
    pub blanks: Vec<Blank>,
    /// Present for `kind = "oauth2"`.
    pub oauth: Option<Oauth>,
    /// Present for `kind = "oauth1"`.
    pub oauth1: Option<Oauth1>,
    /// Present for `kind = "session"`.
    pub session: Option<Session>,
    /// What a person pastes; present for `key`, `basic`, `bot_token` and `bridge`, and for a session that is begun with
    /// a password.
    #[serde(rename = "form")]
    pub key: Option<KeyForm>,
    /// What is asked after consent where one grant covers several places.
    pub choice: Option<Choice>,
    /// The name by which the token broker serves it; absent: it does not.
    pub broker: Option<String>,
    /// What is told to who brings an app of their own. Without it they may bring one too, and are told less.
    pub own_app: Option<OwnApp>,
    /// Present where its accounts can open an account here.
    pub sign_in: Option<SignIn>,
    /// Whether it is a service that people connect; an entry that is not only lets them in.
    #[serde(default = "yes")]
    pub connectable: bool,
    /// Where and how its API is called.
    pub api: Api,
    /// The call that tells whose account it is; for a key also the proof that it works.
    pub identity: Identity,
    /// Whether its data may enter a prompt.
    #[serde(default)]
    pub model: ModelUse,
    /// Facts that stand here from general knowledge and were not read in a vendor document.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// What can be asked through it.
    #[serde(default, rename = "tool")]
    pub tools: Vec<ToolEntry>,
}

pub(super) fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    Date::parse(&text, time::macros::format_description!("[year]-[month]-[day]")).map_err(serde::de::Error::custom)
}

impl Provider {
    /// Whether a person can connect it with what Aura does today.
    #[must_use]
    pub fn supported(&self) -> bool {
        self.connectable && self.kind != Kind::Partner
    }

    /// The blank with this name.
    #[must_use]
    pub fn blank(&self, name: &str) -> Option<&Blank> {
        self.blanks.iter().find(|blank| blank.name == name)
    }

    /// An address with these values, each held once more against what its blank may be.
    #[must_use]
    pub fn fill(&self, template: &Template, values: &BTreeMap<String, String>) -> Option<Url> {
        let pinned = |name: &String| {
            let value = values.get(name)?;
            let fits = self.blank(name).is_none_or(|blank| blank.keeps(value));
            fits.then_some(())
        };
        template.blanks().iter().try_for_each(pinned)?;
        template.fill(values)
    }

    /// Whether its API is a server of the person's own, which may stand anywhere.
    #[must_use]
    pub fn is_own_server(&self) -> bool {
        let begins = self.api.base.begins_with().and_then(|name| self.blank(name));
        begins.is_some_and(Blank::is_own_server)
    }

    /// Whether what is pasted was made by a machine, and not chosen by a person.
    #[must_use]
    pub fn pastes_keys(&self) -> bool {
        !matches!(self.kind, Kind::Bridge | Kind::Session)
    }

    /// Whether a person connects it by a form, and not by a page of the vendor.
    #[must_use]
    pub fn has_form(&self) -> bool {
        self.key.is_some()
    }

    /// Whether an installation needs a client of its own at the vendor.
    #[must_use]
    pub fn needs_client(&self) -> bool {
        self.oauth.is_some() || self.oauth1.is_some() || self.session.is_some()
    }

    /// What is asked for, with the reasons.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        self.oauth.as_ref().map(|oauth| oauth.scopes.as_slice()).unwrap_or_default()
    }

    /// The first part of the two environment variables that hold Aura's client at this service.
    #[must_use]
    pub fn variable(&self) -> String {
        self.id.to_uppercase().replace('-', "_")
    }
}

/// The headings of the catalogue, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Category {
    Communication,
    #[serde(rename = "Calendars & Scheduling")]
    Calendars,
    #[serde(rename = "CRM")]
    Crm,
    #[serde(rename = "Project Management")]
    Projects,
    Development,
    #[serde(rename = "Monitoring & Analytics")]
    Monitoring,
    Documentation,
    Finance,
    #[serde(rename = "HR")]
    Hr,
    #[serde(rename = "Support & Marketing")]
    Support,
    Music,
    /// For an entry that only lets people in.
    #[serde(rename = "Sign-in")]
    SignIn,
}

impl Category {
    /// As it is written over its services.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Communication => "Communication",
            Self::Calendars => "Calendars & Scheduling",
            Self::Crm => "CRM",
            Self::Projects => "Project Management",
            Self::Development => "Development",
            Self::Monitoring => "Monitoring & Analytics",
            Self::Documentation => "Documentation",
            Self::Finance => "Finance",
            Self::Hr => "HR",
            Self::Support => "Support & Marketing",
            Self::Music => "Music",
            Self::SignIn => "Sign-in",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How one gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// OAuth 2 with the authorization code grant.
    Oauth2,
    /// OAuth 1.0a (RFC 5849).
    Oauth1,
    /// A key that the person makes at the vendor and pastes.
    Key,
    /// A name and a key, as HTTP Basic authentication.
    Basic,
    /// The token of a bot that the person makes.
    BotToken,
    /// A session that is begun with a signed call or with a password.
    Session,
    /// A program of the person's own that speaks for a service without an API.
    Bridge,
    /// Only for whoever has a contract with the vendor.
    Partner,
}

/// Whether a service's data may enter a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelUse {
    /// Its tools are offered to the model.
    #[default]
    Offered,
    /// The vendor's terms forbid it: only the rule-based router may call its tools, and the card answers.
    Never,
}

/// The call that tells whose account it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    #[serde(default = "get")]
    pub method: String,
    /// Appended to the API's base.
    pub path: String,
    pub json: Option<Value>,
    /// `{/pointer}` in both is replaced from the reply. The id must never change hands.
    pub id: String,
    /// What people know the account by.
    pub label: String,
    /// Taken as id and label where the vendor has no account behind a key: a digest of the key and these words.
    #[serde(default)]
    pub anonymous: bool,
    /// JSON pointer to the scopes granted, where the reply has them.
    pub scopes: Option<String>,
}

/// What is asked after consent where one grant covers several places: which of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The blank that it fills in.
    pub blank: String,
    /// The address that lists them, or a path behind the API's base.
    pub path: String,
    /// What stands before the token in the Authorization header, where it is not what the API wants.
    pub scheme: Option<String>,
    /// JSON pointer to the list, or to the only place there is. `/*` in it stands for every entry of a list inside
    /// which the lists are.
    pub from: String,
    /// Entries that do not fit are left out.
    #[serde(default)]
    pub only: Vec<Condition>,
    /// `{/pointer}` is taken from the entry; a list of plain texts has them at `{/}`.
    pub id: String,
    /// What stands before the id and is taken off.
    #[serde(default)]
    pub id_prefix: String,
    pub label: String,
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn get() -> String {
    "GET".into()
}
