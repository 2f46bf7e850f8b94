use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    asked,
    fields::{CodeField, EmailField},
    onward::Onward,
};
use crate::{
    identity::{
        api::{FinishLostMailbox, StartLostMailbox},
        page::{Refused, on_field, refusal_of},
    },
    platform::web,
    ui::{Button, Field, GatePage, Look, Size, TextArea},
};

/// For whoever cannot open the mailbox of their account: which one it is, another address, and why. The address after
/// the first step names the verification that waits; it never tells whether there is such an account.
#[component]
pub fn LostMailboxPage() -> impl IntoView {
    let request = asked("request");
    let page = if asked("sent") == "yes" {
        view! { <Waits/> }.into_any()
    } else if request.is_empty() {
        view! { <Ask/> }.into_any()
    } else {
        view! { <Prove request=request/> }.into_any()
    };
    view! {
        <Title text="Lost mailbox"/>
        {page}
    }
}

#[component]
fn Ask() -> impl IntoView {
    let start = ServerAction::<StartLostMailbox>::new();
    let refused = refusal_of(start);
    let wrong = move |field: &'static str| on_field(refused, field);
    let elsewhere =
        refused.with_untracked(|error| error.as_ref().is_none_or(|error| error.field.is_none())).then_some("");
    view! {
        <GatePage
            title="I cannot reach my mailbox"
            intro=|| view! {
                <p>
                    "Can you still sign in by a service, a wallet or a password? Then do that, and change the address in \
                     your settings. Otherwise ask here: the people who run this Aura decide after a week, in which the \
                     owner of the account can say no."
                </p>
            }
        >
            {elsewhere.map(|except| view! { <Refused error=refused except=except/> })}
            <ActionForm action=start attr:class="stack">
                <EmailField
                    label="Address of your account"
                    hint="The one whose mailbox you cannot open."
                    autocomplete="off"
                    error=wrong("email")
                />
                <EmailField
                    name="new_email"
                    label="New address"
                    hint="We send a code there."
                    autocomplete="email"
                    error=wrong("new_email")
                />
                <Field
                    id="reason"
                    label="What happened"
                    hint="Say how you lost the mailbox, and what you know of the account."
                    error=wrong("reason")
                >
                    <TextArea
                        name="reason"
                        value=web::typed("reason").unwrap_or_default()
                        required=true
                        attr:maxlength="500"
                        attr:autocomplete="off"
                    />
                </Field>
                <Button look=Look::Primary size=Size::Large wide=true>"Send a code to the new address"</Button>
            </ActionForm>
            <p class="muted"><a class="way" href="/signin">"Back to signing in"</a></p>
        </GatePage>
    }
}

#[component]
fn Prove(request: String) -> impl IntoView {
    let finish = ServerAction::<FinishLostMailbox>::new();
    let refused = refusal_of(finish);
    view! {
        <GatePage
            title="Confirm the new address"
            intro=|| view! { <p>"Six digits are on their way to the new address. They work for 10 minutes."</p> }
        >
            <Refused error=refused except="code"/>
            <ActionForm action=finish attr:class="stack">
                <input type="hidden" name="request" value=request/>
                <CodeField error=on_field(refused, "code")/>
                <Button look=Look::Primary size=Size::Large wide=true>"Confirm"</Button>
            </ActionForm>
            <p class="muted"><a class="way" href="/lost-mailbox">"Begin again"</a></p>
        </GatePage>
    }
}

#[component]
fn Waits() -> impl IntoView {
    let told = "If there is such an account, its mailbox is told, and so is everybody who is signed in to it. Unless \
                somebody there says no, the people who run this Aura decide after seven days. We write to your new \
                address.";
    view! { <Onward title="Now it waits for a week" told=told button="Back to signing in"/> }
}
