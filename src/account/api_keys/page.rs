use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    api::{MakeKey, RevokeKey, own_keys},
    model::{KeyView, KeysView, LASTS},
};
use crate::{
    identity::page::{Refused, emptied_by, on_field, refusal_of},
    ui::{
        Banner, Button, ConfirmDialog, Field, Look, Panel, PanelBody, Rows, Setting, Size, Skeleton, TextInput, Tone,
    },
};

/// The keys that a person gives to programs, and where the API is described.
#[component]
pub fn DeveloperPage() -> impl IntoView {
    let make = ServerAction::<MakeKey>::new();
    let revoke = ServerAction::<RevokeKey>::new();
    let shown = Resource::new_blocking(move || (make.version().get(), revoke.version().get()), |_| own_keys());
    view! {
        <Title text="Developer"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(KeysView { keys, scopes, made }) => {
                        view! {
                            {made.map(|key| view! { <Made key=key/> })}
                            <Keys keys=keys revoke=revoke/>
                            <New scopes=scopes make=make/>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// A new key, this once.
#[component]
fn Made(key: String) -> impl IntoView {
    view! {
        <Banner tone=Tone::Ok>
            <div class="stack tight">
                <label for="new-key">"Your new key. Copy it now: it is not shown again."</label>
                <input
                    class="input mono"
                    id="new-key"
                    type="text"
                    readonly=true
                    autocomplete="off"
                    spellcheck="false"
                    value=key
                />
            </div>
        </Banner>
    }
}

#[component]
fn Keys(keys: Vec<KeyView>, revoke: ServerAction<RevokeKey>) -> impl IntoView {
    let none = keys.is_empty();
    let rows = keys
        .into_iter()
        .map(|key| {
            let KeyView { id, name, prefix, scopes, made, used, expires } = key;
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{name.clone()}</div>
                        <div class="sub">{prefix} "… · " {scopes}</div>
                        <div class="sub">{format!("Made {made}, {used}, {expires}")}</div>
                    </div>
                    <Revoke id=id.to_string() name=name revoke=revoke/>
                </div>
            }
        })
        .collect_view();
    view! {
        <Setting
            id="keys"
            title="API keys"
            intro="A key lets a program act for you, within what you allow. Give each program its own, so that you can revoke one alone."
        >
            <Refused error=refusal_of(revoke) except=""/>
            <Panel>
                {if none {
                    view! {
                        <PanelBody>
                            <p class="muted">"No program acts for you. Make a key for one below."</p>
                        </PanelBody>
                    }
                        .into_any()
                } else {
                    view! { <Rows>{rows}</Rows> }.into_any()
                }}
            </Panel>
            <p class="sub">
                "What a program can ask, and how, stands in "
                <a href="/api/docs" rel="external">"the description of the API"</a> "."
            </p>
            <p>
                <a href="/settings/developer/webhooks">"Webhooks"</a>
                ": let Aura post to an address of yours what happens to your connections."
            </p>
        </Setting>
    }
}

#[component]
fn Revoke(id: String, name: String, revoke: ServerAction<RevokeKey>) -> impl IntoView {
    view! {
        <ConfirmDialog
            id=format!("revoke-{id}")
            title=format!("Revoke «{name}»?")
            open="Revoke"
            size=Size::Small
            confirm=move || {
                view! {
                    <ActionForm action=revoke>
                        <input type="hidden" name="id" value=id/>
                        <Button look=Look::Danger busy=revoke.pending()>"Revoke"</Button>
                    </ActionForm>
                }
            }
        >
            <p>"Programs that use it are turned away from their next request on. This cannot be undone."</p>
        </ConfirmDialog>
    }
}

#[component]
fn New(scopes: Vec<(String, String)>, make: ServerAction<MakeKey>) -> impl IntoView {
    let refused = refusal_of(make);
    let choices = scopes
        .into_iter()
        .map(|(scope, told)| {
            view! {
                <label class="check">
                    <input type="checkbox" name="scopes[]" value=scope.clone()/>
                    <span>{told} " " <span class="sub">{scope}</span></span>
                </label>
            }
        })
        .collect_view();
    let ends = LASTS
        .into_iter()
        .map(|(days, told)| view! { <option value=days.to_string() selected=days == 90>{told}</option> })
        .collect_view();
    view! {
        <Setting id="new" title="New key" intro="It is shown once, right after it was made.">
            <Refused error=refused except="name"/>
            <Panel>
                <PanelBody>
                    <ActionForm action=make attr:class="stack" node_ref=emptied_by(make)>
                        <Field id="name" label="Name" hint="Which program it is for." error=on_field(refused, "name")>
                            <TextInput name="name" required=true attr:maxlength="100" attr:autocomplete="off"/>
                        </Field>
                        <fieldset class="stack tight">
                            <legend>"What it may do"</legend>
                            {choices}
                        </fieldset>
                        <div class="field">
                            <label for="days">"How long it works"</label>
                            <select class="input" id="days" name="days">{ends}</select>
                        </div>
                        <div>
                            <Button look=Look::Primary busy=make.pending()>"Make the key"</Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
