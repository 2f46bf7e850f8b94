//! What the pages about webhooks ask of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{EndpointPageView, EndpointsView};
use crate::{
    error::AppError,
    kit::id::{WebhookDeliveryId, WebhookEndpointId},
};

/// The person's webhooks.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/own", input = GetUrl)]
pub async fn own_webhooks() -> Result<EndpointsView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show_all().await
}

/// One of them, with what was posted from before a delivery on.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/one", input = GetUrl)]
pub async fn one_webhook(
    #[server(default)] id: String,
    #[server(default)] before: String,
) -> Result<EndpointPageView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&id, &before).await
}

/// Registers one; no events are all of them.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/add")]
pub async fn add_webhook(
    #[server(default)] name: String,
    #[server(default)] url: String,
    #[server(default)] events: Vec<String>,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::add(&name, &url, &events).await
}

/// Changes name, address and events.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/change")]
pub async fn change_webhook(
    id: WebhookEndpointId,
    #[server(default)] name: String,
    #[server(default)] url: String,
    #[server(default)] events: Vec<String>,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::change(id, &name, &url, &events).await
}

/// Switches one on or off.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/switch")]
pub async fn switch_webhook(id: WebhookEndpointId, #[server(default)] on: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::switch(id, on).await
}

/// Makes another secret.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/rotate")]
pub async fn rotate_webhook(id: WebhookEndpointId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::rotate(id).await
}

/// Removes one.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/delete")]
pub async fn delete_webhook(id: WebhookEndpointId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::delete(id).await
}

/// Posts something of no meaning.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/ping")]
pub async fn ping_webhook(id: WebhookEndpointId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::ping(id).await
}

/// Posts one delivery again; without one, all that failed.
#[server(prefix = "/api", endpoint = "outgoing-webhooks/replay")]
pub async fn replay_webhook(id: WebhookEndpointId, delivery: Option<WebhookDeliveryId>) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::replay(id, delivery).await
}
