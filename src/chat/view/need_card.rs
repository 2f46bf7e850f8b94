use leptos::{ev::MouseEvent, html, prelude::*};

use super::press::Press;
use crate::{
    chat::{
        api,
        need::{NeedCard, NeedKind, NeedState, Reply},
    },
    ui::{Button, Icon, LinkButton, Look, Mark},
};

/// What an answer waits for, or has waited for: a yes to a model, or an account.
#[component]
pub(super) fn NeedCardView(card: Memo<Option<NeedCard>>, all: RwSignal<Vec<NeedCard>>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    view! {
        <div class="step-of-change" node_ref=place tabindex="-1">
            {move || {
                card.get().map(|card| match card.state {
                    NeedState::Open => view! { <Open card=card all=all place=place/> }.into_any(),
                    _ => view! { <Settled card=card/> }.into_any(),
                })
            }}
        </div>
    }
}

/// The card as a form. It works without a script; with one, the page stays as it is.
#[component]
fn Open(card: NeedCard, all: RwSignal<Vec<NeedCard>>, place: NodeRef<html::Div>) -> impl IntoView {
    let NeedCard { id, kind, service, service_name, account, title, told, sentence, page, way, .. } = card;
    let press = Press::new(all, place, |one, other| one.id == other.id);
    let Press { busy, refused, .. } = press;
    let say = move |reply: Reply| {
        move |event: MouseEvent| {
            press.ask(
                &event,
                || async move { api::answer_need(id.to_string(), reply).await.map(|replied| replied.card) },
            );
        }
    };
    let heading = format!("need-{id}");
    let told = told.into_iter().map(|told| view! { <p>{told}</p> }).collect_view();
    let of = if account.is_empty() { service_name.clone() } else { format!("{service_name}, {account}") };
    view! {
        <form
            class="proposal need step waits"
            method="post"
            action=format!("/api/chat/needs/{id}")
            aria-labelledby=heading.clone()
            aria-busy=move || busy.get().then_some("true")
        >
            <header>
                <Mark id=service name=service_name/>
                <div class="grow">
                    <h2 id=heading.clone()>{title}</h2>
                    <p class="sub">{of}</p>
                </div>
                <span class="badge accent">"Waiting for you"</span>
            </header>
            <div class="told">{told}</div>
            {move || refused.get().map(|error| view! { <p class="error" role="alert">{error.message}</p> })}
            <footer>
                <p class="sub">
                    {sentence}
                    {page
                        .filter(|_| kind == NeedKind::Consent)
                        .map(|page| {
                            view! {
                                " You can say so for good, and take it back, on "
                                <a href=page>"the page of this account"</a>
                                "."
                            }
                        })}
                </p>
                <Button look=Look::Ghost busy=busy attr:name="reply" attr:value="not_now" on:click=say(Reply::NotNow)>
                    "Not now"
                </Button>
                {match way {
                    Some(way) => view! {
                        <LinkButton href=way.address look=Look::Accent external=true>
                            {way.words}
                        </LinkButton>
                    }
                        .into_any(),
                    None => view! {
                        <Button look=Look::Accent busy=busy attr:name="reply" attr:value="allow" on:click=say(Reply::Allow)>
                            <Icon name="check"/>
                            "Allow"
                        </Button>
                    }
                        .into_any(),
                }}
            </footer>
        </form>
    }
}

/// A card to which something was said.
#[component]
fn Settled(card: NeedCard) -> impl IntoView {
    let NeedCard { kind, service, service_name, title, state, sentence, page, .. } = card;
    let (word, badge, class) = match (state, kind) {
        (NeedState::Met, NeedKind::Consent) => ("Allowed", "badge ok", "proposal need step done settled"),
        (NeedState::Met, NeedKind::Connect) => ("Connected", "badge ok", "proposal need step done settled"),
        (NeedState::Declined, _) => ("Not now", "badge", "proposal need step settled"),
        (NeedState::Passed, _) => ("Not answered", "badge", "proposal need step settled"),
        (NeedState::Open, _) => ("Waiting for you", "badge accent", "proposal need step waits"),
    };
    view! {
        <div class=class role="group" aria-label=title.clone()>
            <header>
                <Mark id=service name=service_name/>
                <div class="grow">
                    <h2>{title.clone()}</h2>
                    <p class="sub">
                        {sentence}
                        {page.map(|page| view! { " " <a href=page>"Change it"</a> })}
                    </p>
                </div>
                <span class=badge>{word}</span>
            </header>
        </div>
    }
}
