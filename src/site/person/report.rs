//! `/@{handle}/report`: whoever reads a profile can tell the operators what is wrong with it.

use axum::{
    Form,
    extract::{FromRequest as _, Path, Query, Request, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::header;
use leptos::prelude::*;
use serde::Deserialize;

use super::People;
use crate::{
    account::service::PublicPerson,
    error::AppError,
    music::profile::reports::REASONS,
    platform::{refusal::Refusal, security::Client},
    site::document::unlisted_document,
    ui::{Banner, Button, Field, LinkButton, Look, PublicPage, Select, TextArea, Tone},
};

/// What the page is told by its address.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    told: Option<String>,
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Report {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
}

async fn published(people: &People, handle: &str) -> Result<PublicPerson, AppError> {
    let nothing = || AppError::not_found("page");
    let person = people.account.public_person(handle).await?.ok_or_else(nothing)?;
    people.profiles.published(person.user).await?.ok_or_else(nothing)?;
    Ok(person)
}

pub(super) async fn show(
    State(people): State<People>,
    Path(handle): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let person = published(&people, &handle).await?;
    let (stylesheet, staging) = (people.site.stylesheet.clone(), people.site.staging);
    let title = format!("Report @{}", person.handle);
    let page =
        move || view! { <ReportPage handle=person.handle told=asked.told.is_some() staging=staging/> }.into_any();
    Ok(([(header::CACHE_CONTROL, "no-cache")], Html(unlisted_document(&title, &stylesheet, page))).into_response())
}

pub(super) async fn take(
    State(people): State<People>,
    Path(handle): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let Client { ip, .. } = Client::of(request.extensions());
    let person = published(&people, &handle).await?;
    let form = Form::<Report>::from_request(request, &()).await;
    let Form(Report { reason, words }) = form.map_err(|_| AppError::not_found("page"))?;
    people.profiles.report(person.user, &person.handle, ip, &reason, &words).await.map_err(AppError::from)?;
    Ok(Redirect::to(&format!("/@{}/report?told=yes", person.handle)).into_response())
}

#[component]
fn ReportPage(handle: String, told: bool, staging: bool) -> impl IntoView {
    let back = format!("/@{handle}");
    let form = (!told).then(|| {
        let reasons = REASONS.into_iter().map(|(value, words)| view! { <option value=value>{words}</option> });
        view! {
            <form method="post" action=format!("/@{handle}/report") class="stack">
                <Field id="reason" label="What is wrong">
                    <Select name="reason" required=true>{reasons.collect_view()}</Select>
                </Field>
                <Field id="words" label="In your words" hint="Operators of this installation read it. They do not learn who you are.">
                    <TextArea name="words" required=true attr:maxlength="1000"/>
                </Field>
                <div class="actions">
                    <Button look=Look::Primary>"Report"</Button>
                    <LinkButton href=back.clone() external=true>"Back"</LinkButton>
                </div>
            </form>
        }
    });
    let done = told.then(|| {
        view! {
            <Banner tone=Tone::Ok>"Thank you. The operators have been told."</Banner>
            <LinkButton href=format!("/@{handle}") external=true>"Back to the profile"</LinkButton>
        }
    });
    view! {
        <PublicPage staging=staging>
            <div class="wrap page stack loose">
                <h1>"Report @" {handle.clone()}</h1>
                {form}
                {done}
            </div>
        </PublicPage>
    }
}
