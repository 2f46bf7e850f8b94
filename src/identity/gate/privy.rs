use leptos::prelude::*;

use super::wallet::PrivyWalletButton;
use crate::{
    identity::{
        next,
        page::{Refused, on_field, refusal_of},
        privy::{
            api::{StartPrivyCode, SyncPrivy},
            model::{CodeWay, PrivyService, PrivyWays},
        },
    },
    platform::web,
    ui::{Button, Disclosure, Field, Mark, Size, TextInput},
};

/// The ways in by way of Privy, as far as this installation's app there has them on. Nothing of Privy's runs here.
#[component]
pub(super) fn PrivySignIn(ways: PrivyWays, next: String) -> impl IntoView {
    let sync = ServerAction::<SyncPrivy>::new();
    let start = ServerAction::<StartPrivyCode>::new();
    let not_sent = refusal_of(start);
    let open = not_sent.with_untracked(Option::is_some);
    let PrivyWays { email, sms, wallet, services, here } = ways;
    let more = email || sms || wallet || !services.is_empty();
    view! {
        <Refused error=refusal_of(sync) except=""/>
        {here.then(|| view! { <Here sync=sync next=next.clone()/> })}
        {more
            .then(|| {
                let next = next.clone();
                view! {
                    <Disclosure summary="Sign in with Privy" open=open>
                        <div class="stack">
                            <Refused error=not_sent except="target"/>
                            {email.then(|| view! { <CodeTo way=CodeWay::Email start=start next=next.clone()/> })}
                            {sms.then(|| view! { <CodeTo way=CodeWay::Sms start=start next=next.clone()/> })}
                            <Services services=services next=next.clone()/>
                            {wallet.then(|| view! { <PrivyWalletButton next=next.clone()/> })}
                        </div>
                    </Disclosure>
                }
            })}
    }
}

/// This browser is signed in at Privy already: one press, and here too.
#[component]
pub(super) fn Here(sync: ServerAction<SyncPrivy>, next: String) -> impl IntoView {
    view! {
        <ActionForm action=sync attr:class="stack">
            <input type="hidden" name="next" value=next/>
            <Button size=Size::Large wide=true>"Continue as you are signed in at Privy"</Button>
        </ActionForm>
    }
}

/// Asks where Privy shall send a code.
#[component]
fn CodeTo(way: CodeWay, start: ServerAction<StartPrivyCode>, next: String) -> impl IntoView {
    // Two forms of this kind stand on the page; a refusal belongs to the one that was sent.
    let mine = web::typed("way").as_deref() == Some(way.as_str());
    let error = on_field(refusal_of(start), "target");
    let error = Signal::derive(move || error.get().filter(|_| mine));
    let typed = if mine { web::typed("target").unwrap_or_default() } else { String::new() };
    let (id, label, kind, autocomplete, hint) = match way {
        CodeWay::Email => ("privy-email", "Address at Privy", "email", "email", ""),
        CodeWay::Sms => {
            ("privy-number", "Telephone number", "tel", "tel", "With + and the country, like +1 555 010 0123.")
        }
    };
    view! {
        <ActionForm action=start attr:class="stack">
            <input type="hidden" name="way" value=way.as_str()/>
            <input type="hidden" name="next" value=next/>
            <Field id=id label=label hint=hint error=error>
                <TextInput
                    name="target"
                    kind=kind
                    value=typed
                    required=true
                    attr:autocomplete=autocomplete
                    attr:maxlength="254"
                    attr:autofocus=error.with_untracked(Option::is_some)
                />
            </Field>
            <Button wide=true>
                {if way == CodeWay::Email { "Send a code by mail" } else { "Send a code by text message" }}
            </Button>
        </ActionForm>
    }
}

#[component]
fn Services(services: Vec<PrivyService>, next: String) -> impl IntoView {
    let links: Vec<_> = services
        .into_iter()
        .map(|PrivyService { id, name }| {
            let address = next::handing_on(&format!("/api/auth/privy/{id}"), &next);
            view! {
                <a class="button large" href=address>
                    <Mark id=id name=name.clone() class="bare"/>
                    <span class="visually-hidden">"By way of Privy: "</span>
                    {name}
                </a>
            }
        })
        .collect();
    (!links.is_empty()).then(|| view! { <div class="providers">{links}</div> })
}
