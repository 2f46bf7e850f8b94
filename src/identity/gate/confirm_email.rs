use leptos::prelude::*;
use leptos_meta::Title;

use super::{asked, fields::PasswordField, onward::Onward};
use crate::{
    identity::{
        page::{Refused, on_field, refusal_of},
        password::api::{ConfirmEmail, confirmable},
    },
    platform::web,
    ui::{Button, GatePage, Look, Size},
};

const NOTHING: &str = "Nothing can be confirmed here";

/// The page behind the link of a registration. Only the button does something, for programs that look into mail open
/// links; and only with the password that was chosen, for the address may have been typed by somebody else.
#[component]
pub fn ConfirmEmailPage() -> impl IntoView {
    let confirm = ServerAction::<ConfirmEmail>::new();
    let (token, done) = (asked("token"), !asked("done").is_empty());
    let refused = refusal_of(confirm);
    let page = Suspend::new(async move {
        if done {
            let told = "Your account is ready. Go back to the app and sign in with your password, or go on here.";
            return view! { <Onward title="Your address is confirmed" told=told href="/signin/password"/> }.into_any();
        }
        let address = if token.is_empty() { Ok(None) } else { confirmable(token.clone()).await };
        match address {
            Ok(Some(address)) => {
                let wrong = on_field(refused, "password");
                view! {
                    <GatePage
                        title="Confirm your address"
                        intro=move || {
                            view! {
                                <p>
                                    "Somebody registered an account with " <b>{address}</b>
                                    ". If it was you, give the password that you chose in the app."
                                </p>
                            }
                        }
                    >
                        <Refused error=refused except="password"/>
                        <ActionForm action=confirm attr:class="stack">
                            <input type="hidden" name="token" value=token/>
                            <PasswordField error=wrong/>
                            <Button look=Look::Primary size=Size::Large wide=true>"Confirm the address"</Button>
                        </ActionForm>
                        <p class="muted">"It was not you? Close this page: without the password nothing happens."</p>
                    </GatePage>
                }
                .into_any()
            }
            Ok(None) => {
                web::set_status(410);
                let why = "This link is not complete, was used, or is older than 10 minutes.";
                view! { <Onward title=NOTHING told=why/> }.into_any()
            }
            Err(error) => view! { <Onward title=NOTHING told=error.message/> }.into_any(),
        }
    });
    view! {
        <Title text="Confirm your address"/>
        {page}
    }
}
