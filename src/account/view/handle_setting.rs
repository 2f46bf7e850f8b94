use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    account::{
        api::{TakeHandle, check_handle},
        model::Availability,
    },
    error::AppError,
    identity::page::{Refused, on_field},
    ui::{Button, Field, Setting, TextInput, Toasts, Tone},
};

/// How long somebody stops typing before the server is asked.
const PAUSE: Duration = Duration::from_millis(300);

/// The name in one's address. Whether it is free is told while one types; without a script, by the second button, which
/// opens this page again with the question in its address.
#[component]
pub fn HandleSetting(handle: Option<String>) -> impl IntoView {
    let take = ServerAction::<TakeHandle>::new();
    let refused = Signal::derive(move || take.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let asked = use_query_map().with_untracked(|query| query.get("handle").unwrap_or_default());
    let shown = if asked.is_empty() { handle.clone().unwrap_or_default() } else { asked.clone() };
    let typed = RwSignal::new(shown.clone());
    let question = RwSignal::new(asked);
    let answer = Resource::new_blocking(
        move || question.get(),
        |handle| async move { if handle.is_empty() { None } else { Some(check_handle(handle).await) } },
    );
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let ask_soon = move |text: String| {
        typed.set(text);
        if let Some(waiting) = waiting.get_value() {
            waiting.clear();
        }
        let ask = move || question.set(typed.get_untracked());
        waiting.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    };
    let current = RwSignal::new(handle);
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let (Some(Ok(handle)), Some(toasts)) = (take.value().get(), toasts) {
            toasts.show(Tone::Ok, format!("You are @{handle} now."));
            question.set(String::new());
            current.set(Some(handle));
        }
    });
    view! {
        <Setting
            id="handle-setting"
            title="Handle"
            intro="Your address here. Anybody who opens it sees your name and your picture, and nothing else. A handle that you give up stays yours and leads to the new one."
        >
            {move || current.get().map(|handle| view! { <PublicAddress handle=handle/> })}
            <Refused error=refused except="handle"/>
            <ActionForm action=take attr:class="stack">
                <Field
                    id="handle"
                    label="Handle"
                    hint="3 to 30 letters a to z, digits and underscores."
                    error=on_field(refused, "handle")
                >
                    <TextInput
                        name="handle"
                        value=shown
                        required=true
                        attr:maxlength="31"
                        attr:autocomplete="off"
                        attr:autocapitalize="none"
                        attr:spellcheck="false"
                        on:input=move |event| ask_soon(event_target_value(&event))
                    />
                </Field>
                <p class="sub" role="status">
                    <Transition>
                        {move || Suspend::new(async move { answer.await.map(sentence) })}
                    </Transition>
                </p>
                <div class="actions">
                    <Button busy=take.pending()>"Take handle"</Button>
                    <Button
                        attr:formmethod="get"
                        attr:formaction="/settings"
                        on:click=move |event| {
                            event.prevent_default();
                            question.set(typed.get_untracked());
                        }
                    >
                        "Is it free?"
                    </Button>
                </div>
            </ActionForm>
        </Setting>
    }
}

/// It is served outside the app, so the link loads a new document.
#[component]
fn PublicAddress(handle: String) -> impl IntoView {
    let address = format!("/@{handle}");
    view! { <p>"You are " <a href=address rel="external">"@" {handle}</a> "."</p> }
}

fn sentence(answer: Result<Availability, AppError>) -> String {
    match answer {
        Ok(Availability::Free { handle }) => format!("@{handle} is free."),
        Ok(Availability::Yours { handle }) => format!("@{handle} is yours already."),
        Ok(Availability::No { why }) => why,
        Err(error) => error.message,
    }
}
