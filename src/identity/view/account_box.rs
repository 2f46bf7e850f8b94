use leptos::{prelude::*, server_fn::ServerFn as _};

use crate::{
    identity::{
        api::{SignOut, SignOutEverywhere, current_viewer},
        model::Viewer,
    },
    ui::{Avatar, Icon, Skeleton},
};

/// Who is signed in, and the ways out. Both are plain forms: they load a new document, so that nothing of the person
/// stays in the page.
#[component]
pub fn AccountBox() -> impl IntoView {
    let viewer = Resource::new_blocking(|| (), |()| current_viewer());
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move { viewer.await.ok().flatten().map(|viewer| view! { <SignedIn viewer=viewer/> }) })}
        </Suspense>
    }
}

#[component]
fn SignedIn(viewer: Viewer) -> impl IntoView {
    let Viewer { display_name, email, .. } = viewer;
    view! {
        <Avatar name=display_name.clone()/>
        <div class="grow">
            <div class="title">{display_name}</div>
            <div class="sub">{email.clone()}</div>
        </div>
        <button
            class="button ghost square"
            type="button"
            popovertarget="account-menu"
            aria-label="Account menu"
        >
            <Icon name="chevrons-up-down"/>
        </button>
        <div class="menu" id="account-menu" popover="auto">
            <p class="label">{email}</p>
            <a href="/profile">
                <Icon name="info"/>
                "Profile"
            </a>
            <a href="/settings">
                <Icon name="settings-2"/>
                "Settings"
            </a>
            <hr/>
            <form method="post" action=SignOut::url()>
                <button type="submit">
                    <Icon name="log-out"/>
                    "Sign out"
                </button>
            </form>
            <form method="post" action=SignOutEverywhere::url()>
                <button type="submit">
                    <Icon name="monitor"/>
                    "Sign out everywhere"
                </button>
            </form>
        </div>
    }
}
