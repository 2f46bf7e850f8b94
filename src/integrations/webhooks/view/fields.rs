use leptos::prelude::*;

use crate::{
    error::AppError,
    identity::page::on_field,
    integrations::webhooks::model::EVENTS,
    ui::{Field, TextInput},
};

/// What a webhook is made of, new or known.
#[component]
pub fn Fields(
    name: String,
    url: String,
    /// The types that are ticked.
    events: Vec<String>,
    refused: Signal<Option<AppError>>,
) -> impl IntoView {
    let choices = EVENTS
        .into_iter()
        .map(|(event, told)| {
            let chosen = events.iter().any(|chosen| chosen == event);
            view! {
                <label class="check">
                    <input type="checkbox" name="events[]" value=event checked=chosen/>
                    <span>{told} " " <span class="sub mono">{event}</span></span>
                </label>
            }
        })
        .collect_view();
    view! {
        <Field
            id="url"
            label="Address"
            hint="Where events are posted. It begins with https:// and can be reached from the internet."
            error=on_field(refused, "url")
        >
            <TextInput
                name="url"
                kind="url"
                value=url
                required=true
                attr:autocomplete="off"
                attr:autocapitalize="none"
                attr:spellcheck="false"
                attr:maxlength="2000"
            />
        </Field>
        <Field id="name" label="Name (optional)" hint="What you call it." error=on_field(refused, "name")>
            <TextInput name="name" value=name attr:autocomplete="off" attr:maxlength="100"/>
        </Field>
        <fieldset class="stack tight">
            <legend>"Which events"</legend>
            <p class="sub">"Where you tick none, all are posted, also kinds that are yet to come."</p>
            {choices}
        </fieldset>
    }
}
