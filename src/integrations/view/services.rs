use leptos::{either::EitherOf3, prelude::*};

use crate::{
    integrations::model::{KeyFormView, ServiceView},
    ui::{Badge, Button, Disclosure, Field, LinkButton, Mark, Size, TextInput},
};

/// The catalogue, with what each service needs to be connected.
#[component]
pub fn Services(services: Vec<ServiceView>) -> impl IntoView {
    let entries: Vec<_> = services.into_iter().map(|service| view! { <Service service=service/> }).collect();
    view! {
        <section class="stack tight" aria-labelledby="all">
            <h2 id="all">"Add a service"</h2>
            <ul class="catalogue">{entries}</ul>
        </section>
    }
}

#[component]
fn Service(service: ServiceView) -> impl IntoView {
    let ServiceView { id, name, about, key, missing, connected, .. } = service;
    let by_key = key.is_some();
    let wording = if connected > 0 { "Connect another" } else { "Connect" };
    let (title, hidden) = (name.clone(), format!(" {name}"));
    let how = match key {
        Some(key) => EitherOf3::A(view! { <AddKey id=id.clone() name=name.clone() key_form=key/> }),
        None if missing.is_empty() => EitherOf3::B(view! {
            <LinkButton href=format!("/api/integrations/{id}") size=Size::Small external=true>
                {wording}
                <span class="visually-hidden">{hidden}</span>
            </LinkButton>
        }),
        None => EitherOf3::C(view! {
            <span class="sub">
                {format!("Not set up on this installation: set {}.", missing.join(" and "))}
            </span>
        }),
    };
    view! {
        <li>
            <Mark id=id name=name/>
            <div class="grow">
                <span class="title">
                    {title} {by_key.then(|| view! { " " <Badge plain=true>"Key"</Badge> })}
                </span>
                <span class="sub">{about}</span>
            </div>
            {how}
        </li>
    }
}

/// A plain form: the key goes to the server once and never comes back to the browser.
#[component]
fn AddKey(id: String, name: String, key_form: KeyFormView) -> impl IntoView {
    let field = format!("key-{id}");
    view! {
        <Disclosure summary="Add key">
            <form class="stack" method="post" action=format!("/api/integrations/{id}/key")>
                <Field id=field label=format!("{} of {name}", key_form.label) hint=key_form.hint>
                    <TextInput
                        name="key"
                        kind="password"
                        required=true
                        attr:autocomplete="off"
                        attr:spellcheck="false"
                        attr:maxlength="512"
                    />
                </Field>
                <p>
                    <a class="sub" href=key_form.page rel="noopener noreferrer external" target="_blank">
                        {format!("Make a key at {name}")}
                    </a>
                </p>
                <Button size=Size::Small>"Check and connect"</Button>
            </form>
        </Disclosure>
    }
}
