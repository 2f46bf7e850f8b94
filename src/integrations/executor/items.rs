//! Reads lists and single values out of a reply.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    day,
    template::{self, Source},
    values::Values,
};
use crate::{
    integrations::{model::Item, tools::TimeContext},
    providers::{Condition, Items, Made, Names, Pick},
};

const TITLE: usize = 300;
const NOTE: usize = 500;
const KEPT: usize = 200;

/// A line of an answer.
pub(super) struct Line {
    item: Item,
    /// For whoever goes on working with it.
    kept: BTreeMap<String, String>,
}

impl Line {
    pub(super) fn into_item(self) -> Item {
        self.item
    }

    /// For a model: without what is empty.
    pub(super) fn compact(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, text: &str| {
            if !text.is_empty() {
                fields.insert(name.to_owned(), text.into());
            }
        };
        put("title", &self.item.title);
        put("note", &self.item.note);
        put("link", self.item.link.as_deref().unwrap_or_default());
        put("at", self.item.at.as_deref().unwrap_or_default());
        for (name, text) in &self.kept {
            put(name, text);
        }
        Value::Object(fields)
    }
}

/// The entries at a pointer; an object there is the one entry.
pub(super) fn entries<'a>(body: &'a Value, pointer: &str) -> &'a [Value] {
    match body.pointer(pointer) {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// The lines of an answer.
pub(super) fn read(
    entry: &Items,
    body: &Value,
    time: &TimeContext,
    names: &BTreeMap<String, String>,
    values: &Values,
) -> Vec<Line> {
    let outer = entries(body, &entry.from).iter();
    let all = outer.flat_map(|one| match &entry.inside {
        Some(pointer) => entries(one, pointer).iter().map(|inner| (inner, Some(one))).collect(),
        None => vec![(one, None)],
    });
    let fitting = all.filter(|(one, _)| entry.only.iter().all(|condition| fits(condition, one)));
    fitting
        .map(|(one, outer)| {
            let source = Source { entry: one, outer, names, values: Some(values) };
            let item = Item {
                title: short(&source.fill(&entry.title), TITLE),
                note: short(&joined(&source.fill(&entry.note)), NOTE),
                link: clickable(&source.fill(&entry.link)),
                at: day::shown(&source.fill(&entry.at), time),
            };
            let kept = entry.keep.iter().map(|(name, template)| (name.clone(), short(&source.fill(template), KEPT)));
            Line { item, kept: kept.collect() }
        })
        .collect()
}

/// What a change made, as the one line of its answer.
pub(super) fn made(entry: &Made, body: &Value, values: &Values) -> Line {
    let source = Source { entry: body, outer: None, names: &BTreeMap::new(), values: Some(values) };
    let item = Item {
        title: short(&source.fill(&entry.title), TITLE),
        note: String::new(),
        link: clickable(&source.fill(&entry.link)),
        at: None,
    };
    Line { item, kept: BTreeMap::from([("id".to_owned(), short(&source.fill(&entry.id), KEPT))]) }
}

/// By which the vendor knows what a change made, in full.
pub(super) fn made_id(entry: &Made, body: &Value, values: &Values) -> String {
    Source { entry: body, outer: None, names: &BTreeMap::new(), values: Some(values) }.fill(&entry.id)
}

/// Names by id.
pub(super) fn names(entry: &Names, body: &Value) -> Vec<(String, String)> {
    let list = entries(body, &entry.from).iter();
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
pub(super) fn pick(pick: &Pick, body: &Value, values: &Values) -> Option<String> {
    let Some(from) = &pick.from else {
        return template::text(body.pointer(&pick.value)?);
    };
    let wanted = match &pick.equals {
        Some(template) => Some(values.fill(template)?.to_lowercase()),
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

/// Only what can do no harm when clicked.
fn clickable(link: &str) -> Option<String> {
    let plain = link.starts_with("https://") && !link.chars().any(|letter| letter.is_control() || letter == ' ');
    plain.then(|| link.to_owned())
}

/// Without the commas around parts that are empty.
fn joined(note: &str) -> String {
    note.split(", ").map(str::trim).filter(|part| !part.is_empty() && *part != ",").collect::<Vec<_>>().join(", ")
}

/// One line of text of a bounded length, without what steers a screen or turns the direction of a text.
pub(super) fn short(text: &str, longest: usize) -> String {
    let steers = |letter: char| {
        letter.is_control() && !letter.is_whitespace()
            || matches!(letter, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text.chars().filter(|letter| !steers(*letter)).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    line.chars().take(longest - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn lines(entry: &Value, body: &Value) -> Vec<Line> {
        let time = TimeContext { now: datetime!(2026-11-20 12:00 UTC), zone: "UTC".into() };
        let values = Values::new(BTreeMap::from([("word".to_owned(), json!("asked"))]), &time);
        read(&serde_json::from_value(entry.clone()).unwrap(), body, &time, &BTreeMap::new(), &values)
    }

    #[test]
    fn lists_inside_lists_and_single_objects_are_lines() {
        let entry =
            json!({"from": "/accounts", "inside": "/properties", "title": "{/name}", "note": "{^/name}, {/none}"});
        let body =
            json!({"accounts": [{"name": "A", "properties": [{"name": "one"}, {"name": "two"}]}, {"name": "B"}]});
        let found = lines(&entry, &body);
        let shown: Vec<_> = found.iter().map(|line| (line.item.title.as_str(), line.item.note.as_str())).collect();
        assert_eq!(shown, [("one", "A"), ("two", "A")]);
        let one = lines(&json!({"from": "", "title": "{/a}", "keep": {"id": "{/id}"}}), &json!({"a": "x", "id": 7}));
        assert_eq!(one[0].compact(), json!({"title": "x", "id": "7"}));
        assert!(lines(&json!({"from": "/a", "title": "x"}), &json!({"a": "text"})).is_empty());
    }

    #[test]
    fn hostile_text_is_cut_to_one_plain_line() {
        assert_eq!(short("a\u{202e}b\u{0}c\n\n d\u{1b}[31m", 50), "abc d[31m");
        assert_eq!(short("xxxxxx", 4), "xxx…");
        assert_eq!(clickable("javascript:alert(1)"), None);
        assert_eq!(clickable("https://a.example/\n"), None);
        assert_eq!(joined(", , a, , b, "), "a, b");
    }

    #[test]
    fn what_was_made_is_told_from_the_reply_and_the_arguments() {
        let time = TimeContext { now: datetime!(2026-11-20 12:00 UTC), zone: "UTC".into() };
        let values = Values::new(BTreeMap::from([("word".to_owned(), json!("asked"))]), &time);
        let entry =
            serde_json::from_value(json!({"title": "{/name || word}", "id": "{/id}", "link": "{/url}"})).unwrap();
        let line = made(&entry, &json!({"id": 3, "url": "https://a.example/3"}), &values);
        assert_eq!(line.compact(), json!({"title": "asked", "id": "3", "link": "https://a.example/3"}));
    }
}
