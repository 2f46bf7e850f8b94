//! What stands for `{name}` in a tool's templates: arguments with their types, and texts.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use time_tz::{OffsetDateTimeExt as _, Tz};

use super::{day, template};
use crate::integrations::tools::TimeContext;

/// Values by name.
pub(super) struct Values {
    values: BTreeMap<String, Value>,
    zone: &'static Tz,
}

impl Values {
    /// These, where the person is.
    pub(super) fn new(values: BTreeMap<String, Value>, time: &TimeContext) -> Self {
        Self { values, zone: day::zone(&time.zone) }
    }

    /// Adds a text, or replaces one.
    pub(super) fn put(&mut self, name: &str, text: impl Into<String>) {
        self.values.insert(name.to_owned(), Value::String(text.into()));
    }

    /// Whether there is a value of this name that says something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of `name` or of `name|filter`, with its type; nothing for what is absent or empty.
    pub(super) fn get(&self, inside: &str) -> Option<Value> {
        let mut parts = inside.split('|').map(str::trim);
        let value = self.values.get(parts.next()?)?.clone();
        let value = parts.try_fold(value, |value, filter| self.filtered(&value, filter))?;
        let says = match &value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => true,
        };
        says.then_some(value)
    }

    /// As `get`, as text; nothing for a list or an object.
    pub(super) fn text(&self, inside: &str) -> Option<String> {
        template::text(&self.get(inside)?)
    }

    /// Fills a template with texts.
    pub(super) fn fill(&self, template: &str) -> Option<String> {
        template::fill(template, |inside| self.text(inside))
    }

    /// The values of a parameter: a list that stands there alone is one for each entry.
    pub(super) fn parameter(&self, template: &str) -> Vec<String> {
        let alone = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(Value::Array(list)) = alone.and_then(|inside| self.get(inside)) {
            return list.iter().filter_map(template::text).collect();
        }
        self.fill(template).into_iter().collect()
    }

    fn filtered(&self, value: &Value, filter: &str) -> Option<Value> {
        if let (Value::Array(list), "csv") = (value, filter) {
            return Some(list.iter().filter_map(template::text).collect::<Vec<_>>().join(",").into());
        }
        let text = template::text(value)?;
        let moment = || OffsetDateTime::parse(&text, &Rfc3339).ok();
        let filtered = match filter {
            "lower" => text.to_lowercase(),
            "upper" => text.to_uppercase(),
            "csv" => text,
            "quoted" => quoted(&text),
            // For a query between quotation marks that knows no way to write one inside.
            "plain" => text.replace(['"', '\\'], " ").trim().to_owned(),
            "utc" => moment()?.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()?,
            "local" => moment()?
                .to_timezone(self.zone)
                .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]"))
                .ok()?,
            "date" => moment().map_or_else(
                || text.get(..10).map(str::to_owned),
                |moment| Some(moment.to_timezone(self.zone).date().to_string()),
            )?,
            "epoch" => return Some(moment()?.unix_timestamp().into()),
            "epoch_ms" => return Some(moment()?.unix_timestamp().saturating_mul(1_000).into()),
            _ => return None,
        };
        Some(Value::String(filtered))
    }
}

/// For a text between quotation marks of a query language: what would end it has a backslash before it.
fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '"' | '\'') {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn values() -> Values {
        let time = TimeContext { now: datetime!(2026-11-20 12:00 UTC), zone: "Europe/Berlin".into() };
        let given = [
            ("start", json!("2026-11-21T23:30:00+00:00")),
            ("ids", json!(["a", "b"])),
            ("count", json!(3)),
            ("empty", json!(" ")),
            ("word", json!("O'Neil \"x\" \\")),
            ("braces", json!("{count}")),
        ];
        Values::new(given.map(|(name, value)| (name.to_owned(), value)).into(), &time)
    }

    #[test]
    fn moments_are_written_as_each_vendor_wants_them() {
        let values = values();
        let shown = |inside| values.text(inside).unwrap();
        assert_eq!(shown("start|utc"), "2026-11-21T23:30:00Z");
        assert_eq!(shown("start|local"), "2026-11-22T00:30:00");
        assert_eq!(shown("start|date"), "2026-11-22");
        assert_eq!(shown("start|epoch"), "1795303800");
        assert_eq!(shown("start|epoch_ms"), "1795303800000");
        assert_eq!(values.text("count|utc"), None);
    }

    #[test]
    fn lists_repeat_a_parameter_and_what_is_empty_is_absent() {
        let values = values();
        assert_eq!(values.parameter("{ids}"), ["a", "b"]);
        assert_eq!(values.parameter("{ids|csv}"), ["a,b"]);
        assert_eq!(values.parameter("n={count}"), ["n=3"]);
        assert!(values.parameter("{empty}").is_empty() && values.parameter("x{nothing}").is_empty());
        assert!(values.parameter("{count|nofilter}").is_empty());
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again_and_cannot_end_its_quotes() {
        let values = values();
        assert_eq!(values.fill("<{braces}>").as_deref(), Some("<{count}>"));
        assert_eq!(values.fill("'{word|quoted}'").as_deref(), Some(r#"'O\'Neil \"x\" \\'"#));
        assert_eq!(values.fill("\"{word|plain}\"").as_deref(), Some("\"O'Neil  x\""));
    }
}
