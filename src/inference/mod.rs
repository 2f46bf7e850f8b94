//! The language model, behind any address that speaks one of four protocols (`wires/`). A turn (instructions, messages,
//! tools) goes in through [`Inference::answer`]; a stream of [`ModelEvent`]s comes out. What passes by itself is tried
//! again (`pace.rs`), and where a model does not answer, the next one in the list does. It knows neither users nor
//! services: what is offered and what is done with a tool call is for the caller to decide. Without a key there is no
//! model, and the caller answers by rules.

mod error;
mod event;
mod exhibit;
pub mod jobs;
mod models;
mod pace;
pub mod prompts;
mod service;
mod steady;
mod turn;
mod vendor;
mod wires;

pub use error::ModelError;
pub use event::{FinishReason, ModelEvent, Reasoning, Reference, ToolCallPart};
pub use exhibit::{Exhibit, ExhibitKind, Sight};
pub use models::ModelNotice;
pub use service::{Answer, Events, Inference};
pub use steady::Keep;
pub use turn::{Call, MOST_TOOLS, ToolSpec, Turn, TurnMessage};
pub use vendor::Vendor;
