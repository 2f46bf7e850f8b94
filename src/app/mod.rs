//! The signed-in app and the pages in front of it: the document around every page, the table of routes with the way
//! each is rendered, and the frame in which features meet. The public pages are not here: `site` has them.

mod browser;
#[cfg(feature = "ssr")]
mod document;
mod frame;

pub use browser::take_over;
#[cfg(feature = "ssr")]
pub use document::shell;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, LazyRoute, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    account::{
        page::{ProfilePage, SettingsPage},
        view::SettingsFrame,
    },
    admin::page::AdminPage,
    chat::ChatPage,
    identity::{
        page::{ActivityPage, ConfirmPage, SecurityPage, SignInPage, UndoEmailPage, VerifyEmailPage},
        view::{PrivyCodePage, PrivyRefreshPage},
    },
    integrations::page::ConnectionsPage,
    site::ErrorPage,
    ui::Installation,
};
use frame::Frame;

/// Everything that runs in a browser. Every page can be used without a script, so every page is rendered whole: a part
/// that is streamed later needs a script to be put into its place.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The server knows; the browser reads it from the document it takes over.
    let staging = SharedValue::new(|| Installation::here().staging).into_inner();
    provide_context(Installation { staging });
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Aura".into() } else { format!("{title} · Aura") } text=""/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/signin") view={Lazy::<SignIn>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/signin/privy") view={Lazy::<PrivyCode>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/refresh") view={Lazy::<PrivyRefresh>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/verify-email") view={Lazy::<VerifyEmail>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/undo-email") view={Lazy::<UndoEmail>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/settings/confirm") view={Lazy::<Confirm>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("/chat/:id?") view={Lazy::<Conversation>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/connections") view={Lazy::<Connections>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/profile") view={Lazy::<Profile>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/:place?") view={Lazy::<Operators>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/people/:id") view={Lazy::<Operators>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/settings") view=SettingsFrame ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<Settings>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/security") view={Lazy::<Security>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/activity") view={Lazy::<ActivityLog>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                </ParentRoute>
            </Routes>
        </Router>
    }
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

lazy_page!(SignIn, SignInPage);
lazy_page!(VerifyEmail, VerifyEmailPage);
lazy_page!(PrivyCode, PrivyCodePage);
lazy_page!(PrivyRefresh, PrivyRefreshPage);
lazy_page!(UndoEmail, UndoEmailPage);
lazy_page!(Confirm, ConfirmPage);
lazy_page!(Security, SecurityPage);
lazy_page!(ActivityLog, ActivityPage);
lazy_page!(Conversation, ChatPage);
lazy_page!(Connections, ConnectionsPage);
lazy_page!(Operators, AdminPage);
lazy_page!(Profile, ProfilePage);
lazy_page!(Settings, SettingsPage);

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
