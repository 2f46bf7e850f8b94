use leptos::{prelude::*, server_fn::ServerFn as _};

use crate::{
    identity::{
        api::{SignOut, SignOutEverywhere, current_viewer},
        model::{Role, Viewer},
    },
    ui::{Avatar, Icon, Skeleton},
};

/// Counts the changes to the person who is signed in, so that the box shows what they are called now.
#[derive(Clone, Copy)]
pub struct ViewerChanges(RwSignal<u32>);

impl ViewerChanges {
    /// Makes the count available below; the frame calls this once.
    pub fn provide() {
        provide_context(Self(RwSignal::new(0)));
    }

    /// Notes a change, where there is a frame around the page.
    pub fn note() {
        if let Some(Self(changes)) = use_context() {
            changes.update(|changes| *changes += 1);
        }
    }
}

/// Who is signed in, and the ways out. Both are plain forms: they load a new document, so that nothing of the person
/// stays in the page.
#[component]
pub fn AccountBox() -> impl IntoView {
    let changes = use_context::<ViewerChanges>();
    let viewer =
        Resource::new_blocking(move || changes.map(|ViewerChanges(changes)| changes.get()), |_| current_viewer());
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move { viewer.await.ok().flatten().map(|viewer| view! { <SignedIn viewer=viewer/> }) })}
        </Transition>
    }
}

#[component]
fn SignedIn(viewer: Viewer) -> impl IntoView {
    let Viewer { display_name, email, avatar, role, .. } = viewer;
    view! {
        <Avatar name=display_name.clone() picture=avatar/>
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
            {(role == Role::Admin).then(|| view! {
                <a href="/admin">
                    <Icon name="list-checks"/>
                    "Administration"
                </a>
            })}
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
