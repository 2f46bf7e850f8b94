use leptos::prelude::*;
use leptos_meta::Title;

use super::{fields::CodeField, onward::Onward};
use crate::{
    identity::{
        page::{Refused, on_field, refusal_of},
        privy::{
            api::{VerifyPrivyCode, awaited_privy_code},
            model::{AwaitedCode, CodeWay},
        },
    },
    ui::{Button, GatePage, Look, Size},
};

/// Types the code that Privy sent.
#[component]
pub fn PrivyCodePage() -> impl IntoView {
    let page = Suspend::new(async move {
        match awaited_privy_code().await {
            Ok(Some(awaited)) => view! { <Code awaited=awaited/> }.into_any(),
            Ok(None) => view! { <NotBegun/> }.into_any(),
            Err(error) => view! {
                <Onward title="One moment" told=error.message href="/signin/privy" button="Try again"/>
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
                <CodeField error=wrong/>
                <Button look=Look::Primary size=Size::Large wide=true>"Continue"</Button>
            </ActionForm>
            <p class="muted">"Nothing came? " <a href="/signin">"Begin again, or use another way"</a></p>
        </GatePage>
    }
}

#[component]
fn NotBegun() -> impl IntoView {
    let told = "No sign-in is under way in this browser, or it took longer than 10 minutes.";
    view! { <Onward title="Start again" told=told/> }
}
