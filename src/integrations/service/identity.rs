//! Asks a service whose account a token opens.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::Integrations;
use crate::{
    integrations::executor::{self, Body, Failure, Line, Outgoing},
    platform::{crypto::digest, http::Response},
    providers::{Credential, Provider},
};

/// No id or label of an account is longer, in letters.
const LONGEST: usize = 255;

/// Whose account it is.
pub(super) struct Whose {
    pub(super) id: String,
    pub(super) label: String,
    /// What the token may do, where the service tells.
    pub(super) scopes: Option<Vec<String>>,
}

impl Integrations {
    /// A line to a service by this credential.
    pub(super) fn line<'a>(&'a self, provider: &'a Provider, credential: &'a Credential) -> Line<'a> {
        let client = self.clients.get(provider.id.as_str());
        Line { http: &self.http, provider, credential, client, random: &self.random, now: self.clock.now() }
    }

    pub(super) async fn who_am_i(&self, provider: &Provider, credential: &Credential) -> Result<Whose, Failure> {
        let body = self.profile(provider, credential).await?;
        Self::whose(provider, &body, credential)
    }

    /// What the service says of the account behind a credential.
    pub(super) async fn profile(&self, provider: &Provider, credential: &Credential) -> Result<Value, Failure> {
        self.line(provider, credential).ask(Self::asking(provider, credential)?).await
    }

    /// The answer to the same call as it came, for who reads a refusal.
    pub(in crate::integrations) async fn profile_as_it_came(
        &self,
        provider: &Provider,
        credential: &Credential,
    ) -> Option<Response> {
        let request = self.line(provider, credential).request(Self::asking(provider, credential).ok()?).ok()?;
        self.http.send(request).await.ok()
    }

    fn asking(provider: &Provider, credential: &Credential) -> Result<Outgoing, Failure> {
        let entry = &provider.identity;
        let blank = |name: &str| credential.blanks.get(name).cloned();
        let path = executor::fill_encoded(&entry.path, blank).ok_or(Failure::Provider("is not described well"))?;
        let mut outgoing = Outgoing { deadline: Duration::from_secs(5), ..Outgoing::new(&entry.method, &path)? };
        if let Some(json) = &entry.json {
            outgoing.body = Body::Json(json.clone());
        }
        Ok(outgoing)
    }

    /// Whose account that is.
    pub(super) fn whose(provider: &Provider, body: &Value, credential: &Credential) -> Result<Whose, Failure> {
        let entry = &provider.identity;
        let scopes = entry
            .scopes
            .as_deref()
            .and_then(|pointer| body.pointer(pointer)?.as_array())
            .map(|scopes| scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect());
        if entry.anonymous {
            let print = hex::encode(&digest(credential.token.expose_secret().as_bytes())[..8]);
            let id = format!("{}-{print}", entry.id);
            return Ok(Whose { id, label: format!("{} {}", entry.label, &print[..4]), scopes });
        }
        let read = |template: &str| line(&executor::fill_from(&with_blanks(template, credential), body));
        let (id, label) = (read(&entry.id), read(&entry.label));
        let whole = |text: &str| text.chars().any(char::is_alphanumeric);
        if !whole(&id) {
            return Err(Failure::Provider("did not say whose account it is"));
        }
        let label = if whole(&label) { label } else { id.clone() };
        Ok(Whose { id, label, scopes })
    }
}

/// A template whose blanks are filled, with what it takes from the reply still in it. What is filled in holds no brace.
fn with_blanks(template: &str, credential: &Credential) -> String {
    let filled = |text: String, (name, value): (&String, &String)| {
        text.replace(&format!("{{{name}}}"), &value.replace(['{', '}'], ""))
    };
    credential.blanks.iter().fold(template.to_owned(), filled)
}

/// One line of a service's words, not too long for a row.
fn line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_control() || letter.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST).collect()
}
