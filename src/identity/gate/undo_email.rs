use leptos::prelude::*;
use leptos_meta::Title;

use super::asked;
use crate::{
    identity::{
        api::{UndoEmailChange, undoable},
        page::{Refused, refusal_of},
    },
    ui::{Button, GatePage, LinkButton, Look, Size},
};

/// The page behind the link that brings an address back. Only pressing the button does it: programs that look into mail
/// open links.
#[component]
pub fn UndoEmailPage() -> impl IntoView {
    let undo = ServerAction::<UndoEmailChange>::new();
    let (token, done) = (asked("token"), !asked("done").is_empty());
    let page = Suspend::new(async move {
        if done {
            return view! { <Done/> }.into_any();
        }
        let address = if token.is_empty() { Ok(None) } else { undoable(token.clone()).await };
        match address {
            Ok(Some(address)) => view! {
                <GatePage
                    title="Bring the address back"
                    intro=move || {
                        view! {
                            <p>
                                "Your account gets " <b>{address}</b>
                                " back. Every browser is signed out, and ways to sign in that were added since \
                                 the change are removed, and so is the password."
                            </p>
                        }
                    }
                >
                    <Refused error=refusal_of(undo) except=""/>
                    <ActionForm action=undo attr:class="stack">
                        <input type="hidden" name="token" value=token/>
                        <Button look=Look::Primary size=Size::Large wide=true>
                            "Bring it back"
                        </Button>
                    </ActionForm>
                </GatePage>
            }
            .into_any(),
            Ok(None) => {
                let why = "This link is not complete, was used, or is older than 72 hours.".to_owned();
                view! { <TooLate why=why/> }.into_any()
            }
            Err(error) => view! { <TooLate why=error.message/> }.into_any(),
        }
    });
    view! {
        <Title text="Bring an address back"/>
        {page}
    }
}

#[component]
fn Done() -> impl IntoView {
    view! {
        <GatePage
            title="Your address is back"
            intro=|| view! { <p>"Every browser is signed out. Sign in with a code that we send to your address."</p> }
        >
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}

#[component]
fn TooLate(why: String) -> impl IntoView {
    view! {
        <GatePage title="Nothing can be undone here" intro=move || view! { <p>{why}</p> }>
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}
