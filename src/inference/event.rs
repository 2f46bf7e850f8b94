//! What a model says, piece by piece.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One piece of an answer, in the order in which the model sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEvent {
    /// More of the answer's text.
    Text(String),
    /// More of a call to a tool.
    ToolCall(ToolCallPart),
    /// Something that the model wants to see again with the results of its calls; nobody else can read it.
    Reasoning(Reasoning),
    /// The model's operator keeps the answer, and everything up to here has been told: whoever loses the line can go on
    /// from this point.
    Reference(Reference),
    /// The model says that it is done. An answer without this was cut off.
    Finished(FinishReason),
    /// What the answer cost, in the model's own count.
    Usage {
        /// Tokens it read.
        input: u64,
        /// Tokens it wrote.
        output: u64,
    },
}

/// A part of a tool call; parts of one call share an index and their arguments are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCallPart {
    /// Which call of this answer.
    pub index: u32,
    /// The model's name for the call; in the first part only.
    pub id: Option<String>,
    /// The tool; in the first part only.
    pub name: Option<String>,
    /// More of the JSON text of the arguments.
    pub arguments: String,
}

/// What a model thought, sealed by its operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    /// The only model that can open it.
    pub model: String,
    /// As it came.
    pub item: Value,
}

/// A place in an answer that its operator keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The operator's name for the answer.
    pub response: String,
    /// The number of the last event that was told.
    pub sequence: u64,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It has said everything.
    Complete,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// It ran into its own limit of length.
    Length,
    /// Its operator withheld the rest.
    Filtered,
}

impl FinishReason {
    /// Reads the wire's word; unknown words of compatible servers (`eos`, `end_turn`) mean a normal end.
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        match word {
            "tool_calls" | "function_call" | "tool_use" => Self::ToolCalls,
            "length" | "max_tokens" | "max_output_tokens" | "model_context_window_exceeded" => Self::Length,
            "content_filter" | "content_filtered" | "guardrail_intervened" | "refusal" | "safety" => Self::Filtered,
            _ => Self::Complete,
        }
    }
}
