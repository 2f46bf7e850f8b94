use leptos::prelude::*;
use leptos_meta::Title;

use super::{asked, onward::Onward};
use crate::{
    identity::{
        api::{UndoEmailChange, undoable},
        page::{Refused, refusal_of},
    },
    ui::{Button, GatePage, Look, Size},
};

const NOTHING: &str = "Nothing can be undone here";

/// The page behind the link that brings an address back. Only pressing the button does it: programs that look into mail
/// open links.
#[component]
pub fn UndoEmailPage() -> impl IntoView {
    let undo = ServerAction::<UndoEmailChange>::new();
    let (token, done) = (asked("token"), !asked("done").is_empty());
    let page = Suspend::new(async move {
        if done {
            let told = "Every browser is signed out. Sign in with a code that we send to your address.";
            return view! { <Onward title="Your address is back" told=told/> }.into_any();
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
                let why = "This link is not complete, was used, or is older than 72 hours.";
                view! { <Onward title=NOTHING told=why/> }.into_any()
            }
            Err(error) => view! { <Onward title=NOTHING told=error.message/> }.into_any(),
        }
    });
    view! {
        <Title text="Bring an address back"/>
        {page}
    }
}
