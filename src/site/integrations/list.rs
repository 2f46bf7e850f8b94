use crate::{
    integrations::catalogue::{
        model::{ServiceView, Standing, counted, headings},
        search::Search,
    },
    ui::{Badge, Button, Empty, Icon, LinkButton, Look, Mark, PublicPage, Size, Tone},
};
use leptos::prelude::*;

/// Every service with its true kind of access, and whether it can be connected here; or those that are looked for.
#[component]
pub fn Integrations(services: Vec<ServiceView>, search: Search, staging: bool) -> impl IntoView {
    let total = services.len();
    let found = search.among(&services);
    view! {
        <PublicPage current="/integrations" staging=staging>
            <section class="hero">
                <div class="wrap stack loose">
                    <div class="page-head">
                        <div>
                            <h1>"Services"</h1>
                            <p class="lead">{summary(&services)}</p>
                        </div>
                        <LinkButton href="/signin?next=/connections" look=Look::Primary size=Size::Large external=true>
                            "Sign in to connect"
                        </LinkButton>
                    </div>
                    <Finder search=search.clone() total=total/>
                    {if search.is_empty() {
                        view! { <Everything services=services/> }.into_any()
                    } else {
                        view! { <Found services=found search=search total=total/> }.into_any()
                    }}
                </div>
            </section>
        </PublicPage>
    }
}

/// All counts come from the catalogue and from what is set up.
fn summary(services: &[ServiceView]) -> String {
    let total = services.len();
    let count = |standing| services.iter().filter(|service| service.standing == standing).count();
    let (ready, own) = (count(Standing::Ready), count(Standing::OwnApp));
    let (reads, changes) =
        services.iter().fold((0, 0), |(reads, changes), service| (reads + service.reads, changes + service.changes));
    let here = match ready {
        0 => "None of them is set up on this installation.".to_owned(),
        all if all == total => "Each can be connected on this installation.".to_owned(),
        some => format!("{some} can be connected on this installation as it is."),
    };
    let own = if own == 0 { String::new() } else { format!(" {own} more take an app of your own.") };
    format!(
        "{total} services, each with its true kind of access. {here}{own} Aura has {} tools for them: {reads} read, \
         {changes} change something, and of those none runs before you approve it.",
        reads + changes
    )
}

#[component]
fn Finder(search: Search, total: usize) -> impl IntoView {
    view! {
        <form class="finder" method="get" action="/integrations" role="search" aria-label="Services">
            <div class="search">
                <Icon name="search"/>
                <label class="visually-hidden" for="find">"Search services"</label>
                <input
                    class="input"
                    id="find"
                    name="q"
                    type="search"
                    maxlength="80"
                    placeholder=format!("Search {total} services")
                    value=search.text().to_owned()
                />
            </div>
            <label class="check">
                <input type="checkbox" name="here" checked=search.here()/>
                <span>"Only what can be connected here"</span>
            </label>
            <Button>"Search"</Button>
        </form>
    }
}

/// Under their headings.
#[component]
fn Everything(services: Vec<ServiceView>) -> impl IntoView {
    let headings = headings(&services);
    let chips = headings.iter().map(|heading| {
        let address = format!("#{}", heading.slug);
        view! { <a class="chip" href=address>{heading.name.clone()} " " <span class="num">{heading.services}</span></a> }
    });
    let chips = chips.collect_view();
    let groups = headings.into_iter().map(|heading| {
        let under: Vec<_> = services.iter().filter(|service| service.category == heading.name).cloned().collect();
        view! {
            <section class="stack tight" aria-labelledby=heading.slug.clone()>
                <h2 id=heading.slug.clone()>{heading.name}</h2>
                <List services=under/>
            </section>
        }
    });
    view! {
        <nav class="chips" aria-label="Categories">{chips}</nav>
        {groups.collect_view()}
    }
}

/// What was looked for.
#[component]
fn Found(services: Vec<ServiceView>, search: Search, total: usize) -> impl IntoView {
    let what = if search.text().is_empty() { String::new() } else { format!(" for «{}»", search.text()) };
    let back = format!("Show all {total} services");
    view! {
        <section class="stack tight" aria-labelledby="found">
            <h2 id="found">{counted(services.len())} {what}</h2>
            {if services.is_empty() {
                view! {
                    <Empty icon="search" title="No service is like that">
                        <p>"Look for another word, or for what you want to do: «issues», «invoices», «messages»."</p>
                    </Empty>
                }
                    .into_any()
            } else {
                view! { <List services=services/> }.into_any()
            }}
            <p>
                <LinkButton href="/integrations" external=true>{back}</LinkButton>
            </p>
        </section>
    }
}

#[component]
fn List(services: Vec<ServiceView>) -> impl IntoView {
    let entries = services.into_iter().map(|service| view! { <Service service=service/> }).collect_view();
    view! { <ul class="catalogue whole">{entries}</ul> }
}

#[component]
fn Service(service: ServiceView) -> impl IntoView {
    let page = format!("/integrations/{}", service.id);
    let abilities = service.abilities();
    view! {
        <li>
            <Mark id=service.id name=service.name.clone()/>
            <div class="grow">
                <a class="title" href=page rel="external">{service.name}</a>
                " "
                <Badge plain=true>{service.kind}</Badge>
                <span class="sub">{service.about}</span>
                <span class="sub">{abilities}</span>
                <Badge tone=tone(service.standing)>{service.standing.label()}</Badge>
                {service.partner.then(|| view! { " " <Badge tone=Tone::Warn>"Needs a partner contract"</Badge> })}
            </div>
        </li>
    }
}

/// How a standing looks.
pub(super) fn tone(standing: Standing) -> Tone {
    if standing == Standing::Ready { Tone::Ok } else { Tone::Neutral }
}
