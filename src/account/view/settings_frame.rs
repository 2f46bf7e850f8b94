use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use crate::ui::Page;

/// The settings pages, in the order of their tabs.
const TABS: &[(&str, &str)] = &[
    ("/settings", "Profile"),
    ("/settings/security", "Security"),
    ("/settings/activity", "Activity"),
    ("/settings/notifications", "Notifications"),
    ("/settings/files", "Files"),
    ("/settings/developer", "Developer"),
];

/// What every settings page stands in: the heading and the tabs. A page inside brings its title and its `Setting`s.
#[component]
pub fn SettingsFrame() -> impl IntoView {
    let location = use_location();
    let here = move |href: &'static str| location.pathname.with(|path| path == href).then_some("page");
    view! {
        <Page title="Settings">
            <nav class="tabs" aria-label="Settings">
                {TABS
                    .iter()
                    .map(|&(href, label)| view! { <a href=href aria-current=move || here(href)>{label}</a> })
                    .collect_view()}
            </nav>
            <Outlet/>
        </Page>
    }
}
