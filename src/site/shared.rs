//! `/s/{secret}`: a conversation as its owner shares it. Whoever has the link may read it, and nobody learns whose it is.

use axum::{
    extract::{Path, State},
    http::header,
    response::{Html, IntoResponse, Response},
};
use leptos::prelude::*;

use super::{document::unlisted_document, routes::Site};
use crate::{
    chat::{
        Chat,
        managed::{SharedConversation, SharedMessage, SharedRead},
        receipts,
    },
    platform::{refusal::Refusal, routes::Routes},
    ui::{Mark, Prose, PublicPage, Ring},
};

/// The pages of shared conversations.
pub fn shared(site: Site, chat: Chat) -> Routes {
    Routes::new().get("/s/{secret}", conversation).with_state((site, chat))
}

async fn conversation(
    State((site, chat)): State<(Site, Chat)>,
    Path(secret): Path<String>,
) -> Result<Response, Refusal> {
    let shared = chat.shared(&secret).await?;
    let title = shared.title.clone();
    let page = move || view! { <SharedPage shared=shared staging=site.staging/> }.into_any();
    // A link that is taken back leads nowhere at once; and no other site learns the address.
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    Ok((headers, Html(unlisted_document(&title, &site.stylesheet, page))).into_response())
}

#[component]
fn SharedPage(shared: SharedConversation, staging: bool) -> impl IntoView {
    let SharedConversation { title, made, is_cut, with_results, messages } = shared;
    let about = if with_results {
        format!("A conversation with Aura, shared on {made} with what was read for it.")
    } else {
        format!("A conversation with Aura, shared on {made}. What was read for it is left out.")
    };
    view! {
        <PublicPage staging=staging>
            <div class="transcript">
                <div class="stack tight">
                    <h1>{title}</h1>
                    <p class="muted">{about}</p>
                    {is_cut.then(|| view! { <p class="sub">"Its beginning is left out, because it is long."</p> })}
                </div>
                {messages.into_iter().map(|message| view! { <Shared message=message/> }).collect_view()}
            </div>
        </PublicPage>
    }
}

#[component]
fn Shared(message: SharedMessage) -> impl IntoView {
    match message {
        SharedMessage::Question(text) => view! {
            <p class="ask">
                <span class="visually-hidden">"Question: "</span>
                {text}
            </p>
        }
        .into_any(),
        SharedMessage::Answer { html, reads } => {
            let prose = receipts::linked(&html, reads.iter().flat_map(|read| &read.items));
            view! {
                <article class="thread" aria-label="Answer">
                    <Ring/>
                    <p class="by">"Aura"</p>
                    {reads.into_iter().map(|read| view! { <Read read=read/> }).collect_view()}
                    <Prose html=prose/>
                </article>
            }
            .into_any()
        }
    }
}

#[component]
fn Read(read: SharedRead) -> impl IntoView {
    let SharedRead { service, service_name, title, items } = read;
    let head = view! {
        <Mark id=service name=service_name.clone() class="small"/>
        <span class="what">{title}" "<span class="sub">{service_name}</span></span>
    };
    if items.is_empty() {
        return view! {
            <div class="read step done">
                <div class="summary">{head}</div>
            </div>
        }
        .into_any();
    }
    let items = items.into_iter().map(|item| {
        view! {
            <li>
                <span class="num">{item.n}</span>
                " "
                <span class="grow">{item.title}</span>
                " "
                <span class="sub">{item.note}</span>
            </li>
        }
    });
    view! {
        <details class="read step done">
            <summary>{head}</summary>
            <ol class="sources">{items.collect_view()}</ol>
        </details>
    }
    .into_any()
}
