//! What a service says of the secrets with which it was asked is left unsaid: an answer goes to cards and to models, and
//! some services, and some who write there, repeat a token.

use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::{integrations::tools::ToolAnswer, providers::Credential};

const WITHHELD: &str = "[withheld]";
/// A secret that is shorter would be found in words.
const SHORTEST: usize = 8;

/// The answer without the secrets of this credential.
pub(super) fn without(mut answer: ToolAnswer, credential: &Credential) -> ToolAnswer {
    let all = std::iter::once(&credential.token).chain(credential.fields.values());
    let secrets: Vec<&str> =
        all.map(|secret| secret.expose_secret()).filter(|secret| secret.len() >= SHORTEST).collect();
    let hide = |text: &mut String| {
        for secret in &secrets {
            if text.contains(secret) {
                *text = text.replace(secret, WITHHELD);
            }
        }
    };
    hide(&mut answer.summary);
    hide(&mut answer.detail);
    for item in &mut answer.items {
        hide(&mut item.title);
        hide(&mut item.note);
        item.link.iter_mut().for_each(hide);
    }
    hide_in(&mut answer.data, &hide);
    if let Some(undo) = &mut answer.undo {
        hide_in(&mut undo.arguments, &hide);
    }
    answer
}

fn hide_in(value: &mut Value, hide: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => hide(text),
        Value::Array(all) => all.iter_mut().for_each(|value| hide_in(value, hide)),
        Value::Object(fields) => fields.values_mut().for_each(|value| hide_in(value, hide)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;

    use super::*;
    use crate::integrations::model::Item;

    #[test]
    fn a_secret_that_comes_back_is_left_unsaid() {
        let item = |text: &str| Item { title: text.into(), note: text.into(), link: Some(text.into()), at: None };
        let answer = ToolAnswer {
            summary: "Read token-of-mira".into(),
            detail: "token-of-mira, short".into(),
            items: vec![item("a token-of-mira b")],
            data: json!([{ "a": ["token-of-mira", 1, { "b": "xtoken-of-mirax" }] }]),
            undo: None,
        };
        let mut credential = Credential::from(SecretString::from("token-of-mira"));
        credential.fields.insert("pin".into(), SecretString::from("short"));
        let told = format!("{:?}", without(answer, &credential));
        assert!(!told.contains("token-of-mira") && told.contains("[withheld]"), "{told}");
        assert!(told.contains("short"), "what is too short to be a secret stays");
    }
}
