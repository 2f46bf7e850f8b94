use leptos::{either::EitherOf4, prelude::*};
use leptos_meta::Title;

use super::{asked, fields::CodeField, onward::Onward};
use crate::{
    identity::{
        api::{Resend, VerifyCode, VerifyLink, waiting_for_code},
        model::Awaited,
        page::{Refused, on_field, refusal_of},
    },
    ui::{Button, GatePage, LinkButton, Look, Remaining, Size},
};

/// Takes the code; opened from the link in the mail, asks for one press of a button instead. Opening it does nothing.
#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let token = Some(asked("token")).filter(|token| !token.is_empty());
    let page = Suspend::new(async move {
        match (waiting_for_code().await, token) {
            (Ok(Some(waiting)), Some(token)) => EitherOf4::A(view! { <LinkForm token=token waiting=waiting/> }),
            (Ok(Some(waiting)), None) => EitherOf4::B(view! { <CodeForm waiting=waiting/> }),
            (Ok(None), token) => EitherOf4::C(view! { <NotBegun linked=token.is_some()/> }),
            (Err(error), _) => EitherOf4::D(
                // It could not be found out what this browser waits for.
                view! { <Onward title="One moment" told=error.message href="/verify-email" button="Try again"/> },
            ),
        }
    });
    view! {
        <Title text="Enter the code"/>
        {page}
    }
}

/// Takes the six digits, and sends new ones on request.
#[component]
fn CodeForm(waiting: Awaited) -> impl IntoView {
    let verify = ServerAction::<VerifyCode>::new();
    let resend = ServerAction::<Resend>::new();
    let wrong = on_field(refusal_of(verify), "code");
    let Awaited { masked_email, resend_in } = waiting;
    view! {
        <GatePage
            title="Enter the code"
            intro=move || {
                view! {
                    <p>"Six digits are on their way to " <b>{masked_email}</b> ". They work for 10 minutes, in this browser."</p>
                }
            }
        >
            <Refused error=refusal_of(verify) except="code"/>
            <Refused error=refusal_of(resend) except=""/>
            <ActionForm action=verify attr:class="stack">
                <CodeField error=wrong/>
                <Button look=Look::Primary size=Size::Large wide=true>"Continue"</Button>
            </ActionForm>
            <p class="muted">
                "No mail after a minute? Look in spam, or "
                <button class="link" type="submit" form="resend">
                    "send a new code"
                </button>
                <Remaining
                    from=resend_in
                    one=" (possible in 1 second). "
                    many=" (possible in {} seconds). "
                    none=". "
                />
                <a href="/signin">"Use another address"</a>
            </p>
            <ActionForm action=resend attr:id="resend">
                ""
            </ActionForm>
        </GatePage>
    }
}

/// The page behind the link in the mail. Only pressing the button signs in: programs that look into mail open links.
#[component]
fn LinkForm(token: String, waiting: Awaited) -> impl IntoView {
    let verify = ServerAction::<VerifyLink>::new();
    view! {
        <GatePage
            title="Sign in to Aura"
            intro=move || {
                view! { <p>"You opened the link that we sent to " <b>{waiting.masked_email}</b> ". One press and you are in."</p> }
            }
        >
            <Refused error=refusal_of(verify) except=""/>
            <ActionForm action=verify attr:class="stack">
                <input type="hidden" name="token" value=token/>
                <Button look=Look::Primary size=Size::Large wide=true>"Sign in"</Button>
            </ActionForm>
            <LinkButton href="/verify-email" size=Size::Large wide=true>"Type the code instead"</LinkButton>
        </GatePage>
    }
}

/// This browser has no sign-in to finish: says what to do instead.
#[component]
fn NotBegun(linked: bool) -> impl IntoView {
    let (title, message, button) = if linked {
        (
            "Go back to the other browser",
            "This link works only in the browser where you began, and for 10 minutes. Open it there, or type the \
             six-digit code from the mail there.",
            "Sign in in this browser",
        )
    } else {
        (
            "Start again",
            "No sign-in is under way in this browser, or it took longer than 10 minutes.",
            "Start again with your address",
        )
    };
    view! { <Onward title=title told=message button=button/> }
}
