//! Asks a service whose account a token opens.

use std::time::Duration;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::Integrations;
use crate::{
    integrations::executor::{self, Failure},
    platform::crypto::digest,
    providers::Provider,
};

/// Whose account it is.
pub(super) struct Whose {
    pub(super) id: String,
    pub(super) label: String,
    /// What the token may do, where the service tells.
    pub(super) scopes: Option<Vec<String>>,
}

impl Integrations {
    pub(super) async fn who_am_i(&self, provider: &Provider, token: &SecretString) -> Result<Whose, Failure> {
        let body = self.profile(provider, token).await?;
        Self::whose(provider, &body, token)
    }

    /// What the service says of the account behind a token.
    pub(super) async fn profile(&self, provider: &Provider, token: &SecretString) -> Result<Value, Failure> {
        let entry = &provider.identity;
        let method =
            Method::from_bytes(entry.method.as_bytes()).map_err(|_| Failure::Provider("is not described well"))?;
        let url = executor::address(provider, &entry.path, &[])?;
        let mut request = executor::request(provider, method, url, token).deadline(Duration::from_secs(5));
        if let Some(json) = &entry.json {
            request = request.json(json.clone());
        }
        executor::send(&self.http, provider, request, self.clock.now()).await
    }

    /// Whose account that is.
    pub(super) fn whose(provider: &Provider, body: &Value, token: &SecretString) -> Result<Whose, Failure> {
        let entry = &provider.identity;
        let scopes = entry
            .scopes
            .as_deref()
            .and_then(|pointer| body.pointer(pointer)?.as_array())
            .map(|scopes| scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect());
        if entry.anonymous {
            let print = hex::encode(&digest(token.expose_secret().as_bytes())[..8]);
            let id = format!("{}-{print}", entry.id);
            return Ok(Whose { id, label: format!("{} {}", entry.label, &print[..4]), scopes });
        }
        let id = executor::fill_from(&entry.id, body);
        let label = executor::fill_from(&entry.label, body);
        let whole = |text: &str| text.chars().any(char::is_alphanumeric);
        if !whole(&id) {
            return Err(Failure::Provider("did not say whose account it is"));
        }
        let label = if whole(&label) { label } else { id.clone() };
        Ok(Whose { id, label, scopes })
    }
}
