//! What the page about keys asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::KeysView;
use crate::error::AppError;

/// The person's keys, with the one that was just made.
#[server(prefix = "/api", endpoint = "account/keys", input = GetUrl)]
pub async fn own_keys() -> Result<KeysView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show().await
}

/// Makes a key with these scopes.
#[server(prefix = "/api", endpoint = "account/make-key")]
pub async fn make_key(
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] days: u16,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::make(&name, &scopes, days).await
}

/// Revokes a key.
#[server(prefix = "/api", endpoint = "account/revoke-key")]
pub async fn revoke_key(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::revoke(&id).await
}
