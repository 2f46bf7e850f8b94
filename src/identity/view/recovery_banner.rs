use leptos::prelude::*;

use crate::{
    identity::api::{StopOwnRecovery, waiting_recovery},
    ui::{Banner, Button, Size, Tone},
};

/// Tells whoever is signed in that somebody wants another address for the account, and lets them say no.
#[component]
pub fn RecoveryBanner() -> impl IntoView {
    let stop = ServerAction::<StopOwnRecovery>::new();
    let waiting = Resource::new_blocking(move || stop.version().get(), |_| waiting_recovery());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                waiting.await.ok().flatten().map(|address| {
                    view! {
                        <Banner
                            tone=Tone::Warn
                            action=move || view! {
                                <ActionForm action=stop>
                                    <Button size=Size::Small busy=stop.pending()>"Stop it"</Button>
                                </ActionForm>
                            }
                        >
                            "Somebody who says that they cannot open your mailbox wants your account to have the address "
                            {address}
                            ". If that is not you, stop it."
                        </Banner>
                    }
                })
            })}
        </Transition>
    }
}
