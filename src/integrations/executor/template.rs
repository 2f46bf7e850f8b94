//! `{name}` and `{/pointer || /other || words}` in the texts of the catalogue.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fills a template; none where a placeholder has no value.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&value(inside)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// As `fill`, for paths: what is filled in stays within its segment.
pub(super) fn fill_encoded(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    fill(template, |name| {
        let value = value(name)?;
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        Some(encoded.replace('+', "%20").replace("..", "%2E%2E"))
    })
}

/// Fills a template from a reply: of several pointers the first that finds something; what is missing leaves a gap.
pub(in crate::integrations) fn fill_from(template: &str, entry: &Value) -> String {
    fill_with_names(template, entry, &BTreeMap::new())
}

/// As `fill_from`, where `@/pointer` is the name of the id that stands there.
pub(super) fn fill_with_names(template: &str, entry: &Value, names: &BTreeMap<String, String>) -> String {
    fill(template, |inside| {
        let found = inside.split("||").map(str::trim).find_map(|alternative| match alternative.strip_prefix('@') {
            Some(pointer) => names.get(&text(entry.pointer(pointer)?)?).cloned(),
            None if alternative.starts_with('/') => text(entry.pointer(alternative)?),
            None => Some(alternative.to_owned()),
        });
        Some(found.unwrap_or_default())
    })
    .unwrap_or_default()
}

/// Replaces each string of a JSON body that is a placeholder and nothing else.
pub(super) fn fill_json(body: &Value, value: &impl Fn(&str) -> Option<String>) -> Value {
    match body {
        Value::String(text) => {
            let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            let name = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            name.map_or_else(|| body.clone(), |name| value(name).map_or(Value::Null, Value::String))
        }
        Value::Array(entries) => entries.iter().map(|entry| fill_json(entry, value)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), fill_json(field, value))).collect(),
        other => other.clone(),
    }
}

/// A string, number or boolean as text; nothing for what is empty.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_pointer_that_finds_something_counts() {
        let entry = json!({"a": "", "b": 7, "c": {"d": "x"}});
        assert_eq!(fill_from("{/a || /b} and {/c/d}", &entry), "7 and x");
        assert_eq!(fill_from("{/a || (no text)}", &entry), "(no text)");
        assert_eq!(fill_from("[{/nothing}]", &entry), "[]");
    }

    #[test]
    fn what_is_filled_into_a_path_stays_in_its_segment() {
        let path = fill_encoded("/a/{x}/b", |_| Some("../../c?d#e/f g".into()));
        assert_eq!(path.as_deref(), Some("/a/%2E%2E%2F%2E%2E%2Fc%3Fd%23e%2Ff%20g/b"));
    }

    #[test]
    fn a_placeholder_without_a_value_leaves_nothing_half_filled() {
        assert_eq!(fill("a={x}", |_| None), None);
        assert_eq!(
            fill_json(&json!({"q": "query { viewer { id } }", "v": "{x}"}), &|_| Some("1".into())),
            json!({"q": "query { viewer { id } }", "v": "1"})
        );
    }
}
