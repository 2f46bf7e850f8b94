//! Pages without a script that stand between ours and a consent page: where to, is it you, which place, which account.

use leptos::prelude::*;

use super::service::{Place, Waiting};
use crate::{
    providers::{Blank, Provider},
    ui::{AuraGradient, Banner, Brand, Button, Field, LinkButton, Look, Select, TextInput, Tone},
};

/// A whole document around a view, which writes every text of others safely.
pub(crate) fn document(title: &str, stylesheet: &str, body: impl FnOnce() -> AnyView) -> String {
    let page = || {
        view! {
            <AuraGradient/>
            <main id="main" class="page">
                <Brand/>
                <div class="stack">{body()}</div>
            </main>
        }
        .into_any()
    };
    // Signals need an owner; this one ends with the page.
    let owner = Owner::new();
    let (head, main) = owner.with(|| {
        let head = view! {
            <title>{format!("{title} · Aura")}</title>
            <link rel="icon" href="/icons/aura.svg" type="image/svg+xml"/>
            <link rel="stylesheet" href=stylesheet.to_owned()/>
        };
        (head.to_html(), page().to_html())
    });
    format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">{head}</head><body>{main}</body></html>"#
    )
}

/// The page that asks whether somebody wants to go on to a service: whom another site has sent, or who has just typed
/// where they are there.
pub(super) struct Question<'a> {
    pub(super) title: &'a str,
    /// What they would do: «connect your … account to Aura».
    pub(super) wish: &'a str,
    pub(super) service: &'a str,
    /// Where the way leads, where the person has said it.
    pub(super) host: Option<&'a str>,
    pub(super) link: &'a str,
    /// Where else to go, and what that is called.
    pub(super) back: (&'a str, &'a str),
}

impl Question<'_> {
    pub(super) fn page(&self, stylesheet: &str) -> String {
        let Self { title, wish, service, host, link, back: (elsewhere, name) } = *self;
        let words = match host {
            Some(host) => format!("You sign in at {host} next. Go on if this is where you are at {service}."),
            None => {
                format!("Another site has sent you here. If you want to {wish}, go on; if not, close this page.")
            }
        };
        let (title, link, to) = (title.to_owned(), link.to_owned(), format!("Go on to {}", host.unwrap_or(service)));
        let (elsewhere, name) = (elsewhere.to_owned(), name.to_owned());
        document(&title.clone(), stylesheet, || {
            view! {
                <h1>{title}</h1>
                <p>{words}</p>
                <p class="actions">
                    <LinkButton href=link look=Look::Primary>{to}</LinkButton>
                    <LinkButton href=elsewhere>{name}</LinkButton>
                </p>
            }
            .into_any()
        })
    }
}

/// The form for what has to be known before consent. It is sent as an address, and answered with a page that says where
/// the way leads.
pub(super) struct Details<'a> {
    pub(super) provider: &'a Provider,
    /// What was typed before, by name.
    pub(super) typed: &'a std::collections::BTreeMap<String, String>,
    /// What else the address says, kept as it is.
    pub(super) kept: Vec<(String, String)>,
    /// The field that is wrong, and what about it.
    pub(super) error: Option<(String, String)>,
}

impl Details<'_> {
    pub(super) fn page(self, stylesheet: &str) -> String {
        let service = self.provider.name.clone();
        let title = format!("Connect {service}");
        let action = format!("/api/integrations/{}", self.provider.id);
        let general = self.error.as_ref().filter(|(field, _)| field.is_empty()).map(|(_, words)| words.clone());
        let note = self.provider.note.clone();
        let one = |blank: &Blank| {
            let error = self.error.as_ref().filter(|(field, _)| *field == blank.name);
            let typed = self.typed.get(&blank.name).cloned().unwrap_or_else(|| blank.default.clone());
            (blank.clone(), typed, error.map(|(_, words)| words.clone()))
        };
        let fields: Vec<_> = self.provider.typed().map(one).collect();
        let kept = self.kept.clone();
        document(&title.clone(), stylesheet, || {
            view! {
                <h1>{title}</h1>
                <p>{format!("{service} is found at an address of its own for every customer. Say which is yours.")}</p>
                {note.map(|note| view! { <p class="muted">{note}</p> })}
                {general.map(|words| view! { <Banner tone=Tone::Danger>{words}</Banner> })}
                <form class="stack" method="get" action=action>
                    {kept
                        .into_iter()
                        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
                        .collect_view()}
                    {fields.into_iter().map(|(blank, typed, wrong)| field(&blank, typed, wrong)).collect_view()}
                    <div class="actions">
                        <Button look=Look::Primary>"Go on"</Button>
                        <LinkButton href="/connections">"Back to connections"</LinkButton>
                    </div>
                </form>
            }
            .into_any()
        })
    }
}

fn field(blank: &Blank, typed: String, wrong: Option<String>) -> AnyView {
    let (id, name) = (format!("blank-{}", blank.name), blank.name.clone());
    let choices: Vec<(String, String)> =
        blank.choices.iter().map(|choice| (choice.clone(), blank.choice_name(choice).to_owned())).collect();
    view! {
        <Field id=id label=blank.label.clone() hint=blank.hint.clone() error=Signal::stored(wrong)>
            {if choices.is_empty() {
                view! {
                    <TextInput
                        name=name
                        value=typed
                        required=true
                        attr:autocomplete="off"
                        attr:autocapitalize="none"
                        attr:spellcheck="false"
                        attr:maxlength="255"
                    />
                }
                .into_any()
            } else {
                view! {
                    <Select name=name>
                        {choices
                            .into_iter()
                            .map(|(value, words)| {
                                let chosen = value == typed;
                                view! { <option value=value selected=chosen>{words}</option> }
                            })
                            .collect_view()}
                    </Select>
                }
                .into_any()
            }}
        </Field>
    }
    .into_any()
}

/// What a consent that came back still asks of its person.
pub(super) fn waiting(provider: &Provider, action: &str, waiting: Waiting, stylesheet: &str) -> String {
    let service = provider.name.clone();
    let action = action.to_owned();
    match waiting {
        Waiting::Place(places) => {
            let what = provider.choice.as_ref().and_then(|choice| provider.blank(&choice.blank));
            let what = what.map(|blank| blank.label.to_lowercase()).filter(|label| !label.is_empty());
            let what = what.unwrap_or_else(|| "place".to_owned());
            let title = format!("Which {what}?");
            document(&title.clone(), stylesheet, || {
                view! {
                    <h1>{title}</h1>
                    <p>{format!("You have let Aura into several at {service}. One connection is for one of them; connect again for another.")}</p>
                    <form class="stack" method="post" action=action>
                        <fieldset class="stack tight">
                            <legend>{format!("Connect this {what}")}</legend>
                            {places.into_iter().enumerate().map(place).collect_view()}
                        </fieldset>
                        <div class="actions">
                            <Button look=Look::Primary attr:name="answer" attr:value="place">"Connect"</Button>
                            <Button attr:name="answer" attr:value="cancel" attr:formnovalidate=true>"Cancel"</Button>
                        </div>
                    </form>
                }
                .into_any()
            })
        }
        Waiting::Account { had, came } => document("Another account", stylesheet, || {
            view! {
                <h1>{format!("This is another {service} account")}</h1>
                <p>{format!("The connection was to {had}. You have signed in as {came}.")}</p>
                <p>"Nothing has been changed yet. If you go on with the other account, tools that use this connection read from it instead."</p>
                <form class="actions" method="post" action=action>
                    <Button look=Look::Primary attr:name="answer" attr:value="add">{format!("Connect {came} as well")}</Button>
                    <Button attr:name="answer" attr:value="replace">{format!("Put {came} in its place")}</Button>
                    <Button attr:name="answer" attr:value="cancel">"Leave it as it was"</Button>
                </form>
            }
            .into_any()
        }),
    }
}

fn place((position, place): (usize, Place)) -> impl IntoView {
    view! {
        <label class="check">
            <input type="radio" name="place" value=place.id required=true checked=position == 0/>
            <span>{place.label}</span>
        </label>
    }
}
