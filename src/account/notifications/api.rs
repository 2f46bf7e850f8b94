//! What the pages about notifications ask of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{Listed, Preference};
use crate::{error::AppError, kit::id::NotificationId};

/// How many notifications the person has not read.
#[server(prefix = "/api", endpoint = "notifications/unread", input = GetUrl)]
pub async fn unread() -> Result<u32, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::unread().await
}

/// A part of the person's notifications, from before one on.
#[server(prefix = "/api", endpoint = "notifications/list", input = GetUrl)]
pub async fn own_notifications(
    #[server(default)] unread_only: bool,
    #[server(default)] before: Option<NotificationId>,
) -> Result<Listed, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::list(unread_only, before).await
}

/// Marks one read; with `open` the browser goes where something can be done about it.
#[server(prefix = "/api", endpoint = "notifications/read")]
pub async fn read(id: String, #[server(default)] open: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::read(&id, open).await
}

/// Marks read what is no newer than this one.
#[server(prefix = "/api", endpoint = "notifications/read-all")]
pub async fn read_all(last_seen: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::read_all(&last_seen).await
}

/// What the person wants to be told.
#[server(prefix = "/api", endpoint = "notifications/preferences", input = GetUrl)]
pub async fn own_preferences() -> Result<Vec<Preference>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::preferences().await
}

/// Keeps what the person wants to be told: the kinds that are named are told, the others are not.
#[server(prefix = "/api", endpoint = "notifications/choose")]
pub async fn choose(
    #[server(default)] in_app: Vec<String>,
    #[server(default)] letters: Vec<String>,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::choose(&in_app, &letters).await
}
