//! `/integrations`: the services before anyone signs in, and a page for each, `/integrations/{id}`. Both are the same for
//! everybody, so any cache may keep them.

mod list;
mod service;

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use leptos::prelude::*;

use self::{
    list::{Integrations as List, IntegrationsProps as ListProps},
    service::{ServicePage, ServicePageProps},
};
use super::{
    document::public_document,
    routes::{Site, cacheable},
};
use crate::{
    error::AppError,
    integrations::{
        Integrations,
        catalogue::{ServiceDetails, search::Search},
    },
    platform::{refusal::Refusal, routes::Routes},
};

/// The list and the pages of services.
pub fn integrations(site: Site, integrations: Integrations) -> Routes {
    Routes::new().get("/integrations", list).get("/integrations/{id}", service).with_state((site, integrations))
}

async fn list(
    State((site, _)): State<(Site, Integrations)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    cacheable(&headers, list_html(&site, asked(query.as_deref().unwrap_or_default())))
}

async fn service(
    State((site, integrations)): State<(Site, Integrations)>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let details = integrations.service_details(&id).ok_or_else(unknown)?;
    Ok(cacheable(&headers, service_html(&site, details)))
}

fn unknown() -> AppError {
    let mut error = AppError::not_found("service");
    "Aura knows no service under this address. The page «Integrations» lists all that it knows."
        .clone_into(&mut error.message);
    error
}

/// Of a parameter that comes twice the first counts.
fn asked(query: &str) -> Search {
    let first = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    Search::of(first("q").as_deref(), first("category").as_deref(), first("here").is_some())
}

pub(super) fn list_html(site: &Site, search: Search) -> String {
    let props = ListProps { services: site.services.clone(), search, staging: site.staging };
    public_document(
        "Services",
        "The services that Aura can read, how access to each of them works, and which ones can be connected here.",
        &format!("{}/integrations", site.public_url),
        &site.stylesheet,
        || List(props).into_any(),
    )
}

pub(super) fn service_html(site: &Site, details: ServiceDetails) -> String {
    let (name, id) = (details.service.name.clone(), details.service.id.clone());
    let told = format!(
        "{name} with Aura: {}. How access works, what is asked for and why, and how it ends.",
        details.service.about
    );
    let beside = site.services.iter().filter(|other| other.category == details.service.category && other.id != id);
    let props = ServicePageProps { beside: beside.cloned().collect(), details, staging: site.staging };
    public_document(&name, &told, &format!("{}/integrations/{id}", site.public_url), &site.stylesheet, || {
        ServicePage(props).into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_counts_and_nonsense_is_nothing() {
        assert_eq!(asked("q=git&q=slack&here=on&category=crm"), Search::of(Some("git"), Some("crm"), true));
        assert_eq!(asked("q=a+b%20c"), Search::of(Some("a b c"), None, false));
        for nothing in ["", "&&==", "x=1", "q=", "q=%00"] {
            assert!(asked(nothing).is_empty(), "{nothing}");
        }
    }
}
