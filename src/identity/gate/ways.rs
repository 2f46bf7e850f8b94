use leptos::prelude::*;

use super::asked;
use crate::{
    identity::{model::Way, next},
    ui::{Banner, Mark, Tone},
};

/// The other ways to sign in than by mail, as far as this installation has them. They are links, because each leaves
/// for another site; `next` goes with them.
#[component]
pub(super) fn OtherWays(services: Vec<Way>, next: String) -> impl IntoView {
    if services.is_empty() {
        return None;
    }
    let connecting: String = services
        .iter()
        .filter(|way| way.connects)
        .map(|way| format!("Signing in with {} also connects it. ", way.name))
        .collect();
    let told = if connecting.is_empty() {
        "Signing in with a service does not connect it; you do that later.".to_owned()
    } else {
        format!("{connecting}Others are connected later, one by one.")
    };
    let links: Vec<_> = services
        .into_iter()
        .map(|way| {
            let address = next::handing_on(&format!("/api/auth/signin/{}", way.id), &next);
            view! {
                <a class="button large" href=address>
                    <Mark id=way.id name=way.name.clone() class="bare"/>
                    <span class="visually-hidden">"Sign in with "</span>
                    {way.name}
                </a>
            }
        })
        .collect();
    Some(view! {
        <p class="or">"or"</p>
        <div class="providers">{links}</div>
        <p class="sub">{told}</p>
    })
}

/// What became of a sign-in that ended here, told from the address. Only words of ours are shown.
#[component]
pub(super) fn SignInNotice(services: Vec<Way>) -> impl IntoView {
    let named = |key: &str| {
        let id = asked(key);
        services.iter().find(|way| way.id == id).map(|way| way.name.clone())
    };
    let words = if let Some(name) = named("known") {
        format!("You have an account with this address already. Sign in to it once, then say yes to linking {name}.")
    } else if asked("left") == "yes" {
        "Your account will be removed in a week; a mail tells you the day. Sign in before then to keep it.".to_owned()
    } else {
        format!("You declined at {}, so nobody was signed in.", named("cancelled")?)
    };
    Some(view! { <Banner tone=Tone::Neutral>{words}</Banner> })
}
