use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    identity::{
        page::{Refused, on_field, refusal_of},
        privy::{
            api::{VerifyPrivyCode, awaited_privy_code},
            model::{AwaitedCode, CodeWay},
        },
    },
    ui::{Button, CodeInput, Field, GatePage, LinkButton, Look, Size},
};

/// Types the code that Privy sent.
#[component]
pub fn PrivyCodePage() -> impl IntoView {
    let page = Suspend::new(async move {
        match awaited_privy_code().await {
            Ok(Some(awaited)) => view! { <Code awaited=awaited/> }.into_any(),
            Ok(None) => view! { <NotBegun/> }.into_any(),
            Err(error) => view! {
                <GatePage title="One moment" intro=move || view! { <p>{error.message}</p> }>
                    <LinkButton href="/signin/privy" look=Look::Primary size=Size::Large wide=true>
                        "Try again"
                    </LinkButton>
                </GatePage>
            }
            .into_any(),
        }
    });
    view! {
        <Title text="Enter the code"/>
        {page}
    }
}

#[component]
fn Code(awaited: AwaitedCode) -> impl IntoView {
    let verify = ServerAction::<VerifyPrivyCode>::new();
    let refused = refusal_of(verify);
    let wrong = on_field(refused, "code");
    let AwaitedCode { way, masked } = awaited;
    let told = match way {
        CodeWay::Email => "Privy has sent six digits to the mailbox ",
        CodeWay::Sms => "Privy has sent six digits to the number ",
    };
    view! {
        <GatePage
            title="Enter the code"
            intro=move || view! { <p>{told} <b>{masked}</b> ". They work for 10 minutes, in this browser."</p> }
        >
            <Refused error=refused except="code"/>
            <ActionForm action=verify attr:class="stack">
                <Field id="code" label="Six-digit code" hint="You can paste the whole code." error=wrong>
                    <CodeInput name="code" attr:autofocus=wrong.with_untracked(Option::is_some)/>
                </Field>
                <Button look=Look::Primary size=Size::Large wide=true>"Continue"</Button>
            </ActionForm>
            <p class="muted">"Nothing came? " <a href="/signin">"Begin again, or use another way"</a></p>
        </GatePage>
    }
}

#[component]
fn NotBegun() -> impl IntoView {
    view! {
        <GatePage
            title="Start again"
            intro=|| view! { <p>"No sign-in is under way in this browser, or it took longer than 10 minutes."</p> }
        >
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}
