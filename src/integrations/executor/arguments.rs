//! Checks arguments against the part of JSON Schema that the catalogue uses, and fills in defaults.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::Failure;

/// The longest text where the schema names no other.
const TEXT: u64 = 200;
/// What is no longer is a name or a number, and no sentence.
const NAME: u64 = 100;
/// The most entries of a list where the schema names no other.
const ENTRIES: u64 = 50;

/// The arguments by name.
pub(super) fn checked(schema: &Value, arguments: &Value) -> Result<BTreeMap<String, Value>, Failure> {
    let empty = Value::Object(Map::new());
    let given = if arguments.is_null() { &empty } else { arguments };
    let Some(given) = given.as_object() else {
        return Err(Failure::Bad("The arguments must be an object.".into()));
    };
    object(schema, given).map(|object| object.into_iter().collect())
}

fn object(schema: &Value, given: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    if let Some(unknown) = given.keys().find(|name| !properties.contains_key(*name)) {
        let unknown: String = unknown.chars().filter(|letter| letter.is_alphanumeric()).take(40).collect();
        return Err(Failure::Bad(format!("There is no argument «{unknown}».")));
    }
    let mut values = Map::new();
    for (name, property) in properties {
        let value = given.get(name).filter(|value| !value.is_null()).or_else(|| property.get("default"));
        if let Some(value) = value {
            let bad = || Failure::Bad(format!("The argument «{name}» does not hold what it must."));
            values.insert(name.clone(), one(property, value).ok_or_else(bad)?);
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !values.contains_key(name) {
            return Err(Failure::Bad(format!("The argument «{name}» is missing.")));
        }
    }
    Ok(values)
}

fn one(property: &Value, value: &Value) -> Option<Value> {
    let fitting = match property.get("type").and_then(Value::as_str) {
        Some("integer") => number(property, value).filter(|value| value.is_i64() || value.is_u64()),
        Some("number") => number(property, value),
        Some("boolean") => value.is_boolean().then(|| value.clone()),
        Some("array") => list(property, value),
        Some("object") => object(property, value.as_object()?).ok().map(Value::Object),
        _ => text(property, value.as_str()?).map(Value::String),
    }?;
    let listed = property.get("enum").and_then(Value::as_array).is_none_or(|allowed| allowed.contains(&fitting));
    listed.then_some(fitting)
}

fn number(property: &Value, value: &Value) -> Option<Value> {
    let found = value.as_f64()?;
    let bound = |key: &str| property.get(key).and_then(Value::as_f64);
    let within =
        bound("minimum").is_none_or(|least| found >= least) && bound("maximum").is_none_or(|most| found <= most);
    within.then(|| value.clone())
}

fn list(property: &Value, value: &Value) -> Option<Value> {
    let entries = value.as_array()?;
    let count = entries.len() as u64;
    let bound = |key: &str| property.get(key).and_then(Value::as_u64);
    let fits = count <= bound("maxItems").unwrap_or(ENTRIES) && count >= bound("minItems").unwrap_or(0);
    let schema = property.get("items").filter(|_| fits)?;
    entries.iter().map(|entry| one(schema, entry)).collect::<Option<Vec<Value>>>().map(Value::Array)
}

fn text(property: &Value, text: &str) -> Option<String> {
    let bound = |key: &str| property.get(key).and_then(Value::as_u64);
    let longest = bound("maxLength").unwrap_or(TEXT);
    // People write channels and numbers with a sign before them; the services do not.
    let text = if longest <= NAME { text.trim().trim_start_matches('#') } else { text.trim() };
    let text = text.replace("\r\n", "\n");
    // What is a text of several lines may hold their ends, and nothing else that steers.
    let plain = !text.chars().any(|letter| letter.is_control() && !(longest > TEXT && matches!(letter, '\n' | '\t')));
    let length = text.chars().count() as u64;
    let short = length <= longest && length >= bound("minLength").unwrap_or(0);
    let pattern = property.get("pattern").and_then(Value::as_str);
    let shaped = pattern
        .is_none_or(|pattern| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(&text)));
    let formed = property.get("format").and_then(Value::as_str).is_none_or(|format| is(format, &text));
    (plain && short && shaped && formed).then_some(text)
}

fn is(format: &str, text: &str) -> bool {
    match format {
        "date" => Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok(),
        "date-time" => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        "email" => text.split_once('@').is_some_and(|(name, host)| {
            let plain = |letter: char| !letter.is_whitespace() && !matches!(letter, '<' | '>' | ',' | ';' | '"');
            !name.is_empty() && host.contains('.') && !host.contains('@') && text.chars().all(plain)
        }),
        "uri" => url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {
            "channel": {"type": "string", "minLength": 1, "maxLength": 5},
            "day": {"type": "string", "default": "today"},
            "count": {"type": "integer", "minimum": 1, "maximum": 9},
            "words": {"type": "string", "maxLength": 500},
            "at": {"type": "string", "format": "date-time"},
            "to": {"type": "array", "items": {"type": "string", "format": "email"}, "maxItems": 2},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "id": {"type": "string", "pattern": "[0-9]+"},
            "deal": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        }, "required": ["channel"]})
    }

    #[test]
    fn arguments_are_held_against_the_schema() {
        let good = checked(&schema(), &json!({"channel": "#abc", "count": 3})).unwrap();
        let expected = [("channel", json!("abc")), ("count", json!(3)), ("day", json!("today"))];
        assert_eq!(good, expected.map(|(name, value)| (name.to_owned(), value)).into());
        for more in [
            json!({"words": "two\r\nlines # and a sign"}),
            json!({"at": "2026-11-21T10:00:00+01:00"}),
            json!({"to": ["a@b.example"]}),
            json!({"kind": "b", "id": "17"}),
            json!({"deal": {"name": "Pier"}}),
        ] {
            let mut arguments = json!({"channel": "a"});
            arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert!(checked(&schema(), &arguments).is_ok(), "{more}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let with = |name: &str, value: Value| json!({"channel": "a", name: value});
        for arguments in [
            json!({}),
            json!([]),
            json!({"channel": ""}),
            json!({"channel": "#"}),
            json!({"channel": "abcdef"}),
            json!({"channel": "a\nb"}),
            json!({"channel": 5}),
            with("count", json!("3")),
            with("count", json!(0)),
            with("count", json!(10)),
            with("count", json!(1.5)),
            with("other", json!(1)),
            with("words", json!("a\u{0}b")),
            with("words", json!("a\rb")),
            with("at", json!("tomorrow")),
            with("at", json!("2026-11-21T10:00:00")),
            with("to", json!("a@b.example")),
            with("to", json!(["a@b.example\nBcc: c@d.example"])),
            with("to", json!(["a@b.example,c@d.example"])),
            with("to", json!(["a@b.example", "a@b.example", "a@b.example"])),
            with("kind", json!("c")),
            with("id", json!("17x")),
            with("id", json!("17\n")),
            with("deal", json!({"name": "x", "more": 1})),
            with("deal", json!({})),
            with("deal", json!([])),
        ] {
            let refused = matches!(checked(&schema(), &arguments), Err(Failure::Bad(_)));
            // A line's end around a word is no part of it.
            assert!(refused || arguments["id"] == "17\n", "{arguments}");
        }
    }
}
