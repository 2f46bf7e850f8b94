use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{CheckOwnApp, KeepOwnApp, RemoveOwnApp, own_app},
    model::{AppView, OwnAppsView, Standing},
};
use crate::{
    identity::page::{Refused, emptied_by, on_field, refusal_of},
    ui::{
        Badge, Banner, Button, ConfirmDialog, Field, LinkButton, Look, Page, Panel, PanelBody, Setting, Skeleton,
        TextInput, Tone, escaped,
    },
};

/// The page on which a person brings an app of their own to a service.
#[component]
pub fn OwnAppPage() -> impl IntoView {
    let keep = ServerAction::<KeepOwnApp>::new();
    let check = ServerAction::<CheckOwnApp>::new();
    let remove = ServerAction::<RemoveOwnApp>::new();
    let (params, query) = (use_params_map(), use_query_map());
    let versions = move || (keep.version().get(), check.version().get(), remove.version().get());
    // What the address says of the last visit is over once something was done here.
    let asked = move |name: &str| match versions() {
        (0, 0, 0) => query.with(|query| query.get(name).unwrap_or_default()),
        _ => String::new(),
    };
    let shown = Resource::new_blocking(
        move || {
            let service = params.with(|params| params.get("service").unwrap_or_default());
            (versions(), service, asked("trouble"), asked("app"))
        },
        |(_, service, trouble, app)| own_app(service, trouble, app),
    );
    view! {
        <Title text="Your own app"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <All view=view keep=keep check=check remove=remove/> }.into_any(),
                    Err(error) => {
                        view! {
                            <Page title="Your own app">
                                <Banner tone=Tone::Danger>{error.message}</Banner>
                            </Page>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn All(
    view: OwnAppsView,
    keep: ServerAction<KeepOwnApp>,
    check: ServerAction<CheckOwnApp>,
    remove: ServerAction<RemoveOwnApp>,
) -> impl IntoView {
    let service = view.service_name.clone();
    let off = view.off.clone();
    let known = view.app.is_some();
    // What stands beside the app already is not said twice.
    let in_view = view.app.as_ref().and_then(|app| app.trouble.as_ref()) == view.said.as_ref();
    let said = view.said.clone().filter(|_| !in_view);
    let (title, intro) = (
        format!("Your own {service} app"),
        format!(
            "Connect {service} by an app that you register there yourself. It can stand beside a connection by Aura's own app."
        ),
    );
    view! {
        <Page title=title intro=intro>
            <div class="stack loose">
                {said.map(|said| view! { <Banner tone=Tone::Danger>{said}</Banner> })}
                {view
                    .app
                    .clone()
                    .map(|app| {
                        view! {
                            <TheApp app=app id=view.service.clone() service=service.clone() check=check remove=remove/>
                        }
                    })}
                {match off {
                    Some(off) => view! { <Banner tone=Tone::Warn>{off}</Banner> }.into_any(),
                    None => {
                        view! {
                            <Register view=view.clone() known=known/>
                            <Give view=view keep=keep known=known/>
                        }
                            .into_any()
                    }
                }}
                <p>
                    <a href="/connections">"Back to connections"</a>
                </p>
            </div>
        </Page>
    }
}

/// The app that was given, and what can be done with it.
#[component]
fn TheApp(
    app: AppView,
    id: String,
    service: String,
    check: ServerAction<CheckOwnApp>,
    remove: ServerAction<RemoveOwnApp>,
) -> impl IntoView {
    let (tone, word) = match app.state {
        Standing::Ready => (Tone::Ok, "Ready"),
        Standing::Refused => (Tone::Warn, "Refused"),
        Standing::Unchecked => (Tone::Neutral, "Not checked"),
    };
    let secret = if app.has_secret { "with a secret" } else { "without a secret" };
    let checked = match app.checked {
        Some(checked) => format!("Looked at {checked}."),
        None => format!("{service} could not be asked about it yet."),
    };
    let accounts = match app.connections {
        0 => "No account is connected by it.".to_owned(),
        1 => "One account is connected by it.".to_owned(),
        many => format!("{many} accounts are connected by it."),
    };
    let ends = match app.connections {
        0 => "Aura forgets the app. At the service it stays as it is.".to_owned(),
        1 => "Aura forgets the app and disconnects the account that is connected by it.".to_owned(),
        many => format!("Aura forgets the app and disconnects the {many} accounts that are connected by it."),
    };
    let connect = if app.connections == 0 { "Connect by this app" } else { "Connect another account" };
    let link = format!("/api/integrations/{id}/own-app");
    let again = id.clone();
    view! {
        <Setting id="app" title="Your app" intro=format!("Its client id and secret are sealed, and never shown again.")>
            <Refused error=refusal_of(check) except=""/>
            <Refused error=refusal_of(remove) except=""/>
            <Panel>
                <PanelBody>
                    <div class="stack">
                        <div class="row">
                            <div class="grow">
                                <div class="title">{app.name}</div>
                                <div class="sub">{format!("Client id {}, {secret}", app.client_hint)}</div>
                                <div class="sub">{format!("{checked} {accounts}")}</div>
                            </div>
                            <Badge tone=tone>{word}</Badge>
                        </div>
                        {app.trouble.map(|trouble| view! { <Banner tone=Tone::Warn>{trouble}</Banner> })}
                        <div class="actions">
                            <LinkButton href=link look=Look::Primary external=true>{connect}</LinkButton>
                            <ActionForm action=check>
                                <input type="hidden" name="service" value=again/>
                                <Button busy=check.pending()>"Check again"</Button>
                            </ActionForm>
                            <ConfirmDialog
                                id="remove-app"
                                title="Remove this app?"
                                open="Remove"
                                cancel="Keep it"
                                confirm=move || {
                                    view! {
                                        <ActionForm action=remove>
                                            <input type="hidden" name="service" value=id/>
                                            <Button look=Look::Danger busy=remove.pending()>"Remove the app"</Button>
                                        </ActionForm>
                                    }
                                }
                            >
                                <p>{ends}</p>
                            </ConfirmDialog>
                        </div>
                    </div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}

/// What is to be done at the service first.
#[component]
fn Register(view: OwnAppsView, known: bool) -> impl IntoView {
    let service = view.service_name;
    let title = if known { format!("At {service}") } else { format!("1. Register it at {service}") };
    let place = match (view.page, known) {
        (Some(page), true) => (page, format!("Your apps at {service}")),
        (Some(page), false) => (page, format!("Make an app at {service}")),
        (None, _) => (view.docs, format!("How {service} describes its apps")),
    };
    let notes = view.notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view();
    let scopes = view
        .scopes
        .into_iter()
        .map(|(name, reason)| view! { <li>{format!("To {reason}")} <div class="sub"><code>{name}</code></div></li> })
        .collect_view();
    let has_scopes = !scopes.is_empty();
    view! {
        <Setting
            id="register"
            title=title
            intro="The app is yours: its limits are your own, and you can end it whenever you like."
        >
            <Panel>
                <PanelBody>
                    <div class="stack">
                        <p>
                            <a href=place.0 rel="noopener noreferrer external" target="_blank">{place.1}</a>
                        </p>
                        <div class="field">
                            <label for="redirect">"Redirect address: give the app exactly this one"</label>
                            // In several lines where it is long, so that all of it can be read.
                            <textarea class="input whole" id="redirect" rows="1" readonly=true spellcheck="false" inner_html=escaped(&view.redirect)></textarea>
                        </div>
                        {view
                            .redirect_trouble
                            .map(|fault| {
                                view! {
                                    <Banner tone=Tone::Warn>
                                        {format!(
                                            "{service} will refuse this address: {fault}. Whoever runs this installation has to set AUTH_URL accordingly.",
                                        )}
                                    </Banner>
                                }
                            })}
                        {(!notes.is_empty()).then(|| view! { <ul class="stack tight">{notes}</ul> })}
                        {has_scopes
                            .then(|| {
                                view! {
                                    <p>"When you connect, Aura asks for this, and needs all of it:"</p>
                                    <ul class="stack tight">{scopes}</ul>
                                }
                            })}
                    </div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}

/// The form.
#[component]
fn Give(view: OwnAppsView, keep: ServerAction<KeepOwnApp>, known: bool) -> impl IntoView {
    let refused = refusal_of(keep);
    let general = Signal::derive(move || refused.get().filter(|error| error.field.is_none()));
    let OwnAppsView { service, service_name, hint, typed_name, typed_id, .. } = view;
    let title = if known { "Change it" } else { "2. Give it to Aura" };
    let look = if known { Look::Plain } else { Look::Primary };
    let (id_hint, secret_hint) = if known {
        (
            format!("{hint} Leave it empty to keep the one that is stored; another one ends what is connected."),
            "Leave it empty to keep the one that is stored.".to_owned(),
        )
    } else {
        (hint, "If the app has one. Without it, the app proves itself by a code verifier (PKCE).".to_owned())
    };
    view! {
        <Setting
            id="give"
            title=title
            intro=format!("Aura asks {service_name} at once whether all of it is right, and says what is not.")
        >
            <Refused error=general except=""/>
            <Panel>
                <PanelBody>
                    <ActionForm action=keep attr:class="stack" node_ref=emptied_by(keep)>
                        <input type="hidden" name="service" value=service/>
                        <Field id="client_id" label="Client id" hint=id_hint error=on_field(refused, "client_id")>
                            <TextInput
                                name="client_id"
                                value=typed_id
                                required=!known
                                attr:autocomplete="off"
                                attr:autocapitalize="none"
                                attr:spellcheck="false"
                                attr:maxlength="512"
                            />
                        </Field>
                        <Field
                            id="client_secret"
                            label="Client secret (optional)"
                            hint=secret_hint
                            error=on_field(refused, "client_secret")
                        >
                            <TextInput
                                name="client_secret"
                                kind="password"
                                attr:autocomplete="off"
                                attr:spellcheck="false"
                                attr:maxlength="512"
                            />
                        </Field>
                        <Field id="name" label="Name (optional)" hint="What you call the app.">
                            <TextInput name="name" value=typed_name attr:autocomplete="off" attr:maxlength="60"/>
                        </Field>
                        <div>
                            <Button look=look busy=keep.pending()>
                                "Check and keep"
                            </Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
