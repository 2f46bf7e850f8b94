//! The frame of the signed-in app, filled with what the features bring to it.

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use super::palette::{Boxes, Palette, PaletteLink};
use crate::{
    account::notifications::view::{Bell, Unread},
    billing::view::PlanBanner,
    chat::Recents,
    identity::view::{AccountBox, RecoveryBanner, ViewerChanges},
    team::view::TeamSwitcher,
    ui::{AppShell, Icon, NavItem},
};

/// The sidebar with its places, and the page beside it.
#[component]
pub(super) fn Frame() -> impl IntoView {
    ViewerChanges::provide();
    Unread::provide();
    let sidebar_away = RwSignal::new(false);
    let palette = Palette::new(sidebar_away);
    let location = use_location();
    let current = Memo::new(move |_| {
        let path = location.pathname.get();
        let place = path.split('/').nth(1).unwrap_or_default();
        // These have the tabs of the settings.
        let place = if place == "team" { "settings" } else { place };
        format!("/{place}")
    });
    let nav = vec![
        NavItem::new("/chat", "message-square", "Chat"),
        NavItem::new("/connections", "plug", "Connections"),
        NavItem::new("/music", "audio-lines", "Music"),
        NavItem::new("/billing", "credit-card", "Billing"),
        NavItem::new("/settings", "settings-2", "Settings"),
    ];
    view! {
        <AppShell
            nav=nav
            current=current
            start=|| view! { <a class="button ghost square" href="/chat" aria-label="New conversation"><Icon name="square-pen"/></a> }
            bell=|| view! { <Bell/> }
            finder=move || view! { <PaletteLink palette=palette/> }
            sidebar_away=sidebar_away
            recents=move || view! { <Recents key=move || view! { <PaletteLink palette=palette as_key=true/> }/> }
            team=|| view! { <TeamSwitcher/> }
            account=|| view! { <AccountBox/> }
            banner=|| view! { <RecoveryBanner/> <PlanBanner/> }
        >
            <Outlet/>
        </AppShell>
        <Boxes palette=palette/>
    }
}
