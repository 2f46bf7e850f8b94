//! Checks arguments against the part of JSON Schema that the catalogue uses, and fills in defaults.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Failure, template};

/// The arguments as texts, by name.
pub(super) fn checked(schema: &Value, arguments: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let empty = Map::new();
    let given = match arguments {
        Value::Object(given) => given,
        Value::Null => &empty,
        _ => return Err(Failure::Bad("The arguments must be an object.".into())),
    };
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    if let Some(unknown) = given.keys().find(|name| !properties.contains_key(*name)) {
        let unknown: String = unknown.chars().filter(|letter| letter.is_alphanumeric()).take(40).collect();
        return Err(Failure::Bad(format!("There is no argument «{unknown}».")));
    }
    let mut values = BTreeMap::new();
    for (name, property) in properties {
        let value = given.get(name).filter(|value| !value.is_null()).or_else(|| property.get("default"));
        if let Some(value) = value {
            values.insert(name.clone(), one(name, property, value)?);
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

fn one(name: &str, property: &Value, value: &Value) -> Result<String, Failure> {
    let fits = match property.get("type").and_then(Value::as_str) {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => value.is_string(),
    };
    let bad = || Failure::Bad(format!("The argument «{name}» does not hold what it must."));
    let text = template::text(value).filter(|_| fits).ok_or_else(bad)?;
    // People write channels and numbers with a sign before them; the services do not.
    let text = text.trim().trim_start_matches('#').to_owned();
    let length = text.chars().count() as u64;
    let bound = |key: &str| property.get(key).and_then(Value::as_u64);
    let allowed = property.get("enum").and_then(Value::as_array);
    let plain = !text.chars().any(char::is_control);
    let listed = allowed.is_none_or(|allowed| allowed.contains(value));
    let short = length <= bound("maxLength").unwrap_or(200) && length >= bound("minLength").unwrap_or(0);
    (plain && listed && short).then_some(text).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_held_against_the_schema() {
        let schema = json!({"type": "object", "properties": {
            "channel": {"type": "string", "minLength": 1, "maxLength": 5},
            "day": {"type": "string", "default": "today"},
            "count": {"type": "integer"},
        }, "required": ["channel"]});
        let good = checked(&schema, &json!({"channel": "#abc", "count": 3})).unwrap();
        assert_eq!(
            good,
            [("channel", "abc"), ("count", "3"), ("day", "today")].map(|(a, b)| (a.into(), b.into())).into()
        );
        let bad = [
            json!({}),
            json!([]),
            json!({"channel": ""}),
            json!({"channel": "#"}),
            json!({"channel": "abcdef"}),
            json!({"channel": "a\nb"}),
            json!({"channel": 5}),
            json!({"channel": "a", "count": "3"}),
            json!({"channel": "a", "other": 1}),
        ];
        for arguments in bad {
            assert!(matches!(checked(&schema, &arguments), Err(Failure::Bad(_))), "{arguments}");
        }
    }
}
