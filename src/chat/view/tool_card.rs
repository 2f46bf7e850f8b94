use leptos::prelude::*;

use crate::{
    chat::model::{CardItem, CardState, ToolCard},
    ui::{Icon, Mark},
};

/// One reading of a service: what was read, and behind it every item with its link.
#[component]
pub(super) fn ToolCardView(card: Memo<Option<ToolCard>>) -> impl IntoView {
    move || {
        card.get().map(|card| match card.state {
            CardState::Failed => view! { <Failed card=card/> }.into_any(),
            CardState::Running => view! { <Reading card=card/> }.into_any(),
            CardState::Done => view! { <Done card=card/> }.into_any(),
        })
    }
}

#[component]
fn Reading(card: ToolCard) -> impl IntoView {
    view! {
        <div class="read step waits" aria-busy="true">
            <div class="summary">
                <Mark id=card.service name=card.service_name.clone() class="small"/>
                <span class="what">
                    {card.title}
                    " "
                    <span class="sub">{card.service_name}</span>
                </span>
            </div>
        </div>
    }
}

#[component]
fn Failed(card: ToolCard) -> impl IntoView {
    view! {
        <section class="read step failed" role="alert">
            <div class="summary">
                <Mark id=card.service name=card.service_name.clone() class="small"/>
                <span class="what">
                    {card.title}
                    " "
                    <span class="sub">{card.error.unwrap_or_else(|| format!("{} did not answer.", card.service_name))}</span>
                </span>
            </div>
        </section>
    }
}

#[component]
fn Done(card: ToolCard) -> impl IntoView {
    let ToolCard { service, service_name, title, detail, items, alone, .. } = card;
    let about = if detail.is_empty() { service_name.clone() } else { format!("{service_name}, {detail}") };
    if items.is_empty() {
        return view! {
            <div class="read step done">
                <div class="summary">
                    <Mark id=service name=service_name class="small"/>
                    <span class="what">{title}" "<span class="sub">{about}</span></span>
                </div>
            </div>
        }
        .into_any();
    }
    view! {
        <details class="read step done" open=alone>
            <summary>
                <Mark id=service name=service_name class="small"/>
                <span class="what">{title}" "<span class="sub">{about}</span></span>
                <Icon name="chevron-right"/>
            </summary>
            <ol class="sources">{items.into_iter().map(|item| view! { <Source item=item/> }).collect_view()}</ol>
        </details>
    }
    .into_any()
}

#[component]
fn Source(item: CardItem) -> impl IntoView {
    let CardItem { n, title, note, link } = item;
    let inside = view! {
        <span class="num">{n}</span>
        <span class="grow">{title}</span>
        <span class="sub">{note}</span>
    };
    match link {
        Some(link) => view! {
            <li>
                <a href=link rel="noopener nofollow noreferrer external" target="_blank">
                    {inside}
                    <Icon name="arrow-up-right"/>
                </a>
            </li>
        }
        .into_any(),
        None => view! {
            <li>
                <span>{inside}</span>
            </li>
        }
        .into_any(),
    }
}
