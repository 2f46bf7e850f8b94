//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Exhibit, Reasoning};

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

impl Turn {
    /// About how many tokens a model has to read: English text has some four bytes a token. For the case that nobody
    /// counts them.
    #[must_use]
    pub fn estimated_tokens(&self) -> u64 {
        let messages = self.messages.iter().map(|message| match message {
            TurnMessage::Person(text) | TurnMessage::Shown { text, .. } => text.len(),
            TurnMessage::Assistant { text, calls } => {
                text.len() + calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>()
            }
            TurnMessage::ToolResult { content, .. } => content.len(),
            // It is sealed and longer than what it says.
            TurnMessage::Reasoning(_) => 0,
        });
        let tools =
            self.tools.iter().map(|tool| tool.name.len() + tool.description.len() + tool.parameters.to_string().len());
        let shown: u64 = self.exhibits().map(Exhibit::estimated_tokens).sum();
        (self.system.len() + messages.sum::<usize>() + tools.sum::<usize>()) as u64 / 4 + shown
    }

    /// The files that are shown with it.
    pub(super) fn exhibits(&self) -> impl Iterator<Item = &Exhibit> {
        self.messages.iter().flat_map(|message| match message {
            TurnMessage::Shown { exhibits, .. } => exhibits.as_slice(),
            _ => &[],
        })
    }
}

/// One message of a turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TurnMessage {
    /// What the person wrote.
    Person(String),
    /// What the person wrote, beside files that they show.
    Shown {
        /// Their words; may be empty.
        text: String,
        /// The files.
        exhibits: Vec<Exhibit>,
    },
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
    /// What the model thought before the calls that follow.
    Reasoning(Reasoning),
}

/// A whole tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
