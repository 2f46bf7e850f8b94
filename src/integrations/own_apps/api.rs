//! What the page about an own app asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::OwnAppsView;
use crate::error::AppError;

/// The person's app at a service, and what one has to know to bring one. `trouble` and `app` are what the address says
/// of the last visit to the service.
#[server(prefix = "/api", endpoint = "connections/own-app", input = GetUrl)]
pub async fn own_app(
    service: String,
    #[server(default)] trouble: String,
    #[server(default)] app: String,
) -> Result<OwnAppsView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&service, &trouble, &app).await
}

/// Looks at the service whether an app is right, and keeps it.
#[server(prefix = "/api", endpoint = "connections/keep-own-app")]
pub async fn keep_own_app(
    service: String,
    #[server(default)] name: String,
    #[server(default)] client_id: String,
    #[server(default)] client_secret: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::keep(&service, name, client_id, client_secret).await
}

/// Looks at the service again.
#[server(prefix = "/api", endpoint = "connections/check-own-app")]
pub async fn check_own_app(service: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::check(&service).await
}

/// Takes an app away, and ends what is connected by it.
#[server(prefix = "/api", endpoint = "connections/remove-own-app")]
pub async fn remove_own_app(service: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove(&service).await
}
