use leptos::{ev::MouseEvent, html, prelude::*};

use super::{press::Press, undo::UndoView};
use crate::{
    chat::{
        api,
        proposal::{Decision, FieldKind, Made, ProposalCard, ProposalField, UndoState},
    },
    integrations::model::ProposalState,
    ui::{Button, Icon, Look, Mark, escaped},
};

/// A change that waits for a word, or has had it.
#[component]
pub(super) fn ProposalCardView(card: Memo<Option<ProposalCard>>, all: RwSignal<Vec<ProposalCard>>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    view! {
        <div class="step-of-change" node_ref=place tabindex="-1">
            {move || {
                card.get().map(|card| match card.state {
                    ProposalState::Waiting => view! { <Open card=card all=all place=place/> }.into_any(),
                    _ => view! { <Settled card=card all=all place=place/> }.into_any(),
                })
            }}
        </div>
    }
}

/// The card as a form. It works without a script; with one, the page stays as it is.
#[component]
fn Open(card: ProposalCard, all: RwSignal<Vec<ProposalCard>>, place: NodeRef<html::Div>) -> impl IntoView {
    let ProposalCard { id, service, service_name, account, title, why, fields, sentence, destructive, .. } = card;
    let typed: RwSignal<Vec<(String, String)>> = RwSignal::new(Vec::new());
    let press = Press::new(all, place, |one, other| one.id == other.id);
    let Press { busy, refused, .. } = press;
    let decide = move |decision: Decision| {
        move |event: MouseEvent| {
            let typed = typed.get_untracked();
            press.ask(&event, || async move {
                api::decide(id.to_string(), decision, typed).await.map(|decided| decided.card)
            });
        }
    };
    let heading = format!("proposal-{id}");
    let read = fields.iter().filter(|field| !field.shown.is_empty() || field.before.is_some()).cloned().map(read_field);
    let read = read.collect_view();
    let edit = fields
        .into_iter()
        .map(|field| {
            let control = format!("{heading}-{}", field.name);
            view! { <EditField field=field control=control typed=typed/> }
        })
        .collect_view();
    view! {
        <form
            class="proposal step waits"
            method="post"
            action=format!("/api/chat/approvals/{id}")
            aria-labelledby=heading.clone()
            aria-busy=move || busy.get().then_some("true")
        >
            // The return key in a field decides nothing.
            <button type="submit" disabled hidden></button>
            <header>
                <Mark id=service name=service_name.clone()/>
                <div class="grow">
                    <h2 id=heading.clone()>{title}</h2>
                    <p class="sub">{format!("{service_name}, {account}")}</p>
                </div>
                <span class="badge accent">"Waiting for you"</span>
            </header>
            <dl class="facts form">{read}</dl>
            <details class="disclosure edit">
                <summary>
                    <Icon name="chevron-right"/>
                    "Edit"
                </summary>
                <div class="form">{edit}</div>
            </details>
            <p class="sub why">{why}</p>
            {move || refused.get().map(|error| view! { <p class="error" role="alert">{error.message}</p> })}
            <footer>
                <p class="sub">{sentence}</p>
                <Button look=Look::Ghost busy=busy attr:name="decision" attr:value="deny" on:click=decide(Decision::Deny)>
                    "Deny"
                </Button>
                {(!destructive)
                    .then(|| {
                        view! {
                            <Button busy=busy attr:name="decision" attr:value="always" on:click=decide(Decision::Always)>
                                "Always for this tool"
                            </Button>
                        }
                    })}
                <Button look=Look::Accent busy=busy attr:name="decision" attr:value="approve" on:click=decide(Decision::Approve)>
                    <Icon name="check"/>
                    "Approve"
                </Button>
            </footer>
        </form>
    }
}

pub(super) fn read_field(field: ProposalField) -> impl IntoView {
    let ProposalField { label, shown, before, .. } = field;
    let before = before.filter(|before| *before != shown);
    view! {
        <dt>{label}</dt>
        <dd>
            {before.map(|before| view! { <del>{before}</del>" " })}
            {shown}
        </dd>
    }
}

/// One argument, ready to be changed.
#[component]
fn EditField(field: ProposalField, control: String, typed: RwSignal<Vec<(String, String)>>) -> impl IntoView {
    let ProposalField { name, label, hint, kind, value, required, .. } = field;
    let sent = format!("field.{name}");
    let hint_id = format!("{control}-hint");
    let write = move |text: String| {
        typed.update(|typed| {
            typed.retain(|(known, _)| *known != name);
            typed.push((name.clone(), text));
        });
    };
    let label_for = control.clone();
    let input = {
        let (write, control, sent, hint_id) = (write.clone(), control.clone(), sent.clone(), hint_id.clone());
        move |kind: &'static str, value: String| {
            view! {
                <input
                    class="input"
                    id=control
                    name=sent
                    type=kind
                    value=value
                    aria-describedby=hint_id
                    on:input=move |event| write(event_target_value(&event))
                />
            }
            .into_any()
        }
    };
    view! {
        <div class="field">
            <label for=label_for>
                {label}
                {(!required).then(|| view! { <span class="sub">" (optional)"</span> })}
            </label>
            {match kind {
                FieldKind::Line => input("text", value),
                FieldKind::Number => input("text", value),
                FieldKind::Moment => input("datetime-local", value),
                FieldKind::Day => input("date", value),
                FieldKind::Choice(choices) => {
                    let (write, control, sent, hint_id) =
                        (write.clone(), control.clone(), sent.clone(), hint_id.clone());
                    let none = (!required || value.is_empty()).then(|| view! { <option value="">"Not said"</option> });
                    view! {
                        <select
                            class="input"
                            id=control
                            name=sent
                            aria-describedby=hint_id
                            on:change=move |event| write(event_target_value(&event))
                        >
                            {none}
                            {choices
                                .into_iter()
                                .map(|choice| {
                                    let selected = choice == value;
                                    view! { <option value=choice.clone() selected=selected>{choice.clone()}</option> }
                                })
                                .collect_view()}
                        </select>
                    }
                        .into_any()
                }
                FieldKind::Text | FieldKind::List | FieldKind::Json => {
                    let (write, control, sent, hint_id) =
                        (write.clone(), control.clone(), sent.clone(), hint_id.clone());
                    view! {
                        <textarea
                            class="input"
                            id=control
                            name=sent
                            rows="3"
                            aria-describedby=hint_id
                            on:input=move |event| write(event_target_value(&event))
                            inner_html=escaped(&value)
                        ></textarea>
                    }
                        .into_any()
                }
            }}
            <p class="sub" id=hint_id.clone()>{hint}</p>
        </div>
    }
}

/// A card that was decided on: what was said, what came of it, and where that is.
#[component]
fn Settled(card: ProposalCard, all: RwSignal<Vec<ProposalCard>>, place: NodeRef<html::Div>) -> impl IntoView {
    let ProposalCard { id, service, service_name, account, title, fields, state, sentence, made, undo, .. } = card;
    let undone = undo.as_ref().is_some_and(|undo| undo.state == UndoState::Undone);
    let (word, badge, class) = match state {
        ProposalState::Done if undone => ("Undone", "badge", "proposal step settled"),
        ProposalState::Done => ("Done", "badge ok", "proposal step done settled"),
        ProposalState::Denied => ("Denied", "badge", "proposal step settled"),
        ProposalState::Expired => ("Not decided", "badge", "proposal step settled"),
        ProposalState::UnderWay => ("Under way", "badge accent", "proposal step settled"),
        ProposalState::Failed => ("Not done", "badge danger", "proposal step failed settled"),
        ProposalState::Unknown => ("May have been done", "badge warn", "proposal step failed settled"),
        ProposalState::Waiting => ("Waiting for you", "badge accent", "proposal step waits"),
    };
    let read = fields.into_iter().filter(|field| !field.shown.is_empty()).map(read_field).collect_view();
    view! {
        <div class=class role="group" aria-label=title.clone() aria-busy=(state == ProposalState::UnderWay).then_some("true")>
            <header>
                <Mark id=service name=service_name.clone()/>
                <div class="grow">
                    <h2>{title.clone()}</h2>
                    <p class="sub">{sentence}</p>
                    {made.map(made_link)}
                </div>
                <span class=badge>{word}</span>
            </header>
            <details class="disclosure edit">
                <summary>
                    <Icon name="chevron-right"/>
                    {format!("{service_name}, {account}")}
                </summary>
                <dl class="facts form">{read}</dl>
            </details>
            {undo.map(|offer| view! { <UndoView id=id offer=offer all=all place=place/> })}
        </div>
    }
}

fn made_link(made: Made) -> impl IntoView {
    let Made { title, link } = made;
    match link {
        Some(link) => view! {
            <p>
                <a class="made" href=link rel="noopener nofollow noreferrer external" target="_blank">
                    <span>{title}</span>
                    <Icon name="arrow-up-right"/>
                </a>
            </p>
        }
        .into_any(),
        None => view! { <p>{title}</p> }.into_any(),
    }
}
