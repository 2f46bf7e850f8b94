use leptos::prelude::*;

use crate::{
    identity::{
        api::{Resend, VerifyCode},
        model::Awaited,
        page::{Refused, on_field},
    },
    ui::{Button, CodeInput, Field, GatePage, Look, Size, countdown},
};

/// Takes the six digits, and sends new ones on request. `sent` counts the new mails, so that the page asks again what
/// it waits for.
#[component]
pub fn CodeForm(waiting: Awaited, sent: RwSignal<u32>) -> impl IntoView {
    let verify = ServerAction::<VerifyCode>::new();
    let resend = ServerAction::<Resend>::new();
    let refused = Signal::derive(move || verify.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let not_sent =
        Signal::derive(move || resend.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    Effect::new(move |_| {
        if resend.value().with(|done| matches!(done, Some(Ok(())))) {
            resend.value().set(None);
            sent.update(|sent| *sent += 1);
        }
    });
    let Awaited { masked_email, resend_in } = waiting;
    let left = countdown(resend_in);
    view! {
        <GatePage
            title="Enter the code"
            intro=move || {
                view! {
                    <p>"Six digits are on their way to " <b>{masked_email}</b> ". They work for 10 minutes, in this browser."</p>
                }
            }
        >
            <Refused error=refused except="code"/>
            <Refused error=not_sent except=""/>
            <ActionForm action=verify attr:class="stack">
                <Field id="code" label="Six-digit code" hint="You can paste the whole code." error=on_field(refused, "code")>
                    <CodeInput name="code"/>
                </Field>
                <Button look=Look::Primary size=Size::Large wide=true busy=verify.pending()>"Continue"</Button>
            </ActionForm>
            <p class="muted">
                "No mail after a minute? Look in spam, or "
                <button class="link" type="submit" form="resend" aria-busy=move || resend.pending().get().then_some("true")>
                    "send a new code"
                </button>
                {move || match left.get() {
                    0 => ". ".to_owned(),
                    1 => " (possible in 1 second). ".to_owned(),
                    left => format!(" (possible in {left} seconds). "),
                }}
                <a href="/signin">"Use another address"</a>
            </p>
            <ActionForm action=resend attr:id="resend">
                ""
            </ActionForm>
        </GatePage>
    }
}
