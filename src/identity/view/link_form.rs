use leptos::prelude::*;

use crate::{
    identity::{api::VerifyLink, model::Awaited, page::Refused},
    ui::{Button, GatePage, LinkButton, Look, Size},
};

/// The page behind the link in the mail. Only pressing the button signs in: programs that look into mail open links.
#[component]
pub fn LinkForm(token: String, waiting: Awaited) -> impl IntoView {
    let verify = ServerAction::<VerifyLink>::new();
    let refused = Signal::derive(move || verify.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    view! {
        <GatePage
            title="Sign in to Aura"
            intro=move || {
                view! { <p>"You opened the link that we sent to " <b>{waiting.masked_email}</b> ". One press and you are in."</p> }
            }
        >
            <Refused error=refused except=""/>
            <ActionForm action=verify attr:class="stack">
                <input type="hidden" name="token" value=token/>
                <Button look=Look::Primary size=Size::Large wide=true busy=verify.pending()>"Sign in"</Button>
            </ActionForm>
            <LinkButton href="/verify-email" size=Size::Large wide=true external=true>"Type the code instead"</LinkButton>
        </GatePage>
    }
}
