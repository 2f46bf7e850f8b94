use leptos::{either::EitherOf3, ev::SubmitEvent, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    integrations::catalogue::{
        model::{Heading, ServiceView, Standing, counted, headings},
        search::Search,
    },
    ui::{Badge, Button, Empty, Icon, LinkButton, Mark, Size, Tone},
};

/// What can be added. The search is a form that works by its address, and narrows the list at once where scripts run.
#[component]
pub fn Services(services: Vec<ServiceView>) -> impl IntoView {
    let query = use_query_map();
    let asked = move || {
        query.with(|query| {
            Search::of(query.get("q").as_deref(), query.get("category").as_deref(), query.get("here").is_some())
        })
    };
    let search = RwSignal::new(untrack(asked));
    // A heading is a link: it changes the address, and what was typed comes along in it.
    Effect::new(move |before: Option<Search>| {
        let now = asked();
        if before.is_some_and(|before| before != now) {
            search.set(now.clone());
        }
        now
    });
    let (all, chips) = (services.len(), headings(&services));
    let services = StoredValue::new(services);
    let found = Memo::new(move |_| services.with_value(|services| search.with(|search| search.among(services))));
    view! {
        <section class="stack" id="add" aria-labelledby="all">
            <h2 id="all">"Add a service"</h2>
            <Filters search=search all=all chips=chips/>
            <p class="sub" role="status">
                {move || found.with(|found| format!("{} of {}", found.len(), counted(all)))}
            </p>
            {move || {
                let (found, grouped) = (found.get(), search.with(|search| search.text().is_empty()));
                if found.is_empty() {
                    EitherOf3::A(view! { <Nothing/> })
                } else if grouped {
                    EitherOf3::B(view! { <Grouped services=found/> })
                } else {
                    EitherOf3::C(view! { <List services=found/> })
                }
            }}
        </section>
    }
}

#[component]
fn Filters(search: RwSignal<Search>, all: usize, chips: Vec<Heading>) -> impl IntoView {
    let change = move |text: Option<String>, here: Option<bool>| {
        search.update(|search| {
            let text = text.unwrap_or_else(|| search.text().to_owned());
            *search = Search::of(Some(&text), search.category(), here.unwrap_or_else(|| search.here()));
        });
    };
    let stay = |event: SubmitEvent| event.prevent_default();
    let typed = untrack(|| search.with(|search| search.text().to_owned()));
    let category = move || search.with(|search| search.category().map(str::to_owned));
    let everything = Heading { slug: String::new(), name: "All".to_owned(), services: all };
    let chips = std::iter::once(everything).chain(chips);
    let chips = chips.map(|heading| view! { <Chip heading=heading search=search/> }).collect_view();
    view! {
        <form class="filters" method="get" action="/connections#add" role="search" aria-label="Services" on:submit=stay>
            <div class="finder">
                <div class="search">
                    <Icon name="search"/>
                    <label class="visually-hidden" for="find">"Search services"</label>
                    <input
                        class="input"
                        id="find"
                        name="q"
                        type="search"
                        maxlength="80"
                        autocomplete="off"
                        placeholder=format!("Search {all} services")
                        value=typed
                        on:input=move |event| change(Some(event_target_value(&event)), None)
                    />
                </div>
                <label class="check">
                    <input
                        type="checkbox"
                        name="here"
                        checked=untrack(|| search.with(Search::here))
                        on:change=move |event| change(None, Some(event_target_checked(&event)))
                    />
                    <span>"Only what can be connected here"</span>
                </label>
                {move || category().map(|category| view! { <input type="hidden" name="category" value=category/> })}
                <Button>"Search"</Button>
            </div>
            <nav class="chips" aria-label="Categories">{chips}</nav>
        </form>
    }
}

/// A heading to choose. Its address keeps what is searched for.
#[component]
fn Chip(heading: Heading, search: RwSignal<Search>) -> impl IntoView {
    let Heading { slug, name, services } = heading;
    let here = {
        let slug = slug.clone();
        move || search.with(|search| search.category().unwrap_or_default() == slug).then_some("true")
    };
    let address = move || search.with(|search| address(&slug, search));
    view! {
        <a class="chip" href=address aria-current=here>
            {name} " " <span class="num">{services}</span>
        </a>
    }
}

fn address(category: &str, search: &Search) -> String {
    let mut parameters = Vec::new();
    if !category.is_empty() {
        parameters.push(format!("category={category}"));
    }
    if !search.text().is_empty() {
        parameters.push(format!("q={}", encoded(search.text())));
    }
    if search.here() {
        parameters.push("here=on".to_owned());
    }
    let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
    format!("/connections{query}#add")
}

/// As it stands in a query, byte by byte.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Empty icon="search" title="No service is like that">
            <p>"Look for another word, or for what you want to do: «issues», «invoices», «messages»."</p>
            <LinkButton href="/connections#add">"Show all services"</LinkButton>
        </Empty>
    }
}

#[component]
fn Grouped(services: Vec<ServiceView>) -> impl IntoView {
    let group = |heading: Heading| {
        let under: Vec<_> = services.iter().filter(|service| service.category == heading.name).cloned().collect();
        let id = format!("under-{}", heading.slug);
        view! {
            <section class="stack tight" aria-labelledby=id.clone()>
                <h3 id=id.clone()>{heading.name}</h3>
                <List services=under/>
            </section>
        }
    };
    headings(&services).into_iter().map(group).collect_view()
}

#[component]
fn List(services: Vec<ServiceView>) -> impl IntoView {
    let entries = services.into_iter().map(|service| view! { <Service service=service/> }).collect_view();
    view! { <ul class="catalogue">{entries}</ul> }
}

#[component]
fn Service(service: ServiceView) -> impl IntoView {
    let (way, page) = (service.way(), format!("/integrations/{}", service.id));
    let ServiceView { id, name, about, kind, by_form, verb, standing, missing, partner, own_app, connected, .. } =
        service;
    let (wording, hidden) = match (connected, verb.as_str()) {
        (0, "Connect") => (verb, format!(" {name}")),
        (0, _) => (verb, format!(" for {name}")),
        _ => ("Add another".to_owned(), format!(" account of {name}")),
    };
    let for_it = format!(" for {name}");
    let how = match (way, standing) {
        (Some(way), Standing::OwnApp) => EitherOf3::A(view! {
            <LinkButton href=way size=Size::Small>
                "Bring an app"
                <span class="visually-hidden">{for_it}</span>
            </LinkButton>
        }),
        (Some(way), _) => EitherOf3::B(view! {
            <div class="ways">
                <LinkButton href=way size=Size::Small external=!by_form>
                    {wording}
                    <span class="visually-hidden">{hidden}</span>
                </LinkButton>
                {own_app.then(|| view! {
                    <a class="sub" href=format!("/connections/apps/{id}")>
                        "Own app"
                        <span class="visually-hidden">{for_it}</span>
                    </a>
                })}
            </div>
        }),
        (None, standing) => EitherOf3::C(view! { <span class="sub">{standing.label()}</span> }),
    };
    let lacking = (!missing.is_empty()).then(|| format!("To set it up, set {}.", missing.join(" and ")));
    let accounts =
        (connected > 0).then(|| view! { " " <Badge tone=Tone::Ok>{format!("{connected} connected")}</Badge> });
    view! {
        <li>
            <Mark id=id name=name.clone()/>
            <div class="grow">
                <a class="title" href=page rel="external">
                    {name.clone()}
                </a>
                {accounts}
                <span class="sub">{about}</span>
                <span class="sub">{kind}{partner.then_some(". Needs a partner contract")}</span>
                {lacking.map(|lacking| view! { <span class="sub">{lacking}</span> })}
            </div>
            {how}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_heading_keeps_what_is_searched_for() {
        let search = Search::of(Some("a&b=ü"), Some("music"), true);
        assert_eq!(address("crm", &search), "/connections?category=crm&q=a%26b%3D%C3%BC&here=on#add");
        assert_eq!(address("", &Search::default()), "/connections#add");
    }
}
