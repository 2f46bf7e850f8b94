//! What a model says, piece by piece.

/// One piece of an answer, in the order in which the model sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEvent {
    /// More of the answer's text.
    Text(String),
    /// More of a call to a tool.
    ToolCall(ToolCallPart),
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
            "length" | "max_tokens" => Self::Length,
            "content_filter" | "safety" => Self::Filtered,
            _ => Self::Complete,
        }
    }
}
