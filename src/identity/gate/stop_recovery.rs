use leptos::prelude::*;
use leptos_meta::Title;

use super::{asked, onward::Onward};
use crate::{
    identity::{
        api::{StopRecovery, stoppable_recovery},
        page::{Refused, refusal_of},
    },
    ui::{Button, GatePage, Look, Size},
};

/// The page behind the link that keeps an account from getting another address. Only pressing the button does it:
/// programs that look into mail open links.
#[component]
pub fn StopRecoveryPage() -> impl IntoView {
    let stop = ServerAction::<StopRecovery>::new();
    let (token, done) = (asked("token"), asked("done") == "yes");
    let page = Suspend::new(async move {
        if done {
            let told = "The account keeps the address that it has. If you did not ask for another one, sign out everywhere \
                        and look at your ways to sign in.";
            return view! { <Onward title="It is stopped" told=told/> }.into_any();
        }
        let asked_for = if token.is_empty() { Ok(None) } else { stoppable_recovery(token.clone()).await };
        match asked_for {
            Ok(Some(address)) => view! {
                <GatePage
                    title="Keep your address"
                    intro=move || view! {
                        <p>"Somebody wants your account to have the address " <b>{address}</b> ". Stop it if that was not you."</p>
                    }
                >
                    <Refused error=refusal_of(stop) except=""/>
                    <ActionForm action=stop attr:class="stack">
                        <input type="hidden" name="token" value=token/>
                        <Button look=Look::Primary size=Size::Large wide=true>"Stop it"</Button>
                    </ActionForm>
                </GatePage>
            }
            .into_any(),
            Ok(None) => {
                let told = "This link is not complete, or what it stops is over already.";
                view! { <Onward title="Nothing waits here" told=told/> }.into_any()
            }
            Err(error) => view! { <Onward title="One moment" told=error.message/> }.into_any(),
        }
    });
    view! {
        <Title text="Keep your address"/>
        {page}
    }
}
