//! The arguments of a proposal as fields of a form, and what was typed there as arguments again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::{OffsetDateTime, PrimitiveDateTime, format_description::well_known::Rfc3339, macros::format_description};
use time_tz::{PrimitiveDateTimeExt as _, timezones};

use super::{
    moment,
    proposal::{FieldKind, ProposalField},
};
use crate::integrations::tools::Tool;

/// What is longer gets a field of several lines.
const LINE: u64 = 200;

/// All arguments that a tool takes, with what was proposed for them: first what it needs.
pub(super) fn fields(
    tool: &Tool,
    arguments: &Value,
    before: &BTreeMap<String, String>,
    zone: &str,
) -> Vec<ProposalField> {
    let required: Vec<&str> =
        tool.parameters["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut named: Vec<(&String, &Value)> = tool.parameters["properties"].as_object().into_iter().flatten().collect();
    // Those that are not needed: first what is proposed.
    named.sort_by_key(|(name, _)| {
        let place = required.iter().position(|known| known == name).unwrap_or(usize::MAX);
        (place, arguments.get(name.as_str()).is_none())
    });
    let field = |(name, property): (&String, &Value)| {
        let kind = kind(property);
        let argument = arguments.get(name.as_str()).filter(|value| !value.is_null());
        ProposalField {
            name: name.clone(),
            label: label(name),
            hint: hint(property, &kind, zone),
            value: argument.map(|value| typed(&kind, value, zone)).unwrap_or_default(),
            shown: argument.map(|value| read(&kind, value, zone)).unwrap_or_default(),
            before: before.get(name).map(|before| read(&kind, &before.as_str().into(), zone)),
            required: required.contains(&name.as_str()),
            kind,
        }
    };
    named.into_iter().map(field).collect()
}

fn kind(property: &Value) -> FieldKind {
    if let Some(choices) = property["enum"].as_array() {
        return FieldKind::Choice(choices.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    match (property["type"].as_str(), property["format"].as_str()) {
        (Some("integer" | "number"), _) => FieldKind::Number,
        (Some("boolean"), _) => FieldKind::Choice(vec!["true".to_owned(), "false".to_owned()]),
        (Some("array"), _) if matches!(property["items"]["type"].as_str(), None | Some("string")) => FieldKind::List,
        (Some("array" | "object"), _) => FieldKind::Json,
        (_, Some("date-time")) => FieldKind::Moment,
        (_, Some("date")) => FieldKind::Day,
        _ if property["maxLength"].as_u64().is_some_and(|most| most > LINE) => FieldKind::Text,
        _ => FieldKind::Line,
    }
}

/// What is meant, in words for people: a description speaks to models, which are told formats by their standards.
fn hint(property: &Value, kind: &FieldKind, zone: &str) -> String {
    let said = property["description"].as_str().unwrap_or_default();
    let said = said.split(", RFC 3339").next().unwrap_or_default().trim_end_matches('.');
    let form = match kind {
        FieldKind::Moment => {
            let zone = timezones::get_by_name(zone).map_or("UTC", |_| zone).replace('_', " ");
            format!("Date and time, in the time zone {zone}")
        }
        FieldKind::Day => "A date".to_owned(),
        _ => return property["description"].as_str().unwrap_or_default().to_owned(),
    };
    if said.is_empty() { form } else { format!("{said}. {form}.") }
}

/// `starts_at` as `Starts at`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// As it stands in a form.
fn typed(kind: &FieldKind, value: &Value, zone: &str) -> String {
    match (kind, value) {
        (FieldKind::Moment, Value::String(text)) => {
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]");
            moment_of(text).and_then(|at| moment::local(at, zone).format(format).ok()).unwrap_or_else(|| text.clone())
        }
        (FieldKind::List, Value::Array(entries)) => entries.iter().map(plain).collect::<Vec<_>>().join("\n"),
        (_, value) => plain(value),
    }
}

/// As it is read.
fn read(kind: &FieldKind, value: &Value, zone: &str) -> String {
    match (kind, value) {
        (FieldKind::Moment, Value::String(text)) => moment_of(text).map_or_else(
            || text.clone(),
            |at| {
                let at = moment::local(at, zone);
                let day = at.weekday().to_string();
                let month = at.month().to_string();
                let short = |word: &str| word.chars().take(3).collect::<String>();
                format!(
                    "{} {} {} {}, {:02}:{:02}",
                    short(&day),
                    at.day(),
                    short(&month),
                    at.year(),
                    at.hour(),
                    at.minute()
                )
            },
        ),
        (FieldKind::List, Value::Array(entries)) => entries.iter().map(plain).collect::<Vec<_>>().join(", "),
        (_, value) => plain(value),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn moment_of(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The arguments with what was typed in place of what was proposed; none where nothing was changed. Whether they fit is
/// for the tool to say.
pub(super) fn edited(tool: &Tool, arguments: &Value, typed_in: &[(String, String)], zone: &str) -> Option<Value> {
    let none = BTreeMap::new();
    let mut changed: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
    let mut any = false;
    for field in fields(tool, arguments, &none, zone) {
        let Some((_, text)) = typed_in.iter().find(|(name, _)| *name == field.name) else { continue };
        let text = text.replace("\r\n", "\n");
        if text == field.value.replace("\r\n", "\n") {
            continue;
        }
        any = true;
        if text.trim().is_empty() && !field.required {
            changed.remove(&field.name);
            continue;
        }
        let boolean = tool.parameters["properties"][&field.name]["type"] == "boolean";
        changed.insert(field.name.clone(), argument(&field.kind, &text, boolean, zone));
    }
    any.then_some(Value::Object(changed))
}

/// What was typed, of the type that the tool takes; where it is none, the text, which the tool then refuses.
fn argument(kind: &FieldKind, text: &str, boolean: bool, zone: &str) -> Value {
    let as_json = || serde_json::from_str(text.trim()).unwrap_or_else(|_| text.into());
    match kind {
        FieldKind::Number | FieldKind::Json => as_json(),
        FieldKind::Choice(_) if boolean => as_json(),
        FieldKind::List => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        FieldKind::Moment => there(text, zone).unwrap_or_else(|| text.to_owned()).into(),
        _ => text.into(),
    }
}

/// A day and a time where the person is, with the offset that they have there.
fn there(text: &str, zone: &str) -> Option<String> {
    let minutes = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let text = text.trim();
    let local = PrimitiveDateTime::parse(text, minutes).or_else(|_| PrimitiveDateTime::parse(text, seconds)).ok()?;
    let moment = match timezones::get_by_name(zone) {
        Some(zone) => local.assume_timezone(zone).take_first()?,
        None => local.assume_utc(),
    };
    moment.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::integrations::tools;

    fn event() -> (&'static Tool, Value) {
        let arguments = json!({"title": "Dentist", "start": "2030-12-01T09:00:00+01:00",
            "end": "2030-12-01T10:00:00+01:00", "guests": ["a@b.example", "c@d.example"]});
        (tools::find("google_calendar__create_event").unwrap(), arguments)
    }

    #[test]
    fn arguments_are_fields_of_their_kind() {
        let (tool, arguments) = event();
        let fields = fields(tool, &arguments, &BTreeMap::new(), "Asia/Tokyo");
        let of = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!(fields[0].name, "title", "what is needed comes first");
        assert_eq!(
            (of("start").value.as_str(), of("start").shown.as_str()),
            ("2030-12-01T17:00", "Sun 1 Dec 2030, 17:00")
        );
        assert_eq!(
            (of("guests").value.as_str(), of("guests").shown.as_str()),
            ("a@b.example\nc@d.example", "a@b.example, c@d.example")
        );
        assert_eq!(
            (&of("place").kind, of("place").value.as_str(), of("place").required),
            (&FieldKind::Line, "", false)
        );
        assert_eq!(of("text").kind, FieldKind::Text);
    }

    #[test]
    fn hints_speak_to_people_and_name_their_time_zone() {
        let (tool, arguments) = event();
        let hint = |zone: &str| {
            let fields = fields(tool, &arguments, &BTreeMap::new(), zone);
            fields.iter().find(|field| field.name == "start").unwrap().hint.clone()
        };
        assert_eq!(hint("America/New_York"), "Start. Date and time, in the time zone America/New York.");
        assert_eq!(hint("Nowhere/Land"), "Start. Date and time, in the time zone UTC.");
        for tool in tools::all().iter().filter(|tool| tool.effect.changes()) {
            for field in fields(tool, &json!({}), &BTreeMap::new(), "UTC") {
                assert!(!field.hint.contains("RFC"), "{}: {}", tool.name, field.hint);
            }
        }
    }

    #[test]
    fn what_was_typed_is_an_argument_again() {
        let (tool, arguments) = event();
        let zone = "Europe/Berlin";
        let same: Vec<(String, String)> = fields(tool, &arguments, &BTreeMap::new(), zone)
            .into_iter()
            .map(|field| (field.name, field.value.replace('\n', "\r\n")))
            .collect();
        assert_eq!(edited(tool, &arguments, &same, zone), None, "what was only looked at is no change");
        let typed = |name: &str, text: &str| [(name.to_owned(), text.to_owned())];
        let start = edited(tool, &arguments, &typed("start", "2030-07-01T09:30"), zone).unwrap();
        assert_eq!(start["start"], "2030-07-01T09:30:00+02:00");
        assert_eq!(start["title"], "Dentist");
        let guests = edited(tool, &arguments, &typed("guests", " x@y.example \n\n"), zone).unwrap();
        assert_eq!(guests["guests"], json!(["x@y.example"]));
        let none = edited(tool, &arguments, &typed("guests", ""), zone).unwrap();
        assert!(none.get("guests").is_none());
        let empty = edited(tool, &arguments, &typed("title", ""), zone).unwrap();
        assert!(tool.check(&empty).is_err());
        assert!(tool.check(&edited(tool, &arguments, &typed("end", "soon"), zone).unwrap()).is_err());
    }
}
