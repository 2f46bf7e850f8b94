//! The protocols that models speak, one file each, behind one trait. What they share stands beside them: the way out
//! ([`transport`]), the reading of a stream to its end ([`stream`]), and messages made of blocks ([`blocks`]).

mod anthropic;
mod bedrock;
mod blocks;
mod chat_completions;
mod client;
mod responses;
mod signature;
mod stream;
mod transport;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    inference::{Events, ModelError, Turn},
    platform::{
        clock::Clock,
        config::{ModelSettings, ModelWire},
        http::Http,
    },
};

/// Why a request brought no stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub error: ModelError,
    /// Whether the same request may work in a moment.
    pub passing: bool,
    /// What the server asks to wait before that.
    pub wait: Option<Duration>,
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self { passing: error.is_passing(), error, wait: None }
    }
}

/// A protocol, bound to an address and a key.
#[async_trait]
pub(super) trait Wire: Send + Sync {
    /// Asks a model once.
    async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, Failure>;

    /// Goes on with an answer that the operator keeps, after the event of this number.
    async fn resume(&self, _model: &str, _response: &str, _after: u64) -> Result<Events, Failure> {
        Err(ModelError::CannotResume.into())
    }

    /// Tells the operator that nobody waits for an answer that it keeps.
    async fn cancel(&self, _response: &str) -> Result<(), Failure> {
        Err(ModelError::CannotResume.into())
    }

    /// What the address says which models it has; none where the protocol has no such list.
    async fn models(&self) -> Result<Option<Value>, ModelError>;
}

/// What a protocol needs.
pub(super) struct Way<'a> {
    pub settings: &'a ModelSettings,
    pub http: &'a Http,
    pub clock: &'a Clock,
    /// How long the model may say nothing.
    pub patience: Duration,
}

/// The protocol that the settings name.
pub(super) fn of(way: &Way<'_>) -> Arc<dyn Wire> {
    match way.settings.wire {
        ModelWire::Chat => Arc::new(chat_completions::ChatCompletions::new(way)),
        ModelWire::Responses => Arc::new(responses::Responses::new(way)),
        ModelWire::Anthropic => Arc::new(anthropic::Messages::new(way)),
        ModelWire::Bedrock => Arc::new(bedrock::Converse::new(way)),
    }
}
