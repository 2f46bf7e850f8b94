//! The first settings page, and the page that says who one is.

use leptos::prelude::*;
use leptos_meta::Title;

/// Name, picture, handle, look and time.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! { <Title text="Settings"/> }
}
