use leptos::prelude::*;

use crate::{
    account::api::Rename,
    identity::{
        page::{Refused, on_field},
        view::ViewerChanges,
    },
    ui::{Button, Field, Setting, TextInput, Toasts, Tone},
};

/// What one is called.
#[component]
pub fn NameSetting(name: String) -> impl IntoView {
    let save = ServerAction::<Rename>::new();
    let refused = Signal::derive(move || save.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let (Some(Ok(name)), Some(toasts)) = (save.value().get(), toasts) {
            toasts.show(Tone::Ok, format!("You are called {name} now."));
            ViewerChanges::note();
        }
    });
    view! {
        <Setting id="name" title="Name" intro="What Aura and other people call you.">
            <Refused error=refused except="display_name"/>
            <ActionForm action=save attr:class="stack">
                <Field id="display_name" label="Display name" error=on_field(refused, "display_name")>
                    <TextInput
                        name="display_name"
                        value=name
                        required=true
                        attr:maxlength="100"
                        attr:autocomplete="name"
                    />
                </Field>
                <div class="actions">
                    <Button busy=save.pending()>"Save name"</Button>
                </div>
            </ActionForm>
        </Setting>
    }
}
