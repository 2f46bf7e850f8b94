//! What the settings pages show of an account's safety, and how a refusal is shown. The pages in front of the app
//! stand in `gate`.

mod activity;
mod password;
mod security;

pub use activity::ActivityPage;
pub use security::SecurityPage;

use leptos::{html, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

use super::next;
use crate::{
    error::AppError,
    ui::{Banner, Button, CodeInput, Countdown, Field, LinkButton, Tone},
};

/// A refusal that belongs to no field of the form, with the way to a fresh proof where that is what is missing.
#[component]
pub fn Refused(error: Signal<Option<AppError>>, except: &'static str) -> impl IntoView {
    let here = use_location().pathname;
    move || {
        error.get().filter(|error| error.field.as_deref() != Some(except)).map(
            |AppError { code, message, retry_after, .. }| {
                let prove =
                    (code == "prove_first").then(|| next::handing_on("/settings/confirm", &here.get_untracked()));
                let way = prove.map(|prove| view! { <LinkButton href=prove external=true>"Confirm"</LinkButton> });
                view! {
                    <Banner tone=Tone::Danger action=move || way>
                        {message}
                        {retry_after.map(|from| view! { <Countdown from=from/> })}
                    </Banner>
                }
            },
        )
    }
}

/// The second step of a form in the settings: the code that was sent, and a button.
#[component]
pub fn CodeStep(
    id: &'static str,
    hint: String,
    error: Signal<Option<String>>,
    #[prop(into)] busy: Signal<bool>,
    button: &'static str,
) -> impl IntoView {
    view! {
        <Field id=id label="Six-digit code" hint=hint error=error>
            <CodeInput name="code"/>
        </Field>
        <div>
            <Button busy=busy>{button}</Button>
        </div>
    }
}

/// The sentence for one field of the form.
pub fn on_field(error: Signal<Option<AppError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || error.get().filter(|error| error.field.as_deref() == Some(field)).map(|error| error.message))
}

/// For a form that is empty again once it was done: what was typed is not left in the page.
pub fn emptied_by<S>(action: ServerAction<S>) -> NodeRef<html::Form>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        let done = action.value().with(|done| matches!(done, Some(Ok(_))));
        if let (true, Some(form)) = (done, form.get_untracked()) {
            form.reset();
        }
    });
    form
}

/// Why the act was refused the last time, as long as that is the last that is known of it.
pub fn refusal_of<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().with(|done| done.as_ref().and_then(|done| done.as_ref().err().cloned())))
}
