//! One complete object of each kind, from `templates.json`, and short ways to read fields.

use rand::distr::{Alphanumeric, SampleString};
use serde_json::Value;
use std::sync::LazyLock;

static TEMPLATES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("templates.json")).unwrap_or(Value::Null));

/// A fresh object of that kind, with every field that the API version knows.
pub fn of(kind: &str) -> Value {
    TEMPLATES[kind].clone()
}

/// A new id: the prefix and 24 letters and digits.
pub fn id(prefix: &str) -> String {
    format!("{prefix}{}", Alphanumeric.sample_string(&mut rand::rng(), 24))
}

/// A text; empty where there is none.
pub fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// A number; 0 where there is none.
pub fn int(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}

/// A list that is embedded in an object, as a slice.
pub fn data<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object[field]["data"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A list object around these entries.
pub fn list(url: &str, data: Vec<Value>) -> Value {
    let mut list = of("list");
    list["url"] = url.into();
    list["data"] = Value::Array(data);
    list
}
