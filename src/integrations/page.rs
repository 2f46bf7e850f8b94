//! The page on which accounts are connected and disconnected.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

pub use super::view::ConnectionsUsed;
use super::{
    api::{Disconnect, overview},
    model::ConnectionsView,
    view::{Attention, Connected, Notice, Services},
};
use crate::{
    kit::time::Timestamp,
    ui::{Banner, Page, Skeleton, Tone},
};

/// What is connected, what needs attention, and what can be added.
#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let disconnect = ServerAction::<Disconnect>::new();
    // Blocking: without a script nothing could move the lists into their place later.
    let shown = Resource::new_blocking(move || disconnect.version().get(), |_| overview());
    view! {
        <Title text="Connections"/>
        <Page title="Connections" intro="The accounts that Aura may read for you. What you ask is answered from them.">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => Either::Left(view! { <Lists view=view disconnect=disconnect/> }),
                        Err(error) => {
                            Either::Right(view! { <Banner tone=Tone::Danger>{error.message}</Banner> })
                        }
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn Lists(view: ConnectionsView, disconnect: ServerAction<Disconnect>) -> impl IntoView {
    let ConnectionsView { connections, services, now } = view;
    let now = now.unwrap_or(Timestamp(0));
    let failed = move || disconnect.value().with(|done| done.as_ref().and_then(|done| done.clone().err()));
    let waiting = connections.iter().filter(|connection| connection.waits()).count();
    let accounts = |count: usize| if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") };
    let summary = match (connections.len(), waiting) {
        (0, _) => "Nothing is connected yet. Start with one service below, then ask about it in the chat.".to_owned(),
        (all, 0) => format!("{} connected.", accounts(all)),
        (1, _) => "1 account connected. It needs your attention.".to_owned(),
        (all, 1) => format!("{} connected. 1 of them needs your attention.", accounts(all)),
        (all, waiting) => format!("{} connected. {waiting} of them need your attention.", accounts(all)),
    };
    view! {
        <div class="stack loose">
            <Notice services=services.clone()/>
            {move || failed().map(|error| view! { <Banner tone=Tone::Danger>{error.message}</Banner> })}
            <p class="muted">{summary}</p>
            <Attention connections=connections.clone() disconnect=disconnect/>
            <Connected connections=connections now=now disconnect=disconnect/>
            <Services services=services/>
        </div>
    }
}
