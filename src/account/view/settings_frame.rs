use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys::HtmlElement};
use leptos_router::{components::Outlet, hooks::use_location};

use crate::ui::Page;

/// The settings pages, in the order of their tabs.
const TABS: &[(&str, &str)] = &[
    ("/settings", "Profile"),
    ("/settings/security", "Security"),
    ("/settings/activity", "Activity"),
    ("/settings/notifications", "Notifications"),
    ("/settings/files", "Files"),
    ("/team", "Team"),
    ("/billing", "Billing"),
    ("/settings/developer", "Developer"),
];

/// What every settings page stands in: the heading and the tabs. A page inside brings its title and its `Setting`s.
#[component]
pub fn SettingsFrame() -> impl IntoView {
    let location = use_location();
    // A tab is open on the pages that lie below its own as well.
    let is_here = |path: &str, href: &str| {
        path == href || href != "/settings" && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
    };
    let here = move |href: &'static str| location.pathname.with(|path| is_here(path, href)).then_some("page");
    let tabs = NodeRef::<html::Nav>::new();
    Effect::new(move |_| {
        location.pathname.track();
        if let Some(tabs) = tabs.get() {
            show_current(&tabs);
        }
    });
    view! {
        <Page title="Settings">
            <nav class="tabs" aria-label="Settings" node_ref=tabs>
                {TABS
                    .iter()
                    .map(|&(href, label)| view! { <a href=href aria-current=move || here(href)>{label}</a> })
                    .collect_view()}
            </nav>
            <Outlet/>
        </Page>
    }
}

/// Where the tabs are wider than the window, the one that is open stands in its middle.
fn show_current(tabs: &HtmlElement) {
    let current = tabs.query_selector("[aria-current]").ok().flatten();
    if let Some(current) = current.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        let before = current.offset_left() - tabs.offset_left();
        tabs.set_scroll_left(before - (tabs.client_width() - current.offset_width()) / 2);
    }
}
