//! A conversation as two of the protocols want it: the person speaks first, then both by turns, each in blocks; what
//! tools returned stands in the person's next message, all of it.

use serde_json::Value;

use crate::inference::{Exhibit, Turn, TurnMessage};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Person,
    Model,
}

impl Role {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Person => "user",
            Self::Model => "assistant",
        }
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block<'a> {
    Text(std::borrow::Cow<'a, str>),
    Shown(&'a Exhibit),
    Call {
        id: &'a str,
        name: &'a str,
        /// Always an object.
        input: Value,
    },
    Result {
        call: &'a str,
        content: &'a str,
    },
}

/// The messages of a turn. Where no tools are offered any more, calls and results are told as text: blocks of tools
/// without tools are refused.
pub(super) fn messages(turn: &Turn) -> Vec<(Role, Vec<Block<'_>>)> {
    let tools = !turn.tools.is_empty();
    let mut messages: Vec<(Role, Vec<Block<'_>>)> = Vec::new();
    let mut add = |role, block| add(&mut messages, role, block);
    for message in &turn.messages {
        match message {
            TurnMessage::Person(text) => add(Role::Person, Block::Text(text.into())),
            TurnMessage::Shown { text, exhibits } => {
                for exhibit in exhibits {
                    add(Role::Person, Block::Shown(exhibit));
                }
                add(Role::Person, Block::Text(text.into()));
            }
            TurnMessage::Assistant { text, calls } => {
                add(Role::Model, Block::Text(text.into()));
                for call in calls {
                    let block = if tools {
                        let input = serde_json::from_str(&call.arguments).ok().filter(Value::is_object);
                        let input = input.unwrap_or_else(|| serde_json::json!({}));
                        Block::Call { id: &call.id, name: &call.name, input }
                    } else {
                        Block::Text(format!("(called {} with {})", call.name, call.arguments).into())
                    };
                    add(Role::Model, block);
                }
            }
            TurnMessage::ToolResult { call, content } if tools => {
                // An empty result is refused in one of them.
                let content = if content.trim().is_empty() { "(nothing)" } else { content };
                add(Role::Person, Block::Result { call, content });
            }
            TurnMessage::ToolResult { content, .. } => add(Role::Person, Block::Text(content.into())),
            TurnMessage::Reasoning(_) => {}
        }
    }
    messages
}

fn add<'a>(messages: &mut Vec<(Role, Vec<Block<'a>>)>, role: Role, block: Block<'a>) {
    // An empty text is refused, and so is a conversation that the model begins.
    let empty = matches!(&block, Block::Text(text) if text.trim().is_empty());
    if empty || (messages.is_empty() && role == Role::Model) {
        return;
    }
    match messages.last_mut() {
        Some((last, blocks)) if *last == role => blocks.push(block),
        _ => messages.push((role, vec![block])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inference::{Call, ToolSpec};

    fn turn(tools: bool) -> Turn {
        let call = |id: &str, arguments: &str| Call { id: id.into(), name: "t".into(), arguments: arguments.into() };
        let spec = ToolSpec { name: "t".into(), description: "d".into(), parameters: json!({}) };
        Turn {
            system: "s".into(),
            messages: vec![
                TurnMessage::Assistant { text: "earlier".into(), calls: vec![] },
                TurnMessage::Person("one".into()),
                TurnMessage::Person("two".into()),
                TurnMessage::Assistant { text: String::new(), calls: vec![call("a", "{\"x\":1}"), call("b", "[]")] },
                TurnMessage::ToolResult { call: "a".into(), content: "A".into() },
                TurnMessage::ToolResult { call: "b".into(), content: String::new() },
            ],
            tools: if tools { vec![spec] } else { vec![] },
        }
    }

    #[test]
    fn both_speak_by_turns_and_results_stand_together() {
        let turn = turn(true);
        let messages = messages(&turn);
        let roles: Vec<_> = messages.iter().map(|(role, blocks)| (role.word(), blocks.len())).collect();
        assert_eq!(roles, [("user", 2), ("assistant", 2), ("user", 2)]);
        assert_eq!(messages[1].1[1], Block::Call { id: "b", name: "t", input: json!({}) });
        assert_eq!(messages[2].1[1], Block::Result { call: "b", content: "(nothing)" });
    }

    #[test]
    fn without_tools_no_block_is_of_a_tool() {
        let turn = turn(false);
        let texts = messages(&turn).iter().flat_map(|(_, blocks)| blocks).all(|block| matches!(block, Block::Text(_)));
        assert!(texts);
    }
}
