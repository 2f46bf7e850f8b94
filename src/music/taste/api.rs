//! What the page of texts asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{Kind, TasteView};
use crate::error::AppError;

/// The person's texts, whether they are there or not.
#[server(prefix = "/api", endpoint = "music/taste", input = GetUrl)]
pub async fn taste() -> Result<TasteView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show().await
}

/// Has the model write one.
#[server(prefix = "/api", endpoint = "music/write-text")]
pub async fn write_text(kind: Kind) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::write(kind).await
}

/// Removes one.
#[server(prefix = "/api", endpoint = "music/remove-text")]
pub async fn remove_text(kind: Kind) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove(kind).await
}
