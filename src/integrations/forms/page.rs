//! The page with the form.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{AddAccount, form},
    model::{Control, FieldView, FormView},
};
use crate::{
    error::AppError,
    kit::id::ConversationId,
    ui::{Banner, Button, Field, LinkButton, Look, Mark, Page, Panel, PanelBody, Select, Skeleton, TextInput, Tone},
};

/// Connects a service by what a person pastes.
#[component]
pub fn FormPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = move || {
        let service = params.with(|params| params.get("service")).unwrap_or_default();
        (service, query.with(|query| query.get("reconnect")?.parse().ok()))
    };
    // Blocking: without a script nothing could move the form into its place later.
    let shown = Resource::new_blocking(asked, |(service, reconnect)| form(service, reconnect));
    // The conversation in which it is needed.
    let chat = move || query.with(|query| query.get("chat")?.parse::<ConversationId>().ok());
    view! {
        <Title text="Connect a service"/>
        <Page title="Connect a service" intro="What you paste here is kept for you alone.">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(form) => Either::Left(view! { <ServiceForm form=form chat=chat()/> }),
                        Err(error) => {
                            Either::Right(view! {
                                <div class="stack">
                                    <Banner tone=Tone::Danger>{error.message}</Banner>
                                    <p class="actions">
                                        <LinkButton href="/connections">"Back to connections"</LinkButton>
                                    </p>
                                </div>
                            })
                        }
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn ServiceForm(form: FormView, chat: Option<ConversationId>) -> impl IntoView {
    let add = ServerAction::<AddAccount>::new();
    let refused = Signal::derive(move || add.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    let FormView { service, name, note, page, fields, missing, stays, renews, .. } = form;
    let known: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let general = move || {
        let error = refused.get()?;
        let beside_field = error.field.as_ref().is_some_and(|field| known.contains(field));
        (!beside_field).then_some(error.message)
    };
    let other = move || refused.with(|refused| refused.as_ref().is_some_and(|error| error.code == "other_account"));
    let (heading, button) = match &renews {
        Some(renewal) => (format!("{name}: {}", renewal.account), "Check and replace"),
        None => (name.clone(), "Check and connect"),
    };
    let fields: Vec<_> = fields.into_iter().map(|field| view! { <Input field=field refused=refused/> }).collect();
    let renewed = renews.map(|renewal| renewal.id.to_string());
    let back = chat.map_or_else(|| "/connections".to_owned(), |id| format!("/chat/{id}"));
    let set_up = missing.is_empty();
    let lacking = (!set_up).then(|| {
        let words = format!("Not set up on this installation: set {}.", missing.join(" and "));
        view! { <Banner tone=Tone::Warn>{words}</Banner> }
    });
    view! {
        <div class="stack loose narrow">
            {move || general().map(|words| view! { <Banner tone=Tone::Danger>{words}</Banner> })}
            <Panel>
                <PanelBody>
                    <div class="stack">
                        <h2 class="naming"><Mark id=service.clone() name=name.clone()/> {heading}</h2>
                        {note.map(|note| view! { <p class="muted">{note}</p> })}
                        {lacking}
                        {page.map(|page| view! {
                            <p>
                                <a class="sub" href=page rel="noopener noreferrer external" target="_blank">
                                    {format!("Where to find it at {name}")}
                                </a>
                            </p>
                        })}
                        <ActionForm action=add attr:class="stack" attr:autocomplete="off">
                            <input type="hidden" name="service" value=service/>
                            {chat.map(|id| view! { <input type="hidden" name="chat" value=id.to_string()/> })}
                            {renewed.map(|id| view! { <input type="hidden" name="reconnect" value=id/> })}
                            {fields}
                            {move || other().then(|| view! { <Instead/> })}
                            <p class="sub">{stays}</p>
                            <p class="actions">
                                <Button look=Look::Primary busy=add.pending()>{button}</Button>
                                <LinkButton href=back>"Cancel"</LinkButton>
                            </p>
                        </ActionForm>
                    </div>
                </PanelBody>
            </Panel>
        </div>
    }
}

/// Says that another account shall take the connection's place.
#[component]
fn Instead() -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" name="instead" value="true"/>
            <span>"Let the other account take its place"</span>
        </label>
    }
}

/// One field. A secret is typed into a field that no browser remembers or checks the spelling of.
#[component]
fn Input(field: FieldView, refused: Signal<Option<AppError>>) -> impl IntoView {
    let FieldView { name, label, hint, value, optional, control } = field;
    let (id, input) = (format!("field-{name}"), format!("fields[{name}]"));
    let error = Signal::derive(move || {
        refused.with(|refused| {
            let error = refused.as_ref().filter(|error| error.field.as_ref() == Some(&name))?;
            Some(error.message.clone())
        })
    });
    let chosen = matches!(control, Control::Choice(_));
    let label = if optional && !chosen { format!("{label} (may stay empty)") } else { label };
    view! {
        <Field id=id label=label hint=hint error=error>
            {match control {
                Control::Choice(choices) => {
                    let options: Vec<_> = choices
                        .into_iter()
                        .map(|choice| {
                            let selected = choice.value == value;
                            view! { <option value=choice.value selected=selected>{choice.name}</option> }
                        })
                        .collect();
                    view! { <Select name=input>{options}</Select> }.into_any()
                }
                control => {
                    let kind = if control == Control::Secret { "password" } else { "text" };
                    let mode = (control == Control::Address).then_some("url");
                    view! {
                        <TextInput
                            name=input
                            kind=kind
                            value=value
                            required=!optional
                            attr:autocomplete="off"
                            attr:autocapitalize="off"
                            attr:spellcheck="false"
                            attr:inputmode=mode
                            attr:maxlength="4096"
                        />
                    }
                        .into_any()
                }
            }}
        </Field>
    }
}
