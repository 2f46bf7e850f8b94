//! What a person types of their app.

use regex::Regex;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    integrations::service::Error,
    providers::{Provider, oauth::Client},
};

/// What was typed of an app.
pub struct Given {
    /// Empty: as it was, or a usual one.
    pub name: String,
    /// Empty: that of the app which is there.
    pub client_id: String,
    pub secret: Secret,
}

/// What was typed of its secret.
pub enum Secret {
    /// That of the app which is there, if it has the same client id; else none.
    Kept,
    /// The app has none: it proves itself by its code verifier.
    None,
    Is(SecretString),
}

/// Lengths in letters.
const NAME: usize = 60;
const LONGEST: usize = 512;

impl Given {
    /// The client that this makes with what is known already, and the app's name.
    pub(super) fn client(
        &self,
        provider: &Provider,
        known: Option<Client>,
        name: Option<&str>,
    ) -> Result<(Client, String), Error> {
        let typed = self.client_id.trim();
        let id = match (&known, typed.is_empty()) {
            (Some(known), true) => known.id.clone(),
            _ => typed.to_owned(),
        };
        let own = provider.own_app.as_ref();
        let pattern = own.map(|own| own.client_id.as_str()).filter(|pattern| !pattern.is_empty());
        let shaped = pattern
            .is_none_or(|pattern| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|whole| whole.is_match(&id)));
        if !is_word(&id) || !shaped {
            let hint = own.map(|own| own.hint.clone()).unwrap_or_default();
            return Err(Error::NotAnApp { service: provider.name.clone(), field: "client_id", hint });
        }
        let secret = match &self.secret {
            Secret::None => None,
            Secret::Kept => known.filter(|known| known.id == id).and_then(|known| known.secret),
            Secret::Is(secret) => {
                let secret = secret.expose_secret().trim();
                if !is_word(secret) {
                    let hint = "Copy it whole, without blanks.".to_owned();
                    return Err(Error::NotAnApp { service: provider.name.clone(), field: "client_secret", hint });
                }
                Some(secret.to_owned().into())
            }
        };
        Ok((Client { id, secret }, self.named(provider, name)))
    }

    fn named(&self, provider: &Provider, before: Option<&str>) -> String {
        let plain: String = self.name.chars().filter(|letter| !letter.is_control()).take(NAME).collect();
        match (plain.trim(), before) {
            ("", Some(before)) => before.to_owned(),
            ("", None) => format!("My {} app", provider.name),
            (name, _) => name.to_owned(),
        }
    }
}

/// One word that can stand in a header and in a form.
fn is_word(text: &str) -> bool {
    (4..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The first and the last letters of a client id, fewer than half of it.
pub(super) fn hint(id: &str) -> String {
    let shown = (id.len() / 5).min(4);
    format!("{}…{}", &id[..shown], &id[id.len() - shown..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn given(client_id: &str, secret: Secret) -> Given {
        Given { name: "\u{7}  Mira's \napp ".to_owned(), client_id: client_id.to_owned(), secret }
    }

    fn client(given: &Given, known: Option<Client>) -> Result<(Client, String), Error> {
        given.client(catalogue().get("spotify").unwrap(), known, Some("before"))
    }

    #[test]
    fn what_is_no_client_id_is_named() {
        let long = "a".repeat(33);
        for id in
            ["", "short", &ID.to_uppercase(), &long, "0123456789abcdef0123456789abcde ", "<script>alert(1)</script>"]
        {
            let refused = client(&given(id, Secret::Kept), None).err().unwrap();
            assert!(matches!(refused, Error::NotAnApp { field: "client_id", .. }), "{id}");
        }
        for secret in ["", "abc", "with a blank", "zeilen\numbruch"] {
            let refused = client(&given(ID, Secret::Is(secret.to_owned().into())), None).err().unwrap();
            assert!(matches!(refused, Error::NotAnApp { field: "client_secret", .. }), "{secret}");
        }
    }

    #[test]
    fn what_is_left_empty_stays_as_it_was() {
        let known = || Some(Client { id: ID.to_owned(), secret: Some("the secret".to_owned().into()) });
        let secret = |made: Result<(Client, String), Error>| {
            made.ok().unwrap().0.secret.map(|secret| secret.expose_secret().to_owned())
        };
        let (same, name) = client(&given("", Secret::Kept), known()).ok().unwrap();
        assert_eq!((same.id.as_str(), name.as_str()), (ID, "Mira's app"));
        assert_eq!(secret(client(&given(ID, Secret::Kept), known())).as_deref(), Some("the secret"));
        assert_eq!(secret(client(&given(ID, Secret::None), known())), None);
        let other = "fedcba9876543210fedcba9876543210";
        assert_eq!(secret(client(&given(other, Secret::Kept), known())), None, "another app's secret is not its own");
        assert_eq!(hint(ID), "0123…cdef");
        assert_eq!(hint("abcd"), "…");
    }
}
