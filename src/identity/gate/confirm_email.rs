use leptos::prelude::*;
use leptos_meta::Title;

use super::asked;
use crate::{
    identity::{
        page::{Refused, on_field, refusal_of},
        password::api::{ConfirmEmail, confirmable},
    },
    platform::web,
    ui::{Button, Field, GatePage, LinkButton, Look, Size, TextInput},
};

/// The page behind the link of a registration. Only the button does something, for programs that look into mail open
/// links; and only with the password that was chosen, for the address may have been typed by somebody else.
#[component]
pub fn ConfirmEmailPage() -> impl IntoView {
    let confirm = ServerAction::<ConfirmEmail>::new();
    let (token, done) = (asked("token"), !asked("done").is_empty());
    let refused = refusal_of(confirm);
    let page = Suspend::new(async move {
        if done {
            return view! { <Done/> }.into_any();
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
                            <Field id="password" label="Password" error=wrong>
                                <TextInput
                                    name="password"
                                    kind="password"
                                    required=true
                                    large=true
                                    attr:autocomplete="current-password"
                                    attr:maxlength="1024"
                                    attr:autofocus=wrong.with_untracked(Option::is_some)
                                />
                            </Field>
                            <Button look=Look::Primary size=Size::Large wide=true>"Confirm the address"</Button>
                        </ActionForm>
                        <p class="muted">"It was not you? Close this page: without the password nothing happens."</p>
                    </GatePage>
                }
                .into_any()
            }
            Ok(None) => {
                web::set_status(410);
                let why = "This link is not complete, was used, or is older than 10 minutes.".to_owned();
                view! { <TooLate why=why/> }.into_any()
            }
            Err(error) => view! { <TooLate why=error.message/> }.into_any(),
        }
    });
    view! {
        <Title text="Confirm your address"/>
        {page}
    }
}

#[component]
fn Done() -> impl IntoView {
    view! {
        <GatePage
            title="Your address is confirmed"
            intro=|| view! { <p>"Your account is ready. Go back to the app and sign in with your password, or go on here."</p> }
        >
            <LinkButton href="/signin/password" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}

#[component]
fn TooLate(why: String) -> impl IntoView {
    view! {
        <GatePage title="Nothing can be confirmed here" intro=move || view! { <p>{why}</p> }>
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}
