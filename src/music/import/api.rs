//! What the page of imports asks of the server. The form that brings files is a plain one, beside these.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::ImportsView;
use crate::error::AppError;

/// The person's imports, the newest first. `taken` and `refused` are what the address says that a form has come to.
#[server(prefix = "/api", endpoint = "music/own-imports", input = GetUrl)]
pub async fn own_imports(
    #[server(default)] taken: String,
    #[server(default)] refused: String,
) -> Result<ImportsView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&taken, &refused).await
}

/// Takes back the plays that an import brought.
#[server(prefix = "/api", endpoint = "music/remove-import")]
pub async fn remove_import(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove(&id).await
}
