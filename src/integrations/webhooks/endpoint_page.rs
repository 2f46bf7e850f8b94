use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{ChangeWebhook, DeleteWebhook, PingWebhook, ReplayWebhook, RotateWebhook, SwitchWebhook, one_webhook},
    model::{EndpointPageView, EndpointView},
    view::{Deliveries, Fields},
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{Badge, Banner, Button, ConfirmDialog, Look, Panel, PanelBody, Setting, Skeleton, Tone},
};

/// What a page about one webhook can do.
#[derive(Clone, Copy)]
struct Acts {
    change: ServerAction<ChangeWebhook>,
    switch: ServerAction<SwitchWebhook>,
    rotate: ServerAction<RotateWebhook>,
    delete: ServerAction<DeleteWebhook>,
    ping: ServerAction<PingWebhook>,
    replay: ServerAction<ReplayWebhook>,
}

/// One webhook: what was posted to it, and what can be done with it.
#[component]
pub fn WebhookPage() -> impl IntoView {
    let acts = Acts {
        change: ServerAction::new(),
        switch: ServerAction::new(),
        rotate: ServerAction::new(),
        delete: ServerAction::new(),
        ping: ServerAction::new(),
        replay: ServerAction::new(),
    };
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let before = Memo::new(move |_| query.with(|query| query.get("before").unwrap_or_default()));
    // Once it is deleted there is nothing to ask for: the browser is on its way to the list.
    let versions = move || {
        let Acts { change, switch, rotate, ping, replay, .. } = acts;
        (
            change.version().get(),
            switch.version().get(),
            rotate.version().get(),
            ping.version().get(),
            replay.version().get(),
        )
    };
    let shown =
        Resource::new_blocking(move || (id.get(), before.get(), versions()), |(id, before, _)| one_webhook(id, before));
    view! {
        <Title text="Webhook"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(page) => {
                        let first = before.get_untracked().is_empty();
                        view! { <Whole page=page first=first acts=acts/> }.into_any()
                    }
                    Err(error) => {
                        view! {
                            <Banner tone=Tone::Danger>{error.message}</Banner>
                            <p><a href="/settings/developer/webhooks">"All webhooks"</a></p>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn Whole(page: EndpointPageView, first: bool, acts: Acts) -> impl IntoView {
    let EndpointPageView { endpoint, secret, deliveries, older } = page;
    let (id, off) = (endpoint.id.to_string(), endpoint.off.is_some());
    let again = endpoint.clone();
    let refused = refusal_of(acts.change);
    let general =
        Signal::derive(move || refused.get().filter(|error| !matches!(error.field.as_deref(), Some("url" | "name"))));
    view! {
        {secret.map(|secret| view! { <Made secret=secret/> })}
        <State endpoint=endpoint acts=acts/>
        <Setting
            id="deliveries"
            title="What was posted"
            intro="Kept for 30 days. What fails is tried eight times in about a day. The order is not promised, and an event may come twice under one id."
        >
            <Refused error=refusal_of(acts.replay) except=""/>
            <Deliveries id=id deliveries=deliveries older=older first=first off=off replay=acts.replay/>
        </Setting>
        <Setting id="change" title="Change it" intro="It holds for what happens from now on, and for what still waits.">
            <Refused error=general except=""/>
            <Panel>
                <PanelBody>
                    <ActionForm action=acts.change attr:class="stack">
                        <input type="hidden" name="id" value=again.id.to_string()/>
                        <Fields name=again.name url=again.url events=again.events refused=refused/>
                        <div>
                            <Button look=Look::Primary busy=acts.change.pending()>"Save"</Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
        <p><a href="/settings/developer/webhooks">"All webhooks"</a></p>
    }
}

/// A new secret, this once.
#[component]
fn Made(secret: String) -> impl IntoView {
    view! {
        <Banner tone=Tone::Ok>
            <div class="stack tight">
                <label for="new-secret">
                    "The secret that signs what is posted. Copy it now: it is not shown again."
                </label>
                <input
                    class="input mono"
                    id="new-secret"
                    type="text"
                    readonly=true
                    autocomplete="off"
                    spellcheck="false"
                    value=secret
                />
            </div>
        </Banner>
    }
}

#[component]
fn State(endpoint: EndpointView, acts: Acts) -> impl IntoView {
    let EndpointView { id, title, url, off, failing, overlap, .. } = endpoint;
    let [of_ping, of_switch, of_rotate, of_delete] = [(); 4].map(|()| id.to_string());
    let (tone, word) = match (off, &failing) {
        (Some(_), _) => (Tone::Neutral, "Off"),
        (None, Some(_)) => (Tone::Warn, "Failing"),
        (None, None) => (Tone::Ok, "On"),
    };
    let told = off.map(|off| off.told().to_owned()).or_else(|| {
        failing.map(|since| format!("Nothing has reached it since {since}. After five days it is switched off."))
    });
    let is_off = off.is_some();
    view! {
        <Setting id="webhook" title=title.clone() intro="Each post is signed, so that you know it is Aura's.">
            <Refused error=refusal_of(acts.ping) except=""/>
            <Refused error=refusal_of(acts.switch) except=""/>
            <Refused error=refusal_of(acts.rotate) except=""/>
            <Refused error=refusal_of(acts.delete) except=""/>
            <Panel>
                <PanelBody>
                    <div class="stack">
                        <div class="row">
                            <div class="grow">
                                <div class="sub mono">{url}</div>
                                {overlap.map(|until| view! {
                                    <div class="sub">{format!("The secret before this one signs as well until {until}.")}</div>
                                })}
                            </div>
                            <Badge tone=tone>{word}</Badge>
                        </div>
                        {told.map(|told| view! { <Banner tone=Tone::Warn>{told}</Banner> })}
                        <div class="actions">
                            {(!is_off).then(|| view! {
                                <ActionForm action=acts.ping>
                                    <input type="hidden" name="id" value=of_ping/>
                                    <Button busy=acts.ping.pending()>"Try it out"</Button>
                                </ActionForm>
                            })}
                            <ActionForm action=acts.switch>
                                <input type="hidden" name="id" value=of_switch/>
                                {is_off.then(|| view! { <input type="hidden" name="on" value="true"/> })}
                                <Button busy=acts.switch.pending()>
                                    {if is_off { "Switch it on" } else { "Switch it off" }}
                                </Button>
                            </ActionForm>
                            <ConfirmDialog
                                id="rotate"
                                title="Replace the secret?"
                                open="Replace the secret"
                                look=Look::Ghost
                                confirm=move || {
                                    view! {
                                        <ActionForm action=acts.rotate>
                                            <input type="hidden" name="id" value=of_rotate/>
                                            <Button look=Look::Primary busy=acts.rotate.pending()>"Replace it"</Button>
                                        </ActionForm>
                                    }
                                }
                            >
                                <p>
                                    "The new one is shown once. For 24 hours each post is signed with both, so that you can change \
                                     over without a gap."
                                </p>
                            </ConfirmDialog>
                            <ConfirmDialog
                                id="delete"
                                title=format!("Delete «{title}»?")
                                open="Delete"
                                cancel="Keep it"
                                confirm=move || {
                                    view! {
                                        <ActionForm action=acts.delete>
                                            <input type="hidden" name="id" value=of_delete/>
                                            <Button look=Look::Danger busy=acts.delete.pending()>"Delete the webhook"</Button>
                                        </ActionForm>
                                    }
                                }
                            >
                                <p>"Nothing is posted there any more, and what was posted is forgotten. This cannot be undone."</p>
                            </ConfirmDialog>
                        </div>
                    </div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
