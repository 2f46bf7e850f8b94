use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    asked,
    fields::EmailField,
    privy::PrivySignIn,
    wallet::WalletButton,
    ways::{OtherWays, SignInNotice},
};
use crate::{
    identity::{
        api::{StartSignIn, offered_ways},
        model::WalletPurpose,
        next,
        page::{Refused, on_field, refusal_of},
        privy::api::offered_privy_ways,
    },
    ui::{Button, GatePage, Look, Size},
};

/// Asks for the address.
#[component]
pub fn SignInPage() -> impl IntoView {
    let start = ServerAction::<StartSignIn>::new();
    let refused = refusal_of(start);
    let wrong = on_field(refused, "email");
    let next = asked("next");
    let ways = Suspend::new(async move {
        let services = offered_ways().await.unwrap_or_default().services;
        let privy = offered_privy_ways().await.unwrap_or_default();
        let wish = next.clone();
        view! {
            <SignInNotice services=services.clone()/>
            <Refused error=refused except="email"/>
            <ActionForm action=start attr:class="stack">
                <input type="hidden" name="next" value=wish/>
                <input type="hidden" name="time_zone" data-time-zone=""/>
                <EmailField error=wrong/>
                <Button look=Look::Primary size=Size::Large wide=true>"Send code"</Button>
            </ActionForm>
            <p class="muted">
                <a class="way" href=next::handing_on("/signin/password", &next)>"Sign in with a password"</a>
            </p>
            <p class="muted">
                <a class="way" href="/lost-mailbox">"I cannot reach my mailbox"</a>
            </p>
            <OtherWays services=services next=next.clone()/>
            <PrivySignIn ways=privy next=next.clone()/>
            <WalletButton next=next purpose=WalletPurpose::SignIn/>
        }
    });
    view! {
        <Title text="Sign in"/>
        <GatePage
            title="Sign in to Aura"
            intro=|| view! { <p>"We send a six-digit code. New here? The same code creates your account."</p> }
        >
            {ways}
        </GatePage>
    }
}
