//! The signed-in app: the document around every page, the table of routes with the way each is rendered, and the frame in
//! which features meet. The pages in front of it have a table of their own, which no browser takes over (`gate`). The
//! public pages are not here: `site` has them.

mod browser;
#[cfg(feature = "ssr")]
mod document;
mod frame;
#[cfg(feature = "ssr")]
mod gate;
mod palette;

pub use browser::take_over;
#[cfg(feature = "ssr")]
pub use document::{gate_shell, shell};

use leptos::{prelude::*, server::ServerActionError};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, LazyRoute, NavigateOptions, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    hooks::use_navigate,
    path,
};

use crate::{
    account::{
        api_keys::DeveloperPage,
        files::FilesPage,
        notifications::{NotificationSettingsPage, NotificationsPage},
        page::{ProfilePage, SettingsPage},
        view::SettingsFrame,
    },
    admin::page::AdminPage,
    billing::page::{BillingPage, CancelledPage, LeavingPage, PlansPage, SuccessPage},
    chat::{CallsPage, ChatPage, ManagePage, SearchPage},
    identity::page::{ActivityPage, SecurityPage},
    integrations::{
        api::room as connections_room,
        connection::ConnectionPage,
        forms::FormPage,
        own_apps::OwnAppPage,
        page::{ConnectionsPage, ConnectionsUsed},
        webhooks::{WebhookPage, WebhooksPage},
    },
    music::{
        import::ImportPage,
        listening::{ListeningPage, RecapPage},
        playlist::{PlaylistPage, PlaylistsPage},
        profile::ProfilePage as MusicProfilePage,
        sources::SourcesPage,
        taste::TastePage,
    },
    privacy::view::DeleteAccount,
    site::ErrorPage,
    team::page::{NewTeamPage, TeamPageView},
    ui::Installation,
};
use frame::Frame;

/// The pages in front of the app, by their addresses: a browser that is in the app leaves it for them.
pub const GATE: &[&str] = &[
    "/signin",
    "/signin/password",
    "/signin/privy",
    "/refresh",
    "/verify-email",
    "/confirm-email",
    "/lost-mailbox",
    "/stop-recovery",
    "/undo-email",
    "/settings/confirm",
    "/settings/wallet",
    "/team/join",
];

/// Everything that runs in a browser. Every page can be used without a script, so every page is rendered whole: a part
/// that is streamed later needs a script to be put into its place.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The server knows; the browser reads it from the document it takes over.
    let staging = SharedValue::new(|| Installation::here().staging).into_inner();
    provide_context(Installation { staging });
    // A form that was sent before the page was taken over may have been refused: the page shows it on both sides.
    let refused = SharedValue::new(|| {
        use_context::<ServerActionError>().map(|refused| (refused.path().to_owned(), refused.err().to_owned()))
    });
    if let Some((function, error)) = refused.into_inner() {
        provide_context(ServerActionError::new(&function, &error));
    }
    let redirected = browser::redirects();
    view! {
        <Title formatter=titled text=""/>
        <Router>
            <Redirected to=redirected/>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/chat/search") view={Lazy::<FindConversations>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/chat/:id/manage") view={Lazy::<ManageConversation>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/chat/:id?") view={Lazy::<Conversation>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/connections") view={Lazy::<Connections>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/connections/:id") view={Lazy::<OneConnection>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/connections/apps/:service") view={Lazy::<OwnApp>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/connections/add/:service") view={Lazy::<AddService>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view={Lazy::<Notified>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/profile") view={Lazy::<Profile>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/:place?") view={Lazy::<Operators>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/people/:id") view={Lazy::<Operators>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/money/:team") view={Lazy::<Operators>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/playlists") view={Lazy::<MusicPlaylists>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/playlists/:id") view={Lazy::<MusicPlaylist>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/import") view={Lazy::<MusicImport>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/recap") view={Lazy::<MusicRecap>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/taste") view={Lazy::<MusicTaste>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music") view={Lazy::<Listening>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/profile") view={Lazy::<MusicProfile>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/music/sources") view={Lazy::<MusicSources>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/billing/success") view={Lazy::<Paid>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/billing/cancelled") view={Lazy::<NotPaid>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/billing/leave") view={Lazy::<ToStripe>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/billing") view=SettingsFrame ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<Money>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/plans") view={Lazy::<AllPlans>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                    <ParentRoute path=path!("/team") view=SettingsFrame ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<OneTeam>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/new") view={Lazy::<NewTeam>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                    <ParentRoute path=path!("/settings") view=SettingsFrame ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<Settings>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/security") view={Lazy::<Security>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/activity") view={Lazy::<ActivityLog>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/activity/services") view={Lazy::<ServiceCalls>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/files") view={Lazy::<OwnFiles>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/notifications") view={Lazy::<NotificationSettings>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/developer") view={Lazy::<Developer>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/developer/webhooks") view={Lazy::<Webhooks>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/developer/webhooks/:id") view={Lazy::<OneWebhook>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// The first settings page, with what stands at its end.
#[component]
fn AllSettings() -> impl IntoView {
    view! {
        <SettingsPage/>
        <DeleteAccount/>
    }
}

/// The plan, beside what other features count of it.
#[component]
fn OwnPlan() -> impl IntoView {
    let room = Resource::new_blocking(|| (), |()| connections_room());
    view! { <BillingPage connections=move || view! { <ConnectionsUsed room=room/> }/> }
}

fn titled(title: String) -> String {
    if title.is_empty() { "Aura".into() } else { format!("{title} · Aura") }
}

/// Goes where an act of the server leads: within the app, or out of it by a new document.
#[component]
fn Redirected(to: ReadSignal<Option<String>>) -> impl IntoView {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let Some(place) = to.get() else { return };
        if GATE.contains(&place.split(['?', '#']).next().unwrap_or_default()) {
            browser::open(&place);
        } else {
            navigate(&place, NavigateOptions::default());
        }
    });
}

/// A route whose code a browser loads when it is first opened, where the build splits (`--split` with the feature
/// `split`). The attribute leaves a placeholder that only a splitting build fills, so other builds go without it.
macro_rules! lazy_page {
    ($name:ident, $page:ident) => {
        #[derive(Debug)]
        struct $name;

        #[cfg(not(feature = "split"))]
        impl LazyRoute for $name {
            fn data() -> Self {
                Self
            }

            async fn view(_this: Self) -> AnyView {
                view! { <$page/> }.into_any()
            }
        }

        #[cfg(feature = "split")]
        #[leptos_router::lazy_route]
        impl LazyRoute for $name {
            fn data() -> Self {
                Self
            }

            fn view(_this: Self) -> AnyView {
                view! { <$page/> }.into_any()
            }
        }
    };
}

lazy_page!(Security, SecurityPage);
lazy_page!(ActivityLog, ActivityPage);
lazy_page!(ServiceCalls, CallsPage);
lazy_page!(Conversation, ChatPage);
lazy_page!(FindConversations, SearchPage);
lazy_page!(ManageConversation, ManagePage);
lazy_page!(Connections, ConnectionsPage);
lazy_page!(OneConnection, ConnectionPage);
lazy_page!(AddService, FormPage);
lazy_page!(OwnApp, OwnAppPage);
lazy_page!(Operators, AdminPage);
lazy_page!(Profile, ProfilePage);
lazy_page!(Settings, AllSettings);
lazy_page!(Developer, DeveloperPage);
lazy_page!(Webhooks, WebhooksPage);
lazy_page!(OneWebhook, WebhookPage);
lazy_page!(Notified, NotificationsPage);
lazy_page!(NotificationSettings, NotificationSettingsPage);
lazy_page!(OwnFiles, FilesPage);
lazy_page!(Paid, SuccessPage);
lazy_page!(NotPaid, CancelledPage);
lazy_page!(ToStripe, LeavingPage);
lazy_page!(Money, OwnPlan);
lazy_page!(AllPlans, PlansPage);
lazy_page!(OneTeam, TeamPageView);
lazy_page!(NewTeam, NewTeamPage);
lazy_page!(Listening, ListeningPage);
lazy_page!(MusicRecap, RecapPage);
lazy_page!(MusicTaste, TastePage);
lazy_page!(MusicSources, SourcesPage);
lazy_page!(MusicImport, ImportPage);
lazy_page!(MusicPlaylists, PlaylistsPage);
lazy_page!(MusicPlaylist, PlaylistPage);
lazy_page!(MusicProfile, MusicProfilePage);

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found"/>
        <ErrorPage
            status=404
            title="Nothing is here"
            message="There is nothing at this address. It may have moved, or the link is not complete."
        />
    }
}
