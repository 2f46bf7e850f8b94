//! What the page of one's own profile asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::EditView;
use crate::error::AppError;

/// The person's draft, beside what is public of it; with what it would show, where a preview is asked for.
#[server(prefix = "/api", endpoint = "music/profile", input = GetUrl)]
pub async fn music_profile(#[server(default)] preview: bool) -> Result<EditView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(preview).await
}

/// Keeps a draft. A caption belongs to the artist in the same place.
#[server(prefix = "/api", endpoint = "music/save-profile")]
pub async fn save_profile(
    #[server(default)] bio: String,
    #[server(default)] period: String,
    #[server(default)] sections: Vec<String>,
    #[server(default)] artists: Vec<String>,
    #[server(default)] captions: Vec<String>,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::save(bio, period, &sections, artists, captions).await
}

/// Shows the draft to everybody.
#[server(prefix = "/api", endpoint = "music/publish-profile")]
pub async fn publish_profile() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::publish().await
}

/// Lets nobody see it any more.
#[server(prefix = "/api", endpoint = "music/withdraw-profile")]
pub async fn withdraw_profile() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::withdraw().await
}

/// Forgets which profiles the person looked at.
#[server(prefix = "/api", endpoint = "music/forget-seen")]
pub async fn forget_seen() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::forget_seen().await
}
