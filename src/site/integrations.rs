use super::ServiceCard;
use crate::ui::{Badge, LinkButton, Look, Mark, PublicPage, Size, Tone};
use leptos::prelude::*;

/// Every service with its true kind of access, and whether it can be connected here.
#[component]
pub fn Integrations(services: Vec<ServiceCard>, staging: bool) -> impl IntoView {
    let total = services.len();
    let ready = services.iter().filter(|service| service.available).count();
    view! {
        <PublicPage current="/integrations" staging=staging>
            <section class="hero">
                <div class="wrap stack loose">
                    <div class="page-head">
                        <div>
                            <h1>"Services"</h1>
                            <p class="lead">
                                {total} " services are built in. " {ready}
                                " can be connected on this installation; the others say what is missing. How access works is \
                                 named beside each one."
                            </p>
                        </div>
                        <LinkButton href="/signin" look=Look::Primary size=Size::Large external=true>
                            "Sign in to connect"
                        </LinkButton>
                    </div>
                    {by_category(services)
                        .into_iter()
                        .map(|(category, services)| view! { <Category category=category services=services/> })
                        .collect_view()}
                </div>
            </section>
        </PublicPage>
    }
}

#[component]
fn Category(category: String, services: Vec<ServiceCard>) -> impl IntoView {
    view! {
        <section class="stack tight">
            <h2>{category}</h2>
            <ul class="catalogue">
                {services.into_iter().map(|service| view! { <Service service=service/> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn Service(service: ServiceCard) -> impl IntoView {
    let (tone, state) = if service.available {
        (Tone::Ok, "Can be connected")
    } else {
        (Tone::Neutral, "Not set up here")
    };
    view! {
        <li>
            <Mark id=service.id name=service.name.clone()/>
            <div class="grow">
                <span class="title">{service.name}</span>
                " "
                <Badge plain=true>{service.kind_label}</Badge>
                <span class="sub">{service.note}</span>
                <Badge tone=tone>{state}</Badge>
            </div>
        </li>
    }
}

/// Groups the services without changing their order: a category stands where its first service does.
fn by_category(services: Vec<ServiceCard>) -> Vec<(String, Vec<ServiceCard>)> {
    let mut groups: Vec<(String, Vec<ServiceCard>)> = Vec::new();
    for service in services {
        match groups
            .iter_mut()
            .find(|(category, _)| *category == service.category)
        {
            Some((_, group)) => group.push(service),
            None => groups.push((service.category.clone(), vec![service])),
        }
    }
    groups
}
