//! What the APIs of services say of the person behind a token, where nothing else here plays them: whose account it is,
//! and which places it opens.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::people::Person;
use axum::response::Response;
use serde_json::{Value, json};

/// The answer at this address to a token that opens it.
pub fn told(sandbox: &Sandbox, call: &Call) -> Option<Response> {
    let grants = sandbox.grants();
    let mut there = sandbox.dialects.told(call.method.as_str(), &call.host, &call.path);
    there.find_map(|(dialect, told)| {
        let header = told.header.split_once(": ").is_none_or(|(name, value)| call.header(name) == Some(value));
        let asked =
            told.asks.is_empty() || call.json()["query"].as_str().is_some_and(|query| query.contains(&told.asks));
        let token = grants.check(call.authorization(&told.scheme), &[&dialect.id]).ok().filter(|_| header && asked)?;
        let body = filled(&told.says, token.person);
        Some(answer::noted(answer::json(200, body), format!("{}: whose account", dialect.id)))
    })
}

/// Why this address does not open; none where the table does not know it.
pub fn refused(sandbox: &Sandbox, call: &Call) -> Option<Response> {
    let (dialect, told) = sandbox.dialects.told(call.method.as_str(), &call.host, &call.path).next()?;
    let denied = sandbox.grants().check(call.authorization(&told.scheme), &[&dialect.id]).err();
    let reason =
        denied.map_or_else(|| format!("the header must be {}", told.header), |denied| denied.reason().to_owned());
    let body = json!({ "error": "invalid_token", "message": "Bad credentials" });
    Some(answer::refused(answer::json(401, body), format!("{}: {reason}", dialect.id)))
}

fn filled(says: &str, person: Person) -> Value {
    let text = says
        .replace("$number", &person.number.to_string())
        .replace("$name", person.name)
        .replace("$login", person.login)
        .replace("$email", person.email);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::Dialects;
    use crate::people::MIRA;

    #[test]
    fn all_that_is_told_is_json() {
        for dialect in Dialects::load().unwrap().all() {
            for told in &dialect.answers {
                assert!(filled(&told.says, MIRA).is_object() || filled(&told.says, MIRA).is_array(), "{}", dialect.id);
            }
        }
    }
}
