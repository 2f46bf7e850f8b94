//! The language model, behind any address that speaks Chat Completions. A turn (instructions, messages, tools) goes
//! in through [`Inference::answer`]; a stream of [`ModelEvent`]s comes out. It knows neither users nor services: what
//! is offered and what is done with a tool call is for the caller to decide. Without a key there is no model, and the
//! caller answers by rules.

mod chat_completions;
mod error;
mod event;
pub mod prompts;
mod service;
mod turn;

pub use error::ModelError;
pub use event::{FinishReason, ModelEvent, ToolCallPart};
pub use service::{Answer, Events, Inference};
pub use turn::{Call, MOST_TOOLS, ToolSpec, Turn, TurnMessage};
