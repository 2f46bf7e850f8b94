//! The tools that connected services give, as chat and others see them.

use std::sync::OnceLock;

use serde_json::Value;
use time::OffsetDateTime;

use super::model::Item;
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
    /// Whether a model may be offered it.
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
}

/// Why a tool found nothing. Each is a sentence for the card.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{service} wants you to sign in again. Reconnect it on the connections page, then ask again.")]
    NeedsReconnect { service: &'static str },
    #[error("{service} asks to wait {retry_after} seconds before the next request.")]
    Limited { service: &'static str, retry_after: u32 },
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
            Self::Limited { .. } => "limited",
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
            ToolError::BadArguments(_) => ErrorKind::Unprocessable,
            ToolError::Nothing(_) => ErrorKind::NotFound,
            ToolError::NeedsReconnect { .. } | ToolError::NeedsApproval => ErrorKind::Conflict,
            ToolError::Forbidden { .. } => ErrorKind::Forbidden,
            ToolError::Limited { .. } => ErrorKind::Limited,
            ToolError::Provider { .. } | ToolError::Timeout { .. } => ErrorKind::Upstream,
        };
        let mut app = Self::new(kind, error.code(), error.to_string());
        if let ToolError::Limited { retry_after, .. } = error {
            app.retry_after = Some(retry_after);
        }
        app
    }
}
