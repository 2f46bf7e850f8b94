use leptos::prelude::*;

use super::{
    api::{FinishPhone, RemovePhone, StartPhone, own_phone},
    model::PhoneView,
};
use crate::{
    identity::page::{CodeStep, Refused, on_field, refusal_of},
    ui::{Banner, Button, ConfirmDialog, Field, Look, Panel, PanelBody, Setting, Skeleton, TextInput, Tone},
};

/// The person's number: adding it by a code, and removing it. Nothing where no text messages are sent and none is there.
#[component]
pub fn PhoneSetting() -> impl IntoView {
    let start = ServerAction::<StartPhone>::new();
    let finish = ServerAction::<FinishPhone>::new();
    let remove = ServerAction::<RemovePhone>::new();
    let done = move || (start.version().get(), finish.version().get(), remove.version().get());
    let shown = Resource::new_blocking(done, |_| own_phone());
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(phone) if phone.on || phone.number.is_some() => {
                        view! { <Phone phone=phone start=start finish=finish remove=remove/> }.into_any()
                    }
                    Ok(_) => ().into_any(),
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Phone(
    phone: PhoneView,
    start: ServerAction<StartPhone>,
    finish: ServerAction<FinishPhone>,
    remove: ServerAction<RemovePhone>,
) -> impl IntoView {
    let PhoneView { on, number, since, waits } = phone;
    let (not_started, not_finished, not_removed) = (refusal_of(start), refusal_of(finish), refusal_of(remove));
    let is_set = number.is_some();
    let intro = match &number {
        Some(number) => format!("{number}, confirmed on {since}. Nobody signs in with it."),
        None => "Not set. We send a code to it once. Nobody signs in with it.".to_owned(),
    };
    let code = waits.map(|(id, masked)| {
        view! {
            <ActionForm action=finish attr:class="stack tight">
                <input type="hidden" name="id" value=id.to_string()/>
                <CodeStep
                    id="phone-code"
                    hint=format!("We sent a text message to {masked}. It works for 10 minutes.")
                    error=on_field(not_finished, "code")
                    busy=finish.pending()
                    button="Confirm the number"
                />
            </ActionForm>
        }
    });
    let form = on.then(|| {
        view! {
            <ActionForm action=start attr:class="stack tight">
                <Field
                    id="phone-number"
                    label=if is_set { "New number" } else { "Number" }
                    hint="Of a mobile phone, with the country's code."
                    error=on_field(not_started, "number")
                >
                    <TextInput
                        name="number"
                        kind="tel"
                        placeholder="+49 1512 3456789"
                        required=true
                        attr:autocomplete="tel"
                        attr:maxlength="32"
                    />
                </Field>
                <div>
                    <Button busy=start.pending()>"Send a code to it"</Button>
                </div>
            </ActionForm>
        }
    });
    let removal = is_set.then(|| {
        view! {
            <ConfirmDialog
                id="remove-phone"
                title="Remove your number?"
                open="Remove number"
                confirm=move || {
                    view! {
                        <ActionForm action=remove>
                            <Button look=Look::Danger busy=remove.pending()>"Remove number"</Button>
                        </ActionForm>
                    }
                }
            >
                <p>"How you sign in stays the same. To have it here again, you confirm it by a new code."</p>
            </ConfirmDialog>
        }
    });
    view! {
        <Setting id="phone" title="Phone" intro=intro>
            <Refused error=not_started except="number"/>
            <Refused error=not_finished except="code"/>
            <Refused error=not_removed except=""/>
            <Panel>
                <PanelBody>
                    <div class="stack">{code} {form} {removal}</div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
