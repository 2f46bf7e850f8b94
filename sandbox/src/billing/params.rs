//! The parameters of one request: which there may be, and what they must look like.

use super::form;
use super::problem::{Outcome, Problem};
use serde_json::{Map, Value};

/// Parameters as a tree of texts.
#[derive(Debug, Clone, Default)]
pub struct Params(pub Value);

impl Params {
    /// From the pairs of a query and a form.
    pub fn read(pairs: &[(String, String)]) -> Self {
        Self(form::tree(pairs))
    }

    /// Refuses every parameter that is not named here. A pattern is a path with dots; `*` stands for one place of a list
    /// or one name; `expand` is always allowed.
    pub fn only(&self, allowed: &[&str]) -> Outcome<()> {
        let mut leaves = Vec::new();
        walk(&self.0, &mut Vec::new(), &mut leaves);
        for leaf in leaves {
            let known = leaf.first().is_some_and(|first| first == "expand")
                || allowed.iter().any(|pattern| {
                    let pattern: Vec<&str> = pattern.split('.').collect();
                    // A list or object may be unset as a whole by an empty text.
                    leaf.len() <= pattern.len()
                        && leaf.iter().zip(&pattern).all(|(name, wanted)| wanted == &"*" || name == wanted)
                        && (leaf.len() == pattern.len() || self.at(&leaf.join(".")).is_some_and(|one| one == ""))
                });
            if !known {
                let name = bracketed(&leaf);
                return Err(Problem::invalid(
                    "parameter_unknown",
                    format!("Received unknown parameter: {name}"),
                    &name,
                ));
            }
        }
        Ok(())
    }

    /// What stands at a path with dots.
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.0, |node, name| match node {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            Value::Object(object) => object.get(name),
            _ => None,
        })
    }

    /// A text, which may be empty.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// A text that is not empty.
    pub fn word(&self, path: &str) -> Option<&str> {
        self.text(path).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub fn needed(&self, path: &str) -> Outcome<&str> {
        self.word(path)
            .ok_or_else(|| Problem::required(&bracketed(&path.split('.').map(str::to_owned).collect::<Vec<_>>())))
    }

    /// One of these words.
    pub fn one_of<'a>(&'a self, path: &str, words: &[&str]) -> Outcome<Option<&'a str>> {
        match self.word(path) {
            Some(word) if !words.contains(&word) => {
                Err(Problem::rule(format!("Invalid {path}: must be one of {}", words.join(", "))))
            }
            found => Ok(found),
        }
    }

    /// A whole number.
    pub fn int(&self, path: &str) -> Outcome<Option<i64>> {
        self.word(path).map(|text| text.parse().map_err(|_| wrong("integer", path, text))).transpose()
    }

    /// `true` or `false`.
    pub fn flag(&self, path: &str) -> Outcome<Option<bool>> {
        self.word(path).map(|text| text.parse().map_err(|_| wrong("boolean", path, text))).transpose()
    }

    /// The entries of a list.
    pub fn list(&self, path: &str) -> Vec<Self> {
        let list = self.at(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().cloned().map(Self).collect()
    }

    /// The texts of a list.
    pub fn words(&self, path: &str) -> Vec<&str> {
        let list = self.at(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).collect()
    }

    /// Whether anything stands there.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// Lays given metadata over what is there: an empty value takes a name away (as Stripe does).
    pub fn metadata(&self, path: &str, onto: &mut Value) {
        let Some(given) = self.at(path) else { return };
        if given == "" {
            *onto = Value::Object(Map::new());
        }
        if !onto.is_object() {
            *onto = Value::Object(Map::new());
        }
        let (Some(given), Some(onto)) = (given.as_object(), onto.as_object_mut()) else { return };
        for (name, value) in given {
            if value == "" {
                onto.remove(name);
            } else {
                onto.insert(name.clone(), value.clone());
            }
        }
    }
}

fn wrong(kind: &str, path: &str, text: &str) -> Problem {
    Problem::invalid(&format!("parameter_invalid_{kind}"), format!("Invalid {kind}: {text}"), path)
}

fn walk(node: &Value, path: &mut Vec<String>, leaves: &mut Vec<Vec<String>>) {
    let mut step = |name: String, value: &Value| {
        path.push(name);
        walk(value, path, leaves);
        path.pop();
    };
    match node {
        Value::Object(object) => object.iter().for_each(|(name, value)| step(name.clone(), value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(place, value)| step(place.to_string(), value)),
        _ => leaves.push(path.clone()),
    }
}

fn bracketed(path: &[String]) -> String {
    path.iter().enumerate().map(|(place, name)| if place == 0 { name.clone() } else { format!("[{name}]") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Params::read(&pairs)
    }

    #[test]
    fn what_is_not_named_is_refused() {
        let allowed = ["items.*.price", "metadata.*", "name"];
        params("items[0][price]=p&metadata[team]=1&name=&expand[]=x").only(&allowed).unwrap();
        params("metadata=").only(&allowed).unwrap();
        let refused = params("items[0][size]=1").only(&allowed).unwrap_err();
        assert_eq!(refused.body["error"]["param"], "items[0][size]");
        assert_eq!(refused.body["error"]["code"], "parameter_unknown");
        params("items[0]=p").only(&allowed).unwrap_err();
    }
}
