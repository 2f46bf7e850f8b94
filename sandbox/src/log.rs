//! One JSON object a line on standard output.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The present moment: the one place that asks the wall clock.
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A moment as RFC 3339, whole seconds.
pub fn rfc3339(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

/// Writes one event with its fields. Values never hold secrets: callers pass addresses, names and reasons.
#[expect(clippy::print_stdout, reason = "the log of this program is its standard output")]
pub fn line(event: &str, fields: &[(&str, &str)]) {
    let mut object = Map::new();
    object.insert("at".into(), Value::from(rfc3339(now())));
    object.insert("event".into(), Value::from(event));
    for (name, value) in fields {
        object.insert((*name).into(), Value::from(*value));
    }
    println!("{}", Value::Object(object));
}
