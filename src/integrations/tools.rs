//! The tools that connected services give, as chat and others see them.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    executor::{self, Failure},
    model::Item,
};
use crate::{
    error::{AppError, ErrorKind},
    kit::id::ConnectionId,
    providers::{Provider, ToolEntry, catalogue},
};

pub use crate::providers::{Effect, ModelUse};

/// One tool of the catalogue.
#[derive(Clone, Debug)]
pub struct Tool {
    /// `service__verb`.
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub effect: Effect,
    /// Whether its service lets a model be offered it.
    pub model: ModelUse,
    /// JSON Schema of the arguments.
    pub parameters: Value,
    pub(super) provider: &'static Provider,
    pub(super) entry: &'static ToolEntry,
}

impl Tool {
    /// The id of the service it belongs to.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        &self.provider.id
    }

    /// The service's name.
    #[must_use]
    pub fn service(&self) -> &'static str {
        &self.provider.name
    }

    /// A first question that it answers, as a person would ask it; empty where none is suggested.
    #[must_use]
    pub fn question(&self) -> &'static str {
        &self.entry.question
    }

    /// Whether it answers a kind of question that tools of other services answer too.
    #[must_use]
    pub fn answers_questions(&self) -> bool {
        !self.entry.answers.is_empty()
    }

    /// Arguments as a caller would send them.
    #[must_use]
    pub fn example(&self) -> &'static Value {
        &self.entry.example
    }

    /// The tool that takes back what this one did; none where the service has none for it.
    #[must_use]
    pub fn inverse(&self) -> Option<&'static Tool> {
        find(&self.entry.undo.as_ref()?.with)
    }

    /// Whether these arguments fit its schema.
    ///
    /// # Errors
    /// A sentence that says which one does not.
    pub fn check(&self, arguments: &Value) -> Result<(), ToolError> {
        executor::check(self.entry, arguments).map_err(|failure| told(failure, self.service()))
    }

    /// Why it cannot be used with these scopes, as a sentence; nothing where it can.
    #[must_use]
    pub fn off(&self, granted: &[String]) -> Option<String> {
        let error = self.lacking(granted)?;
        Some(error.to_string())
    }

    pub(super) fn lacking(&self, granted: &[String]) -> Option<ToolError> {
        let lacks = self.entry.lacks(granted);
        if lacks.is_empty() {
            return None;
        }
        let oauth = self.provider.oauth.as_ref();
        let known = oauth.map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes).collect::<Vec<_>>());
        let known = known.unwrap_or_default();
        let reason = |either: &str| {
            let named = |scope: &str| known.iter().find(|known| known.name == scope).map(|known| known.reason.clone());
            either.split('|').find_map(named).unwrap_or_else(|| either.replace('|', " or "))
        };
        let reasons: Vec<String> = lacks.into_iter().map(reason).collect();
        Some(ToolError::Off { service: self.service(), reasons: reasons.join(", and to ") })
    }
}

/// All tools of the catalogue.
pub fn all() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let providers = catalogue().all().iter();
        providers.flat_map(|provider| provider.tools.iter().map(move |entry| tool(provider, entry))).collect()
    })
}

fn tool(provider: &'static Provider, entry: &'static ToolEntry) -> Tool {
    Tool {
        name: &entry.name,
        title: &entry.title,
        description: &entry.description,
        effect: entry.effect,
        model: provider.model,
        parameters: entry.parameters.clone(),
        provider,
        entry,
    }
}

/// The tool of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Tool> {
    all().iter().find(|tool| tool.name == name)
}

/// A tool with the connection it would go through.
#[derive(Clone, Debug)]
pub struct OfferedTool {
    pub tool: &'static Tool,
    pub connection: ConnectionId,
    pub service_name: &'static str,
    pub account_label: String,
    /// Whether a model may be offered it: the service allows that, and the connection's owner does.
    pub model: ModelUse,
    /// Whether its owner has agreed that the model of this installation sees what is read through it.
    pub agreed: bool,
    /// When the connection was used last; none: never.
    pub last_used_at: Option<OffsetDateTime>,
}

/// Who has a tool called, for the connection's log: opaque to this feature.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Such as `run`.
    pub kind: &'static str,
    pub id: uuid::Uuid,
    pub label: String,
}

/// What «today» means.
#[derive(Clone, Debug)]
pub struct TimeContext {
    pub now: OffsetDateTime,
    /// IANA name; an unknown one is read as UTC.
    pub zone: String,
}

/// A call that the rule-based router proposes.
#[derive(Clone, Debug)]
pub struct RoutedCall {
    pub tool: &'static Tool,
    pub connection: ConnectionId,
    pub service_name: &'static str,
    pub arguments: Value,
    /// Whether a model may see what it finds.
    pub model: ModelUse,
}

/// What a tool found.
#[derive(Clone, Debug)]
pub struct ToolAnswer {
    /// «Read 3 events».
    pub summary: String,
    /// «Friday 20 November».
    pub detail: String,
    pub items: Vec<Item>,
    /// The same, compact, for a model.
    pub data: Value,
    /// Of a change: what would take it back.
    pub undo: Option<Undoing>,
}

/// The call that takes a change back, as it was filled in when the change was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Undoing {
    /// The tool's name.
    pub tool: String,
    pub arguments: Value,
    /// By which the service knew the account.
    pub account: String,
}

/// Why a tool found nothing. Each is a sentence for the card.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{service} wants you to sign in again. Reconnect it on the connections page, then ask again.")]
    NeedsReconnect { service: &'static str },
    /// Some of its scopes were not granted.
    #[error(
        "This is off: {service} has not been asked or did not allow Aura to {reasons}. Allow it on the connections page."
    )]
    Off { service: &'static str, reasons: String },
    #[error("{service} asks to wait {retry_after} seconds before the next request.")]
    Limited { service: &'static str, retry_after: u32 },
    /// Aura's own limit on how often a connection is used.
    #[error("Aura has used this account at {service} as often as it may in a minute. Wait {retry_after} seconds.")]
    Budget { service: &'static str, retry_after: u32 },
    /// A change that nobody confirmed.
    #[error("{service} did not confirm this. It may have been done: look there before you try again.")]
    Unknown { service: &'static str },
    /// The service's own words.
    #[error("{service} did not take this{words}.")]
    Refused { service: &'static str, words: String },
    #[error("{service} did not grant what this needs. Reconnect it and allow it there.")]
    Forbidden { service: &'static str },
    #[error("{service} {what}. Nothing was changed; try again in a few minutes.")]
    Provider { service: &'static str, what: &'static str },
    #[error("{service} did not answer in time. Try again in a few minutes.")]
    Timeout { service: &'static str },
    #[error("This account is not connected. Connect it on the connections page.")]
    NotConnected,
    #[error("{0}")]
    BadArguments(String),
    /// The service answered, and what was asked for is not there.
    #[error("{0}")]
    Nothing(String),
    #[error("This changes something and needs your approval first.")]
    NeedsApproval,
    #[error("Something went wrong on our side. Try again.")]
    Internal,
}

impl ToolError {
    /// Stable, for logs and for the card's state.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NeedsReconnect { .. } => "needs_reconnect",
            Self::Off { .. } => "off",
            Self::Limited { .. } => "limited",
            Self::Budget { .. } => "budget",
            Self::Unknown { .. } => "unknown",
            Self::Refused { .. } => "refused",
            Self::Forbidden { .. } => "forbidden",
            Self::Provider { .. } => "provider",
            Self::Timeout { .. } => "timeout",
            Self::NotConnected => "not_connected",
            Self::BadArguments(_) => "bad_arguments",
            Self::Nothing(_) => "nothing",
            Self::NeedsApproval => "needs_approval",
            Self::Internal => "internal",
        }
    }
}

impl From<ToolError> for AppError {
    fn from(error: ToolError) -> Self {
        let kind = match &error {
            ToolError::NotConnected => return Self::not_found("connection"),
            ToolError::Internal => return Self::internal(),
            ToolError::BadArguments(_) | ToolError::Refused { .. } => ErrorKind::Unprocessable,
            ToolError::Nothing(_) => ErrorKind::NotFound,
            ToolError::NeedsReconnect { .. } | ToolError::NeedsApproval => ErrorKind::Conflict,
            ToolError::Forbidden { .. } | ToolError::Off { .. } => ErrorKind::Forbidden,
            ToolError::Limited { .. } | ToolError::Budget { .. } => ErrorKind::Limited,
            ToolError::Provider { .. } | ToolError::Timeout { .. } | ToolError::Unknown { .. } => ErrorKind::Upstream,
        };
        let mut app = Self::new(kind, error.code(), error.to_string());
        if let ToolError::Limited { retry_after, .. } | ToolError::Budget { retry_after, .. } = error {
            app.retry_after = Some(retry_after);
        }
        app
    }
}

/// What a failure is called before a person.
pub(super) fn told(failure: Failure, service: &'static str) -> ToolError {
    match failure {
        Failure::Unauthorized => ToolError::NeedsReconnect { service },
        Failure::Forbidden => ToolError::Forbidden { service },
        Failure::Limited(retry_after) => ToolError::Limited { service, retry_after },
        Failure::Budget(retry_after) => ToolError::Budget { service, retry_after },
        Failure::Timeout => ToolError::Timeout { service },
        Failure::Unknown => ToolError::Unknown { service },
        Failure::Refused(words) if words.is_empty() => ToolError::Refused { service, words },
        Failure::Refused(words) => {
            ToolError::Refused { service, words: format!(": «{}»", words.trim_end_matches('.')) }
        }
        Failure::Unreachable | Failure::Closed => ToolError::Provider { service, what: "could not be reached" },
        Failure::Page => ToolError::Provider { service, what: "sent a page instead of data" },
        Failure::Provider(what) => ToolError::Provider { service, what },
        Failure::Nothing(sentence) => ToolError::Nothing(sentence),
        Failure::Bad(sentence) => ToolError::BadArguments(sentence),
    }
}
