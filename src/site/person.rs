//! `/@{handle}`: what strangers see of a person. An old handle leads to the one its owner has now.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use leptos::prelude::*;

use super::{document::unlisted_document, routes::Site};
use crate::{
    account::{Account, service::PublicPerson},
    error::AppError,
    platform::{refusal::Refusal, routes::Routes},
    ui::{Avatar, PublicPage},
};

/// The pages of people.
pub fn people(site: Site, account: Account) -> Routes {
    Routes::new().get("/@{handle}", person).with_state((site, account))
}

async fn person(
    State((site, account)): State<(Site, Account)>,
    Path(handle): Path<String>,
) -> Result<Response, Refusal> {
    let found = account.public_person(&handle).await?;
    let person = found.ok_or_else(|| AppError::not_found("page"))?;
    // Neither is kept by a cache: a person may go back to a handle, and a redirect that a browser remembers for good
    // would then lead in a circle.
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if person.handle != handle {
        return Ok((cache, Redirect::permanent(&format!("/@{}", person.handle))).into_response());
    }
    let title = format!("{} (@{})", person.display_name, person.handle);
    let page = move || view! { <PersonPage person=person staging=site.staging/> }.into_any();
    Ok((cache, Html(unlisted_document(&title, &site.stylesheet, page))).into_response())
}

#[component]
fn PersonPage(person: PublicPerson, staging: bool) -> impl IntoView {
    let PublicPerson { handle, display_name, avatar } = person;
    view! {
        <PublicPage staging=staging>
            <section class="hero">
                <div class="wrap">
                    <div class="person">
                        <Avatar name=display_name.clone() picture=avatar large=true/>
                        <div class="grow">
                            <h1>{display_name}</h1>
                            <p class="muted">"@" {handle}</p>
                        </div>
                    </div>
                </div>
            </section>
        </PublicPage>
    }
}
