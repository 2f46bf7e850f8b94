//! The page of one conversation, or of the beginning of one.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map, use_query_map},
};

use super::{
    api,
    model::Opened,
    view::{Composer, Desk, FirstRun, Transcript, commands},
};
use crate::{
    error::AppError,
    ui::{Empty, Icon, LinkButton, Look, SmallBar, Topbar},
};

/// `/chat` and `/chat/{id}`.
#[component]
pub fn ChatPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let query = use_query_map();
    let spot = Memo::new(move |_| {
        query.with(|query| ["before", "after", "at"].map(|name| query.get(name).unwrap_or_default()))
    });
    // A suggestion is a link that brings its question along, so that it works without a script.
    let draft = query.with_untracked(|query| query.get("q").unwrap_or_default());
    let desk = Desk::new(draft);
    let opened = Resource::new_blocking(
        move || (id.get(), spot.get(), (desk.acts.done(), desk.placed.get())),
        |(id, [before, after, at], _)| api::open(id, before, after, at),
    );
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(sent) = desk.sent.get() {
            let at_end = spot.with_untracked(|spot| spot.iter().all(String::is_empty));
            let here = id.get_untracked() == sent.conversation.to_string() && at_end;
            desk.sent.set(None);
            if here {
                opened.refetch();
            } else {
                navigate(&format!("/chat/{}", sent.conversation), NavigateOptions::default());
            }
        }
    });
    // Effects run in the browser only.
    Effect::new(move |_| desk.hear_changes());
    commands::standing_keys(desk);
    view! {
        // It outlasts what is drawn anew below it: only what changes in a part that is there already is read out.
        <p class="visually-hidden" role="status" id="answer-news">{desk.news}</p>
        <Transition>
            {move || Suspend::new(async move {
                match opened.await {
                    Ok(opened) => {
                        desk.at.set(spot.with_untracked(|[.., at]| at.clone()));
                        view! { <Room opened=opened desk=desk/> }.into_any()
                    }
                    Err(error) => view! { <Refused error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The conversation, and the place to write below it.
#[component]
fn Room(opened: Opened, desk: Desk) -> impl IntoView {
    desk.sit_down(&opened);
    let Opened { conversation, accounts, by_rules, left, greeting, suggestions, accepted, .. } = opened;
    if let Some(conversation) = &conversation {
        commands::offer(conversation, desk);
    }
    let above = match conversation {
        Some(conversation) => view! {
            <Title text=conversation.title.clone()/>
            <Topbar title=conversation.title.clone()>
                <a
                    class="button ghost square"
                    href=format!("/chat/{}/manage#share", conversation.id)
                    aria-label="Share this conversation"
                >
                    <Icon name="share"/>
                </a>
                <a
                    class="button ghost square"
                    href=format!("/chat/{}/manage", conversation.id)
                    aria-label="More: rename, pin, archive, export, delete"
                >
                    <Icon name="ellipsis"/>
                </a>
            </Topbar>
            <Transcript conversation=conversation desk=desk/>
        }
        .into_any(),
        None => view! {
            <Title text="New conversation"/>
            <SmallBar/>
            <FirstRun greeting=greeting accounts=accounts by_rules=by_rules suggestions=suggestions desk=desk/>
        }
        .into_any(),
    };
    view! {
        {above}
        <Composer desk=desk accounts=accounts left=left accepted=accepted/>
    }
}

/// Not there, not theirs, or not to be had at the moment.
#[component]
fn Refused(error: AppError) -> impl IntoView {
    view! {
        <Title text="Not available"/>
        <SmallBar/>
        <div class="transcript first-run" role="alert">
            <Empty icon="circle-alert" title="This conversation cannot be shown">
                <p>{error.message}</p>
                <LinkButton href="/chat" look=Look::Primary>"Start a new one"</LinkButton>
            </Empty>
        </div>
    }
}
