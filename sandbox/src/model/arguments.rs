//! Arguments for a tool, after its schema: what is required, and what the question plainly says.

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

/// Fills an argument object.
pub fn fill(schema: &Value, question: &str, system: &str, now: OffsetDateTime) -> Value {
    let today = today(system, now);
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut filled = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let needed = required.contains(&name.as_str());
        if let Some(value) = day_word(name, property, question).or_else(|| said(name, question, system, today)) {
            let fits = accepts(property, "string") || property.get("type").is_none();
            if fits && (needed || wanted(name)) {
                filled.insert(name.clone(), value);
                continue;
            }
        }
        if needed {
            filled.insert(name.clone(), neutral(property, question));
        }
    }
    Value::Object(filled)
}

/// Optional fields that are worth filling.
fn wanted(name: &str) -> bool {
    !matches!(plain(name).as_str(), "query" | "q" | "search" | "text")
}

/// A day in words, where the description of the field names them.
fn day_word(name: &str, property: &Value, question: &str) -> Option<Value> {
    let takes_words = property["description"].as_str().is_some_and(|text| text.to_lowercase().contains("today"));
    let lower = question.to_lowercase();
    let words = ["tomorrow", "yesterday", "this week", "next week"];
    let word = words.into_iter().find(|word| lower.contains(word)).unwrap_or("today");
    (takes_words && matches!(plain(name).as_str(), "day" | "date" | "when")).then(|| word.into())
}

/// What question and system message say about a field of that name.
fn said(name: &str, question: &str, system: &str, today: OffsetDateTime) -> Option<Value> {
    let start =
        today.replace_time(Time::MIDNIGHT) + Duration::days(i64::from(question.to_lowercase().contains("tomorrow")));
    let moment = |at: OffsetDateTime| at.format(&Rfc3339).ok().map(Value::from);
    match plain(name).as_str() {
        "timemin" | "from" | "start" | "starttime" | "after" | "since" | "startsafter" => moment(start),
        "timemax" | "to" | "end" | "endtime" | "until" | "before" | "startsbefore" => moment(start + Duration::days(1)),
        "date" | "day" => Some(start.date().to_string().into()),
        "startdate" => Some((start.date() - Duration::days(7)).to_string().into()),
        "enddate" => Some(start.date().to_string().into()),
        "timezone" | "tz" => Some(zone(system).into()),
        "channel" | "channelname" => Some(channel(question).into()),
        "query" | "q" | "search" | "text" | "words" => {
            // What is put somewhere stands before the name of where.
            let place = question.split(" to the page ").nth(1).unwrap_or(question);
            Some(quoted(place).unwrap_or_else(|| question.to_owned()).into())
        }
        "owner" => Some(repository(question).0.into()),
        "repo" => Some(repository(question).1.into()),
        _ => None,
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

fn accepts(property: &Value, kind: &str) -> bool {
    match &property["type"] {
        Value::String(found) => found == kind,
        Value::Array(kinds) => kinds.iter().any(|found| found == kind),
        _ => false,
    }
}

/// `owner/name` in the question, or the one repository of this world.
fn repository(question: &str) -> (String, String) {
    let named = question.split_whitespace().find_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.split_once('/').filter(|(owner, name)| !owner.is_empty() && !name.is_empty() && !name.contains('/'))
    });
    let (owner, name) = named.unwrap_or(("northbeam", "harbor"));
    (owner.to_owned(), name.to_owned())
}

/// What stands between quotation marks.
pub fn quoted(question: &str) -> Option<String> {
    let inside = |open: char, close: char| {
        let rest = question.split(open).nth(1)?;
        rest.split(close).next().filter(|text| !text.trim().is_empty()).map(|text| text.trim().to_owned())
    };
    inside('“', '”').or_else(|| inside('«', '»')).or_else(|| inside('"', '"'))
}

/// A harmless value of the right type.
fn neutral(property: &Value, question: &str) -> Value {
    if let Some(value) = property.get("default") {
        return value.clone();
    }
    if accepts(property, "null") {
        return Value::Null;
    }
    if let Some(first) = property["enum"].get(0) {
        return first.clone();
    }
    if accepts(property, "integer") || accepts(property, "number") {
        return property.get("maximum").and_then(Value::as_i64).map_or(10, |most| most.min(10)).into();
    }
    if accepts(property, "boolean") {
        return false.into();
    }
    if accepts(property, "array") {
        return json!([]);
    }
    if accepts(property, "object") {
        return json!({});
    }
    question.chars().take(80).collect::<String>().into()
}

/// The first moment or date that the system message names, else now.
pub fn today(system: &str, now: OffsetDateTime) -> OffsetDateTime {
    for word in system.split(|c: char| c.is_whitespace() || "()[]\"'`,;".contains(c)) {
        let word = word.trim_end_matches('.');
        if let Ok(at) = OffsetDateTime::parse(word, &Rfc3339) {
            return at;
        }
        let date = time::macros::format_description!("[year]-[month]-[day]");
        if let Ok(date) = time::Date::parse(word, date) {
            return date.with_time(Time::MIDNIGHT).assume_utc();
        }
    }
    now
}

/// The first zone that the system message names, such as `Europe/Berlin`.
fn zone(system: &str) -> String {
    const AREAS: [&str; 9] =
        ["Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/", "Etc/"];
    system
        .split(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .find(|word| AREAS.iter().any(|area| word.starts_with(area)))
        .unwrap_or("UTC")
        .to_owned()
}

/// `#general`, or general when none is named.
fn channel(question: &str) -> String {
    question
        .split_whitespace()
        .find_map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#' && c != '-' && c != '_').strip_prefix('#')
        })
        .filter(|name| !name.is_empty())
        .unwrap_or("general")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_day_comes_from_the_system_message() {
        let schema = json!({ "type": "object", "required": ["time_min", "time_max", "limit"], "properties": {
            "time_min": { "type": "string", "format": "date-time" }, "time_max": { "type": "string" },
            "time_zone": { "type": "string" }, "limit": { "type": "integer" }, "q": { "type": "string" } } });
        let system = "Now is 2026-11-20T09:12:00+01:00 (Europe/Berlin).";
        let filled = fill(&schema, "what is on today", system, datetime!(2020-01-01 0:00 UTC));
        assert_eq!(
            filled,
            json!({ "time_min": "2026-11-20T00:00:00+01:00", "time_max": "2026-11-21T00:00:00+01:00", "time_zone": "Europe/Berlin", "limit": 10 })
        );
    }

    #[test]
    fn the_channel_comes_from_the_question() {
        let schema = json!({ "properties": { "channel": { "type": "string" } }, "required": ["channel"] });
        assert_eq!(
            fill(&schema, "unread in #launch?", "", datetime!(2020-01-01 0:00 UTC)),
            json!({ "channel": "launch" })
        );
    }
}
