//! What the services remember: named lists of things, as JSON. A list is seeded when it is first asked for.

use serde_json::Value;
use std::collections::BTreeMap;

/// All lists, by `service/what` or `service/what/whose`.
#[derive(Debug, Default)]
pub struct Shelf {
    lists: BTreeMap<String, Vec<Value>>,
    made: u64,
}

impl Shelf {
    /// A list, seeded the first time.
    pub fn list(&mut self, name: &str, seed: impl FnOnce() -> Vec<Value>) -> &mut Vec<Value> {
        self.lists.entry(name.to_owned()).or_insert_with(seed)
    }

    /// A list as it is; empty where nobody has asked for it yet.
    pub fn seen(&self, name: &str) -> &[Value] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    /// A number that no other thing here has; above those of the seeds.
    pub fn number(&mut self) -> u64 {
        self.made += 1;
        9_000_000 + self.made
    }
}

/// The entry whose field says this, as text.
pub fn find<'a>(list: &'a [Value], field: &str, value: &str) -> Option<&'a Value> {
    list.iter().find(|entry| says(entry, field, value))
}

/// As [`find`], to be changed.
pub fn find_mut<'a>(list: &'a mut [Value], field: &str, value: &str) -> Option<&'a mut Value> {
    list.iter_mut().find(|entry| says(entry, field, value))
}

/// Takes the entry away.
pub fn take(list: &mut Vec<Value>, field: &str, value: &str) -> Option<Value> {
    let at = list.iter().position(|entry| says(entry, field, value))?;
    Some(list.remove(at))
}

/// Puts the fields of one object into another; null takes a field away.
pub fn merge(entry: &mut Value, changes: &Value) {
    let (Some(entry), Some(changes)) = (entry.as_object_mut(), changes.as_object()) else { return };
    for (name, value) in changes {
        if value.is_null() {
            entry.remove(name);
        } else {
            entry.insert(name.clone(), value.clone());
        }
    }
}

fn says(entry: &Value, field: &str, value: &str) -> bool {
    match &entry[field] {
        Value::String(text) => text == value,
        Value::Number(number) => number.to_string() == value,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_seeded_once_and_keeps_what_is_put_in() {
        let mut shelf = Shelf::default();
        shelf.list("a", || vec![json!({"id": 1})]).push(json!({"id": "two"}));
        let list = shelf.list("a", Vec::new);
        assert_eq!(list.len(), 2);
        assert!(find(list, "id", "1").is_some() && find(list, "id", "3").is_none());
        merge(find_mut(list, "id", "two").unwrap(), &json!({"name": "x", "id": null}));
        assert_eq!(list[1], json!({"name": "x"}));
        assert!(take(list, "id", "1").is_some());
        assert_eq!(list.len(), 1);
        assert_eq!((shelf.seen("a").len(), shelf.seen("b").len()), (1, 0));
        assert_ne!(shelf.number(), shelf.number());
    }
}
