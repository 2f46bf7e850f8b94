use leptos::prelude::*;

use crate::{
    integrations::webhooks::{
        api::ReplayWebhook,
        model::{DeliveryState, DeliveryView},
    },
    ui::{Badge, Button, Disclosure, LinkButton, Panel, PanelBody, Rows, Size, Tone},
};

/// What was posted, the newest first.
#[component]
pub fn Deliveries(
    /// The webhook.
    id: String,
    deliveries: Vec<DeliveryView>,
    older: Option<String>,
    first: bool,
    off: bool,
    replay: ServerAction<ReplayWebhook>,
) -> impl IntoView {
    if deliveries.is_empty() {
        return view! {
            <Panel>
                <PanelBody>
                    <p class="muted">"Nothing was posted yet. Try it out, or wait for something to happen."</p>
                </PanelBody>
            </Panel>
        }
        .into_any();
    }
    let failed = deliveries.iter().any(|one| one.state == DeliveryState::Failed);
    let here = format!("/settings/developer/webhooks/{id}");
    let to_older = older.map(|before| format!("{here}?before={before}"));
    let all = id.clone();
    let rows = deliveries
        .into_iter()
        .map(|one| view! { <Delivery webhook=id.clone() one=one off=off replay=replay/> })
        .collect_view();
    view! {
        <div class="stack">
            {(failed && !off).then(|| view! {
                <ActionForm action=replay>
                    <input type="hidden" name="id" value=all/>
                    <Button size=Size::Small busy=replay.pending()>"Post all that failed again"</Button>
                </ActionForm>
            })}
            <Panel><Rows>{rows}</Rows></Panel>
            <div class="actions">
                {(!first).then(|| view! { <LinkButton href=here size=Size::Small>"Newest"</LinkButton> })}
                {to_older.map(|href| view! { <LinkButton href=href size=Size::Small>"Older"</LinkButton> })}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Delivery(webhook: String, one: DeliveryView, off: bool, replay: ServerAction<ReplayWebhook>) -> impl IntoView {
    let DeliveryView { id, event, state, when, told, answer } = one;
    let (tone, word) = match state {
        DeliveryState::Waiting => (Tone::Accent, "Waiting"),
        DeliveryState::Delivered => (Tone::Ok, "Delivered"),
        DeliveryState::Failed => (Tone::Danger, "Failed"),
    };
    let again = format!("Post again: {event}, {when}");
    view! {
        <div class="row">
            <div class="grow">
                <div class="title">{event} " " <Badge tone=tone>{word}</Badge></div>
                <div class="sub">{when} ". " {told}</div>
                <div class="sub mono">{id.to_string()}</div>
                {answer.map(|answer| view! {
                    <Disclosure summary="What it answered">
                        <p class="sub mono">{answer}</p>
                    </Disclosure>
                })}
            </div>
            {(!off).then(|| view! {
                <ActionForm action=replay>
                    <input type="hidden" name="id" value=webhook/>
                    <input type="hidden" name="delivery" value=id.to_string()/>
                    <Button size=Size::Small busy=replay.pending() attr:aria-label=again>"Post again"</Button>
                </ActionForm>
            })}
        </div>
    }
}
