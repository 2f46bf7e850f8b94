use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{Refused, refusal_of};
use crate::{
    identity::api::{UndoEmailChange, undoable},
    ui::{Button, GatePage, LinkButton, Look, Size},
};

/// The page behind the link that brings an address back. Only pressing the button does it: programs that look into mail
/// open links.
#[component]
pub fn UndoEmailPage() -> impl IntoView {
    let undo = ServerAction::<UndoEmailChange>::new();
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token").unwrap_or_default());
    let done = move || query.with(|query| query.get("done").is_some());
    let asked = token.clone();
    let address = Resource::new_blocking(
        || (),
        move |()| {
            let token = asked.clone();
            async move { if token.is_empty() { Ok(None) } else { undoable(token).await } }
        },
    );
    let (refused, pending) = (refusal_of(undo), undo.pending());
    view! {
        <Title text="Bring an address back"/>
        <Suspense>
            {move || {
                let (token, done) = (token.clone(), done());
                Suspend::new(async move {
                    match address.await {
                        _ if done => view! { <Done/> }.into_any(),
                        Ok(Some(address)) => {
                            view! {
                                <GatePage
                                    title="Bring the address back"
                                    intro=move || {
                                        view! {
                                            <p>
                                                "Your account gets " <b>{address}</b>
                                                " back. Every browser is signed out, and ways to sign in that were added since \
                                                 the change are removed."
                                            </p>
                                        }
                                    }
                                >
                                    <Refused error=refused except=""/>
                                    <ActionForm action=undo attr:class="stack">
                                        <input type="hidden" name="token" value=token/>
                                        <Button look=Look::Primary size=Size::Large wide=true busy=pending>
                                            "Bring it back"
                                        </Button>
                                    </ActionForm>
                                </GatePage>
                            }
                                .into_any()
                        }
                        Ok(None) => {
                            let why = "This link is not complete, was used, or is older than 72 hours.".to_owned();
                            view! { <TooLate why=why/> }.into_any()
                        }
                        Err(error) => view! { <TooLate why=error.message/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Done() -> impl IntoView {
    view! {
        <GatePage
            title="Your address is back"
            intro=|| view! { <p>"Every browser is signed out. Sign in with a code that we send to your address."</p> }
        >
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true external=true>"Sign in"</LinkButton>
        </GatePage>
    }
}

#[component]
fn TooLate(why: String) -> impl IntoView {
    view! {
        <GatePage title="Nothing can be undone here" intro=move || view! { <p>{why}</p> }>
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true external=true>"Sign in"</LinkButton>
        </GatePage>
    }
}
