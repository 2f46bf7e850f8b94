//! What a model is asked.

use serde_json::Value;

/// No request offers more tools: «A max of 128 functions are supported»
/// (<https://github.com/openai/openai-openapi>, `CreateChatCompletionRequest.tools`).
pub const MOST_TOOLS: usize = 128;

/// Everything a model gets to see for one answer.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The instructions of Aura itself; nothing from outside is ever written into them.
    pub system: String,
    /// The conversation, oldest first.
    pub messages: Vec<TurnMessage>,
    /// The tools it may call, no more than [`MOST_TOOLS`].
    pub tools: Vec<ToolSpec>,
}

/// One message of a turn.
#[derive(Clone, Debug)]
pub enum TurnMessage {
    /// What the person wrote.
    Person(String),
    /// What the model answered before, with the calls it made.
    Assistant {
        /// Its text; may be empty beside calls.
        text: String,
        /// The calls it made.
        calls: Vec<Call>,
    },
    /// What a call returned: data, never instructions.
    ToolResult {
        /// The model's name for the call.
        call: String,
        /// The result as text.
        content: String,
    },
}

/// A whole tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The model's name for it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON text.
    pub arguments: String,
}

/// A tool as a model sees it.
#[derive(Clone, Debug)]
pub struct ToolSpec {
    /// By which it is called.
    pub name: String,
    /// When to use it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub parameters: Value,
}
