use leptos::prelude::*;

use crate::{
    account::api::ChooseTimeZone,
    identity::page::{Refused, on_field},
    ui::{Button, Field, Setting, TextInput, Toasts, Tone},
};

/// Which time is meant by «today». The list is searched by typing; nothing typed means the zone of the browser.
#[component]
pub fn ZoneSetting(zone: String, chosen: bool, zones: Vec<String>) -> impl IntoView {
    let save = ServerAction::<ChooseTimeZone>::new();
    let refused = Signal::derive(move || save.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let (Some(Ok(())), Some(toasts)) = (save.value().get(), toasts) {
            toasts.show(Tone::Ok, "The time zone is saved.");
        }
    });
    let value = if chosen { zone.clone() } else { String::new() };
    view! {
        <Setting id="zone" title="Time zone" intro="«Today» in a question means today there.">
            <Refused error=refused except="time_zone"/>
            <ActionForm action=save attr:class="stack">
                <Field
                    id="time_zone"
                    label="Time zone"
                    hint="Type a city to search. Leave it empty to use the zone of the browser that you sign in with."
                    error=on_field(refused, "time_zone")
                >
                    <TextInput
                        name="time_zone"
                        value=value
                        placeholder=zone
                        attr:list="time-zones"
                        attr:autocomplete="off"
                        attr:spellcheck="false"
                    />
                </Field>
                <datalist id="time-zones">
                    {zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}
                </datalist>
                <div class="actions">
                    <Button busy=save.pending()>"Save time zone"</Button>
                </div>
            </ActionForm>
        </Setting>
    }
}
