//! The two pages in front of the app.

mod activity;
mod confirm;
mod security;
mod undo_email;

pub use activity::ActivityPage;
pub use confirm::ConfirmPage;
pub use security::SecurityPage;
pub use undo_email::UndoEmailPage;

use leptos::{either::EitherOf4, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{StartSignIn, offered_ways, waiting_for_code},
    browser,
    view::{CodeForm, LinkForm, OtherWays, PrivySignIn, SignInNotice, WalletWay},
};
use crate::{
    error::AppError,
    ui::{Banner, Button, Countdown, Field, GatePage, LinkButton, Look, Size, TextInput, Tone},
};

/// Asks for the address.
#[component]
pub fn SignInPage() -> impl IntoView {
    let start = ServerAction::<StartSignIn>::new();
    let refused = Signal::derive(move || start.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let next = use_query_map().with_untracked(|query| query.get("next").unwrap_or_default());
    let wish = next.clone();
    let ways = Resource::new_blocking(|| (), |()| offered_ways());
    let time_zone = RwSignal::new(String::new());
    Effect::new(move |_| time_zone.set(browser::time_zone().unwrap_or_default()));
    view! {
        <Title text="Sign in"/>
        <GatePage
            title="Sign in to Aura"
            intro=|| view! { <p>"We send a six-digit code. New here? The same code creates your account."</p> }
        >
            <SignInNotice ways=ways/>
            <Refused error=refused except="email"/>
            <ActionForm action=start attr:class="stack">
                <input type="hidden" name="next" value=next/>
                <input type="hidden" name="time_zone" prop:value=time_zone/>
                <Field id="email" label="E-mail address" error=on_field(refused, "email")>
                    <TextInput
                        name="email"
                        kind="email"
                        placeholder="you@company.com"
                        required=true
                        large=true
                        attr:autocomplete="username"
                        attr:maxlength="254"
                    />
                </Field>
                <Button look=Look::Primary size=Size::Large wide=true busy=start.pending()>"Send code"</Button>
            </ActionForm>
            <OtherWays ways=ways next=wish.clone()/>
            <PrivySignIn next=wish.clone()/>
            <WalletWay next=wish/>
        </GatePage>
    }
}

/// Takes the code; opened from the link in the mail, asks for one press of a button instead. Opening it does nothing.
#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let token = use_query_map().with_untracked(|query| query.get("token").filter(|token| !token.is_empty()));
    let sent = RwSignal::new(0_u32);
    let waiting = Resource::new(move || sent.get(), |_| waiting_for_code());
    view! {
        <Title text="Enter the code"/>
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match (waiting.await, token) {
                        (Ok(Some(waiting)), Some(token)) => {
                            EitherOf4::A(view! { <LinkForm token=token waiting=waiting/> })
                        }
                        (Ok(Some(waiting)), None) => EitherOf4::B(view! { <CodeForm waiting=waiting sent=sent/> }),
                        (Ok(None), token) => EitherOf4::C(view! { <NotBegun linked=token.is_some()/> }),
                        (Err(error), _) => EitherOf4::D(view! { <Away message=error.message/> }),
                    }
                })
            }}
        </Suspense>
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
    view! {
        <GatePage title=title intro=move || view! { <p>{message}</p> }>
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>
                {button}
            </LinkButton>
        </GatePage>
    }
}

/// It could not be found out what this browser waits for.
#[component]
fn Away(message: String) -> impl IntoView {
    view! {
        <GatePage title="One moment" intro=move || view! { <p>{message}</p> }>
            <LinkButton href="/verify-email" look=Look::Primary size=Size::Large wide=true external=true>
                "Try again"
            </LinkButton>
        </GatePage>
    }
}

/// A refusal that belongs to no field of the form.
#[component]
pub fn Refused(error: Signal<Option<AppError>>, except: &'static str) -> impl IntoView {
    move || {
        error
            .get()
            .filter(|error| error.field.as_deref() != Some(except))
            .map(|AppError { message, retry_after, .. }| {
                view! { <Banner tone=Tone::Danger>{message} {retry_after.map(|from| view! { <Countdown from=from/> })}</Banner> }
            })
    }
}

/// The sentence for one field of the form.
pub fn on_field(error: Signal<Option<AppError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || error.get().filter(|error| error.field.as_deref() == Some(field)).map(|error| error.message))
}

/// Why the act was refused the last time, as long as that is the last that is known of it.
pub(super) fn refusal_of<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().with(|done| done.as_ref().and_then(|done| done.as_ref().err().cloned())))
}
