use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    error::AppError,
    identity::{
        model::{Way, Ways},
        next,
    },
    ui::{Banner, Mark, Tone},
};

/// The other ways to sign in than by mail, as far as this installation has them. They are links, because each leaves
/// for another site; `next` goes with them.
#[component]
pub fn OtherWays(ways: Resource<Result<Ways, AppError>>, next: String) -> impl IntoView {
    view! {
        <Suspense>
            {move || {
                let next = next.clone();
                Suspend::new(async move {
                    let services = ways.await.unwrap_or_default().services;
                    (!services.is_empty()).then(|| view! { <Services services=services next=next/> })
                })
            }}
        </Suspense>
    }
}

#[component]
fn Services(services: Vec<Way>, next: String) -> impl IntoView {
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
                <a class="button large" href=address rel="external">
                    <Mark id=way.id name=way.name.clone() class="bare"/>
                    <span class="visually-hidden">"Sign in with "</span>
                    {way.name}
                </a>
            }
        })
        .collect();
    view! {
        <p class="or">"or"</p>
        <div class="providers">{links}</div>
        <p class="sub">{told}</p>
    }
}

/// What became of a sign-in that ended here, told from the address. Only words of ours are shown.
#[component]
pub fn SignInNotice(ways: Resource<Result<Ways, AppError>>) -> impl IntoView {
    let query = use_query_map();
    let named = move |key: &str| query.with_untracked(|query| query.get(key));
    let (known, cancelled) = (named("known"), named("cancelled"));
    view! {
        <Suspense>
            {move || {
                let (known, cancelled) = (known.clone(), cancelled.clone());
                Suspend::new(async move {
                    let services = ways.await.unwrap_or_default().services;
                    let name_of = |id: Option<String>| {
                        services.iter().find(|way| Some(&way.id) == id.as_ref()).map(|way| way.name.clone())
                    };
                    let known = name_of(known).map(|name| {
                        format!(
                            "You have an account with this address already. Sign in to it once, then say yes to linking {name}.",
                        )
                    });
                    let told = known.or_else(|| {
                        name_of(cancelled).map(|name| format!("You declined at {name}, so nobody was signed in."))
                    });
                    told.map(|words| view! { <Banner tone=Tone::Neutral>{words}</Banner> })
                })
            }}
        </Suspense>
    }
}
