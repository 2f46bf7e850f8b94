use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    chat::{
        api::search_conversations,
        found::{Found, Hit, Piece, Search, Shelf, Stretch, UsedService},
    },
    ui::{Badge, Banner, Button, Empty, Icon, LinkButton, Look, Page, Panel, Skeleton, Tone},
};

/// `/chat/search`: all conversations, or those in which something was said.
#[component]
pub fn SearchPage() -> impl IntoView {
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let found = Resource::new_blocking(
        move || (asked("q"), asked("in"), asked("time"), asked("service"), asked("page").parse().unwrap_or_default()),
        |(q, shelf, stretch, service, page)| search_conversations(q, shelf, stretch, service, page),
    );
    view! {
        <Title text="Conversations"/>
        <Page title="Conversations" intro="Find what was asked and answered. Only you can see it.">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(found) => view! { <Results found=found/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn Results(found: Found) -> impl IntoView {
    let Found { search, hits, has_more, services } = found;
    let is_search = search.is_narrow();
    let told = match (hits.len(), is_search) {
        (0, _) => String::new(),
        (1, true) if search.page == 0 && !has_more => "1 conversation.".to_owned(),
        (count, true) if search.page == 0 && !has_more => format!("{count} conversations."),
        _ => "Newest first.".to_owned(),
    };
    let shelves = Shelf::ALL.map(|shelf| {
        let is_current = shelf == search.shelf;
        let to = Search { shelf, page: 0, ..search.clone() };
        view! { <Chip to=to label=shelf.label() is_current=is_current/> }
    });
    let stretches = Stretch::ALL.map(|stretch| {
        let is_current = stretch == search.stretch;
        let to = Search { stretch, page: 0, ..search.clone() };
        view! { <Chip to=to label=stretch.label() is_current=is_current/> }
    });
    let newer = (search.page > 0).then(|| Search { page: search.page - 1, ..search.clone() }.address());
    let older = has_more.then(|| Search { page: search.page + 1, ..search.clone() }.address());
    let none = hits.is_empty();
    view! {
        <div class="stack">
            <form class="finder" method="get" action="/chat/search" role="search" aria-label="Conversations">
                <div class="search">
                    <Icon name="search"/>
                    <label class="visually-hidden" for="find">"Search conversations"</label>
                    <input
                        class="input"
                        id="find"
                        name="q"
                        type="search"
                        maxlength="200"
                        autocomplete="off"
                        placeholder="Words in names and messages"
                        value=search.q.clone()
                    />
                </div>
                <Services services=services chosen=search.service.clone()/>
                <input type="hidden" name="in" value=search.shelf.as_str()/>
                <input type="hidden" name="time" value=search.stretch.as_str()/>
                <Button>"Search"</Button>
            </form>
            <div class="actions" role="group" aria-label="Where">{shelves.into_iter().collect_view()}</div>
            <div class="actions" role="group" aria-label="When">{stretches.into_iter().collect_view()}</div>
            <p class="sub" role="status">{told}</p>
            {if none {
                view! { <Nothing search=search/> }.into_any()
            } else {
                view! {
                    <Panel>
                        <div class="rows links">{hits.into_iter().map(|hit| view! { <Line hit=hit/> }).collect_view()}</div>
                    </Panel>
                }
                .into_any()
            }}
            <div class="actions">
                {newer.map(|href| view! { <LinkButton href=href look=Look::Ghost>"Newer"</LinkButton> })}
                {older.map(|href| view! { <LinkButton href=href look=Look::Ghost>"Older"</LinkButton> })}
            </div>
        </div>
    }
}

/// The services that were used, to find what they were used for. Nothing before the first of them was.
#[component]
fn Services(services: Vec<UsedService>, chosen: String) -> impl IntoView {
    // What an address names stays what is looked for, also where nothing was ever done there.
    let unknown = !chosen.is_empty() && services.iter().all(|service| service.id != chosen);
    let unknown = unknown.then(|| UsedService { id: chosen.clone(), name: chosen.clone() });
    let services: Vec<_> = services.into_iter().chain(unknown).collect();
    if services.is_empty() {
        return ().into_any();
    }
    let options = services.into_iter().map(|UsedService { id, name }| {
        let selected = id == chosen;
        view! { <option value=id selected=selected>{name}</option> }
    });
    view! {
        <div class="narrow">
            <label class="visually-hidden" for="find-service">"Service"</label>
            <select class="input" id="find-service" name="service">
                <option value="">"Any service"</option>
                {options.collect_view()}
            </select>
        </div>
    }
    .into_any()
}

#[component]
fn Chip(to: Search, label: &'static str, is_current: bool) -> impl IntoView {
    view! {
        <a class="chip" href=to.address() aria-current=is_current.then_some("true")>{label}</a>
    }
}

#[component]
fn Nothing(search: Search) -> impl IntoView {
    let (title, hint) = match (search.q.trim(), search.shelf) {
        ("", _) if search.is_narrow() => ("Nothing was found", "Choose another service, or a longer time."),
        ("", Shelf::Pinned) => ("Nothing is pinned", "Open a conversation, then «More», to pin it."),
        ("", Shelf::Archived) => ("The archive is empty", "Open a conversation, then «More», to archive it."),
        ("", Shelf::All) => ("No conversation yet", "What you ask appears here."),
        _ => ("Nothing was found", "Try fewer words, or the beginning of one. Accents do not matter."),
    };
    view! {
        <Empty icon="search" title=title>
            <p>{hint}</p>
        </Empty>
    }
}

#[component]
fn Line(hit: Hit) -> impl IntoView {
    let address = hit.address();
    let Hit { title, snippet, by_person, when, moment, pinned, archived, .. } = hit;
    let who = if by_person { "You: " } else { "Aura: " };
    let snippet = (!snippet.is_empty()).then(|| view! { <div class="sub">{who}<Marked pieces=snippet/></div> });
    view! {
        <a class="row" href=address>
            <div class="grow">
                <div class="title"><Marked pieces=title/></div>
                {snippet}
            </div>
            {pinned.then(|| view! { <Badge>"Pinned"</Badge> })}
            {archived.then(|| view! { <Badge>"Archived"</Badge> })}
            <time class="sub" datetime=moment>{when}</time>
        </a>
    }
}

/// Text in which what was looked for stands out.
#[component]
fn Marked(pieces: Vec<Piece>) -> impl IntoView {
    pieces
        .into_iter()
        .map(|Piece { text, is_hit }| if is_hit { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() })
        .collect_view()
}
