//! Form-encoded parameters with brackets (`items[0][price]`, `expand[]`), made into a tree.

use serde_json::{Map, Value};

/// The tree: objects, lists, and texts at its ends. Numbers as names make a list, except in `metadata`.
pub fn tree(pairs: &[(String, String)]) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, value) in pairs {
        put(&mut root, &segments(name), value);
    }
    in_lists(root, "")
}

fn segments(name: &str) -> Vec<&str> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let mut segments = vec![first];
    if !rest.is_empty() {
        segments.extend(rest.trim_end_matches(']').split("]["));
        // `expand[]` has an empty name between its brackets.
        if rest == "]" && segments.len() == 1 {
            segments.push("");
        }
    }
    segments
}

fn put(node: &mut Value, path: &[&str], value: &str) {
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    let Some(object) = node.as_object_mut() else { return };
    let Some((first, rest)) = path.split_first() else { return };
    // An empty name counts on.
    let name = if first.is_empty() { object.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        object.insert(name, value.into());
    } else {
        put(object.entry(name).or_insert_with(|| Value::Object(Map::new())), rest, value);
    }
}

fn in_lists(node: Value, name: &str) -> Value {
    let Value::Object(object) = node else { return node };
    let numbered = !object.is_empty()
        && name != "metadata"
        && object.keys().all(|key| key.bytes().all(|byte| byte.is_ascii_digit()) && key.len() < 6);
    if !numbered {
        let entries = object.into_iter().map(|(key, value)| {
            let value = in_lists(value, &key);
            (key, value)
        });
        return Value::Object(entries.collect());
    }
    let mut entries: Vec<(u32, Value)> =
        object.into_iter().map(|(key, value)| (key.parse().unwrap_or(0), in_lists(value, ""))).collect();
    entries.sort_by_key(|(place, _)| *place);
    Value::Array(entries.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn brackets_become_a_tree() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = [
            pair("items[0][price]", "price_a"),
            pair("items[1][price]", "price_b"),
            pair("items[0][metadata][7]", "seven"),
            pair("expand[]", "customer"),
            pair("expand[]", "latest_invoice"),
            pair("created[gte]", "5"),
            pair("description", ""),
        ];
        assert_eq!(
            tree(&pairs),
            json!({ "items": [{ "price": "price_a", "metadata": { "7": "seven" } }, { "price": "price_b" }],
                "expand": ["customer", "latest_invoice"], "created": { "gte": "5" }, "description": "" })
        );
    }
}
