//! What would take a change back, filled in while it is made: nobody knows later what stood there before.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Asked, arguments, run, template, values::Values};
use crate::{
    integrations::tools::Undoing,
    providers::{ToolEntry, Undo},
};

/// A change does not wait longer than this part of its time for what stands there before it.
const PART: u32 = 4;

/// What stands there before a change that can be taken back by it. Nothing where it cannot be read: the change is what
/// its person wants, and it only cannot be undone then.
pub(super) async fn before(asked: &Asked<'_>) -> BTreeMap<String, String> {
    if !asked.tool.undo.as_ref().is_some_and(Undo::looks) {
        return BTreeMap::new();
    }
    let looked = tokio::time::timeout(asked.deadline / PART, run::standing(asked)).await;
    looked.ok().and_then(Result::ok).unwrap_or_default()
}

/// The call that takes back a change that was made; none where something of it is not known, or does not fit.
pub(super) fn inverse(
    asked: &Asked<'_>,
    values: &Values,
    made: &str,
    before: &BTreeMap<String, String>,
) -> Option<Undoing> {
    let undo = asked.tool.undo.as_ref()?;
    let tool = asked.line.provider.tools.iter().find(|tool| tool.name == undo.with)?;
    let given = arguments::checked(&asked.tool.parameters, asked.arguments).ok()?;
    let mut filled = Map::new();
    for (name, template) in &undo.arguments {
        let text = match Undo::before(template) {
            Some(former) if !given.contains_key(former) => continue,
            Some(former) => before.get(former)?.clone(),
            None => template::fill(template, |inside| match inside {
                "made" => Some(made.to_owned()).filter(|made| !made.is_empty()),
                inside => values.text(inside),
            })?,
        };
        let text = match undo.words.get(name) {
            Some(words) => words.get(&text)?.clone(),
            None => text,
        };
        filled.insert(name.clone(), typed(tool, name, text)?);
    }
    let arguments = Value::Object(filled);
    arguments::checked(&tool.parameters, &arguments).ok()?;
    Some(Undoing { tool: tool.name.clone(), arguments, account: asked.account_id.to_owned() })
}

/// A text as the type that the argument has.
fn typed(tool: &ToolEntry, name: &str, text: String) -> Option<Value> {
    match tool.parameters["properties"][name]["type"].as_str()? {
        "integer" | "number" | "boolean" => serde_json::from_str(&text).ok(),
        "string" => Some(Value::String(text)),
        _ => None,
    }
}
