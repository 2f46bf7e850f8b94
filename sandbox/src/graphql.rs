//! A tiny reader of GraphQL queries: fields, aliases, arguments as text, fragments that stand in their place, and the
//! choice of fields from an answer.

use serde_json::{Map, Value};

/// A chosen field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the schema; `... on X` for what is chosen of an X only.
    pub name: String,
    /// Its name in the answer.
    pub alias: String,
    /// What stood between the round brackets.
    pub arguments: String,
    /// What is chosen below it.
    pub fields: Vec<Field>,
}

/// The fields of the first operation; an error names what cannot be read.
pub fn read(query: &str) -> Result<Vec<Field>, String> {
    let start = query.find('{').ok_or("Syntax Error: no selection set")?;
    let mut reader = Reader { rest: query.get(start + 1..).unwrap_or_default() };
    reader.fields(0)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            let Some(comment) = self.rest.strip_prefix('#') else {
                return;
            };
            self.rest = comment.split_once('\n').map_or("", |(_, after)| after);
        }
    }

    fn eat(&mut self, sign: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Result<String, String> {
        self.skip();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(format!(
                "Syntax Error: expected a name before {:?}",
                rest.chars().take(12).collect::<String>()
            ));
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn fields(&mut self, depth: u8) -> Result<Vec<Field>, String> {
        if depth > 12 {
            return Err("Query too complex".into());
        }
        let mut found = Vec::new();
        while !self.eat('}') {
            if let Some(rest) = self.rest.strip_prefix("...") {
                self.rest = rest;
                let (on, kind) = (self.name()?, self.name()?);
                if on != "on" || !self.eat('{') {
                    return Err("Fragments with a name are not played here".into());
                }
                let (name, fields) = (format!("... on {kind}"), self.fields(depth + 1)?);
                found.push(Field { alias: name.clone(), name, arguments: String::new(), fields });
                continue;
            }
            let alias = self.name()?;
            let name = if self.eat(':') { self.name()? } else { alias.clone() };
            let arguments = self.arguments()?;
            let fields = if self.eat('{') { self.fields(depth + 1)? } else { Vec::new() };
            found.push(Field { name, alias, arguments, fields });
        }
        if found.is_empty() { Err("Syntax Error: an empty selection".into()) } else { Ok(found) }
    }

    /// Everything up to the bracket that closes; brackets in strings are not told apart.
    fn arguments(&mut self) -> Result<String, String> {
        if !self.eat('(') {
            return Ok(String::new());
        }
        let mut depth = 1;
        for (at, sign) in self.rest.char_indices() {
            match sign {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let (inside, after) = self.rest.split_at(at);
                self.rest = after.get(1..).unwrap_or_default();
                return Ok(inside.to_owned());
            }
        }
        Err("Syntax Error: unclosed arguments".into())
    }
}

/// Only the chosen fields of a value; a field that it lacks is an error, as in life.
pub fn choose(value: &Value, fields: &[Field], kind: &str) -> Result<Value, String> {
    match value {
        Value::Array(items) => {
            items.iter().map(|item| choose(item, fields, kind)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        Value::Object(object) if !fields.is_empty() => {
            let mut chosen = Map::new();
            for field in fields {
                if let Some(kind) = field.name.strip_prefix("... on ") {
                    let is = object.get("__typename").and_then(Value::as_str).unwrap_or_default();
                    // Every kind of error is one that was made while changing something.
                    if is == kind || kind == "MutationError" && is.ends_with("Error") {
                        let Value::Object(part) = choose(value, &field.fields, is)? else { continue };
                        chosen.extend(part);
                    }
                    continue;
                }
                let found = object
                    .get(&field.name)
                    .ok_or_else(|| format!("Cannot query field \"{}\" on type \"{kind}\".", field.name))?;
                chosen.insert(field.alias.clone(), choose(found, &field.fields, &field.name)?);
            }
            Ok(Value::Object(chosen))
        }
        Value::Object(_) => Err(format!("Field \"{kind}\" must have a selection of subfields.")),
        plain => Ok(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_aliases_and_arguments_are_read() {
        let fields = read(
            "query Q($n: Int) { viewer { id me: name } issues(first: $n, filter: {a: {b: 1}}) { nodes { title } } }",
        )
        .unwrap();
        assert_eq!(
            fields[0].fields[1],
            Field { name: "name".into(), alias: "me".into(), arguments: String::new(), fields: vec![] }
        );
        assert!(fields[1].arguments.contains("filter"));
        let value = json!({ "viewer": { "id": 1, "name": "M", "email": "x" }, "issues": { "nodes": [{ "title": "t", "id": 2 }] } });
        let chosen = choose(&value, &fields, "Query").unwrap();
        assert_eq!(chosen, json!({ "viewer": { "id": 1, "me": "M" }, "issues": { "nodes": [{ "title": "t" }] } }));
    }

    #[test]
    fn a_fragment_chooses_of_its_kind_only() {
        let fields = read("mutation { made { ... on Post { id } ... on MutationError { message } } }").unwrap();
        let of = |value: Value| choose(&json!({ "made": value }), &fields, "Mutation").unwrap()["made"].clone();
        assert_eq!(of(json!({ "__typename": "Post", "id": 1, "text": "t" })), json!({ "id": 1 }));
        assert_eq!(of(json!({ "__typename": "InputError", "message": "no" })), json!({ "message": "no" }));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let value = json!({ "viewer": { "id": 1 } });
        assert!(choose(&value, &read("{ viewer { nope } }").unwrap(), "Query").is_err());
        assert!(choose(&value, &read("{ viewer }").unwrap(), "Query").is_err());
        assert!(read("{ viewer { id ").is_err());
    }
}
