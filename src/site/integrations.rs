use super::ServiceCard;
use crate::ui::{Badge, LinkButton, Look, Mark, PublicPage, Size, Tone};
use leptos::prelude::*;

/// Every service with its true kind of access, and whether it can be connected here.
#[component]
pub fn Integrations(services: Vec<ServiceCard>, staging: bool) -> impl IntoView {
    let total = services.len();
    let ready = services.iter().filter(|service| service.available).count();
    let summary = if ready == total {
        format!("{total} services are built in, and each can be connected on this installation.")
    } else {
        format!(
            "{total} services are built in. {ready} can be connected on this installation; the others say what is missing."
        )
    };
    view! {
        <PublicPage current="/integrations" staging=staging>
            <section class="hero">
                <div class="wrap stack loose">
                    <div class="page-head">
                        <div>
                            <h1>"Services"</h1>
                            <p class="lead">
                                {summary} " How access works is named beside each one."
                            </p>
                        </div>
                        <LinkButton href="/signin" look=Look::Primary size=Size::Large external=true>
                            "Sign in to connect"
                        </LinkButton>
                    </div>
                    <ul class="catalogue">
                        {services.into_iter().map(|service| view! { <Service service=service/> }).collect_view()}
                    </ul>
                </div>
            </section>
        </PublicPage>
    }
}

#[component]
fn Service(service: ServiceCard) -> impl IntoView {
    let (tone, state) =
        if service.available { (Tone::Ok, "Can be connected") } else { (Tone::Neutral, "Not set up here") };
    view! {
        <li>
            <Mark id=service.id name=service.name.clone()/>
            <div class="grow">
                <span class="title">{service.name}</span>
                " "
                <Badge plain=true>{service.kind_label}</Badge>
                <span class="sub">{service.category}</span>
                <span class="sub">{service.note}</span>
                <Badge tone=tone>{state}</Badge>
            </div>
        </li>
    }
}
