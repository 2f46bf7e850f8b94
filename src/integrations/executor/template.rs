//! `{name}` and `{/pointer || /other || words}` in the texts of the catalogue.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::values::Values;

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

/// As `fill`, for paths: what is filled in stays within its segment, and is none that leads to another.
pub(in crate::integrations) fn fill_encoded(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let path = fill(template, |name| {
        let encoded: String = url::form_urlencoded::byte_serialize(value(name)?.as_bytes()).collect();
        Some(encoded.replace('+', "%20"))
    })?;
    let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
    (!climbs).then_some(path)
}

/// Fills a template from a reply: of several pointers the first that finds something; what is missing leaves a gap.
pub(in crate::integrations) fn fill_from(template: &str, entry: &Value) -> String {
    Source { entry, outer: None, names: &BTreeMap::new(), values: None }.fill(template)
}

/// What the templates of an answer are filled from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) entry: &'a Value,
    /// The entry that this one stands in.
    pub(super) outer: Option<&'a Value>,
    /// Names by id.
    pub(super) names: &'a BTreeMap<String, String>,
    pub(super) values: Option<&'a Values>,
}

impl Source<'_> {
    /// The text, with gaps where nothing is found.
    pub(super) fn fill(&self, template: &str) -> String {
        let found = |inside: &str| {
            let found = inside.split("||").map(str::trim).find_map(|alternative| self.find(alternative));
            Some(found.unwrap_or_default())
        };
        fill(template, found).unwrap_or_default()
    }

    fn find(&self, alternative: &str) -> Option<String> {
        if let Some(pointer) = alternative.strip_prefix('@') {
            return self.names.get(&text(self.entry.pointer(pointer)?)?).cloned();
        }
        if let Some(pointer) = alternative.strip_prefix('^') {
            return text(self.outer?.pointer(pointer)?);
        }
        if let Some(pointer) = alternative.strip_suffix("/*") {
            return fields_of(self.entry.pointer(pointer)?);
        }
        if alternative.starts_with('/') {
            return text(self.entry.pointer(alternative)?);
        }
        match self.values {
            Some(values) if is_name(alternative) => values.text(alternative),
            _ => Some(alternative.to_owned()),
        }
    }
}

/// Fills a JSON body. What names an absent value is left out, with every object and list of which nothing stays.
pub(super) fn fill_json(body: &Value, values: &Values) -> Option<Value> {
    filled(body, &|inside| values.get(inside))
}

fn filled(body: &Value, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    match body {
        Value::String(text) => {
            let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            if let Some(name) = inside.filter(|inside| is_name(inside)) {
                return value(name);
            }
            fill_names(text, value).map(Value::String)
        }
        Value::Array(entries) if entries.is_empty() => Some(body.clone()),
        Value::Array(entries) => {
            let all: Vec<Value> = entries.iter().flat_map(|entry| each(entry, value)).collect();
            (!all.is_empty()).then_some(Value::Array(all))
        }
        Value::Object(fields) if fields.is_empty() => Some(body.clone()),
        Value::Object(fields) => {
            let kept: Map<String, Value> = fields
                .iter()
                .filter_map(|(name, field)| Some((fill_names(name, value)?, filled(field, value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other.clone()),
    }
}

/// `{ "$each" = "guests", email = "{each}" }` is an entry for each of a list.
fn each(entry: &Value, value: &dyn Fn(&str) -> Option<Value>) -> Vec<Value> {
    let Some(name) = entry.get("$each").and_then(Value::as_str) else {
        return filled(entry, value).into_iter().collect();
    };
    let mut one = entry.clone();
    if let Some(fields) = one.as_object_mut() {
        fields.remove("$each");
    }
    let Some(Value::Array(list)) = value(name) else { return Vec::new() };
    let all = list.iter().filter_map(|found| {
        let look_up = |inside: &str| if inside == "each" { Some(found.clone()) } else { value(inside) };
        filled(&one, &look_up)
    });
    all.collect()
}

/// Fills the names in a text; braces around anything else stay as they are.
fn fill_names(template: &str, value: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        match after[1..].split_once('}') {
            Some((inside, behind)) if is_name(inside) => {
                filled.push_str(&text(&value(inside)?)?);
                rest = behind;
            }
            _ => {
                filled.push('{');
                rest = &after[1..];
            }
        }
    }
    filled.push_str(rest);
    Some(filled)
}

/// `name` or `name|filter`.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'|');
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(plain)
}

/// `Name: Harbor, Tags: a, b` of an object whose fields a person named, or the texts of a list.
fn fields_of(value: &Value) -> Option<String> {
    let told: Vec<String> = match value {
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, field)| Some(format!("{name}: {}", field_of(field)?))).collect()
        }
        Value::Array(entries) => entries.iter().filter_map(field_of).collect(),
        _ => return None,
    };
    (!told.is_empty()).then(|| told.join(", "))
}

/// What a field says: itself, the texts in it, or the name of the thing that it is.
fn field_of(field: &Value) -> Option<String> {
    match field {
        Value::Object(thing) => text(thing.get("name")?),
        Value::Array(_) => fields_of(field),
        _ => text(field),
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

    fn look_up(inside: &str) -> Option<Value> {
        let values = json!({"title": "Lunch", "count": 2, "guests": ["a@x.example", "b@x.example"], "sly": "{title}"});
        values.get(inside).cloned()
    }

    #[test]
    fn the_first_pointer_that_finds_something_counts() {
        let entry = json!({"a": "", "b": 7, "c": {"d": "x"}});
        assert_eq!(fill_from("{/a || /b} and {/c/d}", &entry), "7 and x");
        assert_eq!(fill_from("{/a || (no text)}", &entry), "(no text)");
        assert_eq!(fill_from("[{/nothing}]", &entry), "[]");
    }

    #[test]
    fn all_fields_of_an_object_are_told_with_their_names() {
        let entry =
            json!({"fields": {"Berths": 7, "By": {"name": "Mira"}, "Empty": "", "Tags": ["a", "b"]}, "none": {}});
        assert_eq!(fill_from("{/fields/*}", &entry), "Berths: 7, By: Mira, Tags: a, b");
        assert_eq!(fill_from("{/fields/Tags/*}", &entry), "a, b");
        assert_eq!(fill_from("{/none/* || /missing/* || (nothing)}", &entry), "(nothing)");
    }

    #[test]
    fn what_is_filled_into_a_path_stays_in_its_segment() {
        let path = fill_encoded("/a/{x}/b", |_| Some("../../c?d#e/f g".into()));
        assert_eq!(path.as_deref(), Some("/a/..%2F..%2Fc%3Fd%23e%2Ff%20g/b"));
        for climbing in [".", ".."] {
            assert_eq!(fill_encoded("/a/{x}/b", |_| Some(climbing.into())), None);
        }
    }

    #[test]
    fn a_body_keeps_types_and_leaves_out_what_is_absent() {
        let body = json!({"summary": "{title}", "n": "{count}", "place": "{place}", "start": {"at": "{start}"},
            "text": "{title} for {count}", "fixed": true, "none": [], "tags": ["{place}"], "{title}": 1, "{place}": 1});
        let expected =
            json!({"summary": "Lunch", "n": 2, "text": "Lunch for 2", "fixed": true, "none": [], "Lunch": 1});
        assert_eq!(filled(&body, &look_up), Some(expected));
        assert_eq!(filled(&json!({"a": "{place}"}), &look_up), None);
        assert_eq!(filled(&json!("{sly} {sly}"), &look_up), Some(json!("{title} {title}")), "filled in once");
    }

    #[test]
    fn a_list_becomes_an_object_for_each_entry() {
        let body =
            json!({"attendees": [{"$each": "guests", "emailAddress": {"address": "{each}"}, "type": "required"}]});
        let one = |address: &str| json!({"emailAddress": {"address": address}, "type": "required"});
        let expected = json!({"attendees": [one("a@x.example"), one("b@x.example")]});
        assert_eq!(filled(&body, &look_up), Some(expected));
        assert_eq!(filled(&json!({"attendees": [{"$each": "nobody", "a": "{each}"}]}), &look_up), None);
    }

    #[test]
    fn braces_that_hold_no_name_stay() {
        let document = json!("query { viewer { id } }");
        assert_eq!(filled(&document, &look_up), Some(document));
        assert_eq!(fill("a={x}", |_| None), None);
    }
}
