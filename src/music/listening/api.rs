//! What the page of somebody's listening asks of the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::ListeningView;
use crate::error::AppError;

/// A period of the person's listening; without one, twelve months.
#[server(prefix = "/api", endpoint = "music/listening", input = GetUrl)]
pub async fn listening(#[server(default)] period: String) -> Result<ListeningView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&period).await
}
