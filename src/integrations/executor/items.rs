//! Reads lists and single values out of a reply.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{day, template};
use crate::{
    integrations::{model::Item, tools::TimeContext},
    providers::{Condition, Items, Names, Pick},
};

const TITLE: usize = 300;
const NOTE: usize = 500;

/// The lines of an answer.
pub(super) fn read(entry: &Items, body: &Value, time: &TimeContext, names: &BTreeMap<String, String>) -> Vec<Item> {
    let fill = |template, one| template::fill_with_names(template, one, names);
    let list = body.pointer(&entry.from).and_then(Value::as_array);
    let fitting = list.into_iter().flatten().filter(|one| entry.only.iter().all(|condition| fits(condition, one)));
    fitting
        .map(|one| Item {
            title: short(&fill(&entry.title, one), TITLE),
            note: short(&fill(&entry.note, one), NOTE),
            // Only what can do no harm when clicked.
            link: Some(fill(&entry.link, one)).filter(|link| link.starts_with("https://")),
            at: day::shown(&fill(&entry.at, one), time),
        })
        .collect()
}

/// Names by id.
pub(super) fn names(entry: &Names, body: &Value) -> Vec<(String, String)> {
    let list = body.pointer(&entry.from).and_then(Value::as_array).into_iter().flatten();
    let named =
        list.filter_map(|one| Some((template::text(one.pointer(&entry.id)?)?, template::fill_from(&entry.name, one))));
    named.filter(|(_, name)| !name.is_empty()).collect()
}

fn fits(condition: &Condition, entry: &Value) -> bool {
    let found = entry.pointer(&condition.pointer).filter(|value| !value.is_null() && **value != Value::Bool(false));
    let present = condition.present.is_none_or(|wanted| wanted == found.is_some());
    let equal =
        condition.equals.as_deref().is_none_or(|wanted| found.and_then(template::text).as_deref() == Some(wanted));
    present && equal
}

/// The value that a pick finds in this reply.
pub(super) fn pick(pick: &Pick, body: &Value, values: &BTreeMap<String, String>) -> Option<String> {
    let Some(from) = &pick.from else {
        return template::text(body.pointer(&pick.value)?);
    };
    let wanted = match &pick.equals {
        Some(template) => Some(template::fill(template, |name| values.get(name).cloned())?.to_lowercase()),
        None => None,
    };
    let entry = body.pointer(from)?.as_array()?.iter().find(|entry| match (&pick.condition, &wanted) {
        (Some(pointer), Some(wanted)) => {
            entry.pointer(pointer).and_then(template::text).is_some_and(|found| found.to_lowercase() == *wanted)
        }
        _ => true,
    })?;
    template::text(entry.pointer(&pick.value)?)
}

/// A line for a model: without what is empty.
pub(super) fn compact(item: &Item) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, text: &str| {
        if !text.is_empty() {
            fields.insert(name.to_owned(), text.into());
        }
    };
    put("title", &item.title);
    put("note", &item.note);
    put("link", item.link.as_deref().unwrap_or_default());
    put("at", item.at.as_deref().unwrap_or_default());
    Value::Object(fields)
}

/// One line of text of a bounded length.
fn short(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    line.chars().take(longest - 1).chain(['…']).collect()
}
