//! `/@{handle}`: what strangers see of a person, and of their music where they have published that. An old handle leads
//! to the one its owner has now. Everybody is sent the same bytes, its owner too.

mod card;
mod report;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use leptos::prelude::*;

use super::{
    document::{Preview, unlisted_document, unlisted_preview},
    routes::{Site, tagged},
};
use crate::{
    account::{Account, service::PublicPerson},
    error::AppError,
    identity::session::Session,
    music::card::{Card, Cards, Size, Template},
    music::profile::{
        Profiles,
        model::Shown,
        view::{Bio, Sections},
        visitor::Visitor,
    },
    platform::{refusal::Refusal, routes::Routes, security::Client, telemetry},
    ui::{Avatar, PublicPage},
};

#[derive(Clone)]
struct People {
    site: Site,
    account: Account,
    profiles: Profiles,
    cards: Cards,
}

/// The pages of people.
pub fn people(site: Site, account: Account, profiles: Profiles) -> Routes {
    Routes::new()
        .get("/@{handle}", person)
        .get("/@{handle}/cards/{card}", card::card)
        .get("/@{handle}/report", report::show)
        .post("/@{handle}/report", report::take)
        .with_state(People { site, account, profiles, cards: Cards::default() })
}

async fn person(
    State(People { site, account, profiles, .. }): State<People>,
    Path(handle): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let found = account.public_person(&handle).await?;
    let person = found.ok_or_else(|| AppError::not_found("page"))?;
    // Neither is kept by a cache without asking: a person may go back to a handle, and a redirect that a browser remembers
    // for good would then lead in a circle; and what is taken back is gone at once.
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if person.handle != handle {
        return Ok((cache, Redirect::permanent(&format!("/@{}", person.handle))).into_response());
    }
    let title = format!("{} (@{})", person.display_name, person.handle);
    let Some(published) = profiles.published(person.user).await? else {
        let page = move || view! { <PersonPage person=person staging=site.staging/> }.into_any();
        return Ok((cache, Html(unlisted_document(&title, &site.stylesheet, page))).into_response());
    };
    let shown = profiles.shown(person.user, &published.choices, &person.time_zone).await?;
    if request.method() == Method::GET {
        // That somebody is not counted is no reason to show them nothing.
        if let Err(error) = profiles.viewed(person.user, &visitor(&request)).await {
            telemetry::report(&error, "counting a visitor");
        }
    }
    let address = profiles.address(&person.handle);
    let description = described(&person, &shown);
    let cover = Card { template: Template::Cover, size: Size::Wide };
    let picture = format!("{}{}", site.public_url, card::path(&person.handle, cover));
    let alt = format!("{}, @{}: a music profile at Aura", person.display_name, person.handle);
    let page = move || view! { <PersonPage person=person shown=shown staging=site.staging/> }.into_any();
    let preview = Preview { title: &title, description: &description, address: &address, picture: &picture, alt: &alt };
    let html = unlisted_preview(&preview, &site.stylesheet, page);
    Ok(tagged(request.headers(), "no-cache", html))
}

fn visitor(request: &Request) -> Visitor {
    let Client { ip, user_agent } = Client::of(request.extensions());
    let user = request.extensions().get::<Session>().map(|session| session.user);
    Visitor { user, ip, agent: user_agent, is_ahead: is_ahead(request.headers()) }
}

/// Whether a browser fetches this in case that somebody wants it.
fn is_ahead(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    says("sec-purpose").contains("prefetch") || says("purpose").contains("prefetch")
}

fn described(person: &PublicPerson, shown: &Shown) -> String {
    let bio: String = shown.bio.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    if bio.is_empty() { format!("What {} listens to.", person.display_name) } else { bio }
}

#[component]
fn PersonPage(person: PublicPerson, #[prop(optional)] shown: Option<Shown>, staging: bool) -> impl IntoView {
    let PublicPerson { handle, display_name, avatar, .. } = person;
    let report = format!("/@{handle}/report");
    let bio = shown.as_ref().map(|shown| shown.bio.clone()).filter(|bio| !bio.is_empty());
    view! {
        <PublicPage staging=staging>
            <section class="hero">
                <div class="wrap">
                    <div class="person">
                        <Avatar name=display_name.clone() picture=avatar large=true/>
                        <div class="grow">
                            <h1>{display_name}</h1>
                            <p class="muted">"@" {handle}</p>
                            {bio.map(|text| view! { <Bio text=text/> })}
                        </div>
                    </div>
                </div>
            </section>
            {shown
                .map(|shown| {
                    view! {
                        <div class="wrap page stack loose">
                            <Sections shown=shown/>
                            <p class="sub"><a href=report rel="external nofollow">"Report this profile"</a></p>
                        </div>
                    }
                })}
        </PublicPage>
    }
}
