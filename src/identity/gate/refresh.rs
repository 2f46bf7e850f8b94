use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use super::{asked, privy::Here};
use crate::{
    identity::{
        next,
        page::{Refused, refusal_of},
        privy::api::{SyncPrivy, offered_privy_ways},
    },
    ui::{Banner, GatePage, LinkButton, Look, Size, Tone},
};

/// A browser whose sign-in at Privy has grown old: it can be renewed where it was made, and then used here.
#[component]
pub fn RefreshPage() -> impl IntoView {
    let wish = next::safe(&asked("redirect_uri")).to_owned();
    let sign_in = next::sign_in_address(&wish);
    let sync = ServerAction::<SyncPrivy>::new();
    let ways = Suspend::new(async move {
        if offered_privy_ways().await.is_ok_and(|ways| ways.here) {
            Either::Left(view! { <Here sync=sync next=wish/> })
        } else {
            Either::Right(view! {
                <Banner tone=Tone::Neutral>
                    "Open the app in which you signed in with Privy, then try again. Or sign in here."
                </Banner>
                <LinkButton href=wish look=Look::Primary size=Size::Large wide=true>
                    "Try again"
                </LinkButton>
            })
        }
    });
    view! {
        <Title text="Renew your sign-in"/>
        <GatePage
            title="Renew your sign-in"
            intro=|| {
                view! {
                    <p>"You are signed in at Privy, but the proof that this browser keeps of it has run out."</p>
                }
            }
        >
            <Refused error=refusal_of(sync) except=""/>
            {ways}
            <LinkButton href=sign_in size=Size::Large wide=true>"Sign in here"</LinkButton>
        </GatePage>
    }
}
