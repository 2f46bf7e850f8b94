use super::{
    document::public_document,
    landing::{Landing, LandingProps},
    pricing::{Pricing, PricingProps},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    billing::{Billing, model::OfferedPlan},
    integrations::catalogue::model::ServiceView,
    platform::{refusal::Refusal, routes::Routes},
};

/// What the public pages show about this installation.
#[derive(Clone)]
pub struct Site {
    /// Where the world finds it, without a slash at the end.
    pub public_url: String,
    /// The address of the one stylesheet.
    pub stylesheet: String,
    /// In the order of their headings.
    pub services: Vec<ServiceView>,
    pub staging: bool,
}

/// The public pages that this part of the product serves.
pub fn routes() -> Routes<Site> {
    Routes::new().get("/", landing)
}

/// What it costs.
pub fn prices(site: Site, billing: Billing) -> Routes {
    Routes::new().get("/pricing", pricing).with_state((site, billing))
}

async fn landing(State(site): State<Site>, headers: HeaderMap) -> Response {
    cacheable(&headers, landing_html(&site))
}

async fn pricing(State((site, billing)): State<(Site, Billing)>, headers: HeaderMap) -> Result<Response, Refusal> {
    let plans = billing.offered().await?;
    Ok(cacheable(&headers, pricing_html(&site, plans, billing.is_on(), billing.grace_days())))
}

fn landing_html(site: &Site) -> String {
    let props = LandingProps { services: site.services.clone(), staging: site.staging };
    public_document(
        "Ask across your accounts",
        "An assistant over the services you already use. It reads to answer, shows what it read, and changes nothing without you.",
        &format!("{}/", site.public_url),
        &site.stylesheet,
        || Landing(props).into_any(),
    )
}

fn pricing_html(site: &Site, plans: Vec<OfferedPlan>, on: bool, grace_days: i64) -> String {
    let told = if on {
        "What Aura costs, what each plan allows, and what happens when it ends. The free plan stays free."
    } else {
        "Aura is free here: billing is off, and everyone has the free plan."
    };
    let props = PricingProps { staging: site.staging, plans, on, grace_days };
    public_document("Pricing", told, &format!("{}/pricing", site.public_url), &site.stylesheet, || {
        Pricing(props).into_any()
    })
}

/// The same bytes for everybody, so any cache may keep them and ask again with the tag.
pub(super) fn cacheable(request: &HeaderMap, html: String) -> Response {
    tagged(request, "public, max-age=300", html)
}

/// A page with a tag, so that what is known already is not sent again; `kept` says for how long nobody need ask.
pub(super) fn tagged(request: &HeaderMap, kept: &str, html: String) -> Response {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(html.as_bytes())[..16]));
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let headers = [(header::CACHE_CONTROL, kept.to_owned()), (header::ETAG, tag)];
    if unchanged { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, Html(html)).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        billing::plans::Plans,
        integrations::catalogue::{model::Standing, search::Search},
        kit::money::Money,
        site::integrations::list_html,
    };

    fn site() -> Site {
        let card = |id: &str, name: &str, standing| ServiceView {
            id: id.to_owned(),
            name: name.to_owned(),
            category: "Work & play".to_owned(),
            kind: "Sign in at the service".to_owned(),
            standing,
            about: "Events & calendars".to_owned(),
            ..ServiceView::default()
        };
        Site {
            public_url: "https://aura.example".to_owned(),
            stylesheet: "/pkg/aura.css".to_owned(),
            services: vec![card("one", "One & only", Standing::Ready), card("two", "Two", Standing::NotSetUp)],
            staging: false,
        }
    }

    fn plans() -> Vec<OfferedPlan> {
        let price = |_: &str| Some(Money::new(1_800, "eur".parse().unwrap()));
        Plans::read(None).unwrap().iter().map(|plan| plan.offered(price)).collect()
    }

    fn pages() -> [(&'static str, String); 3] {
        let site = site();
        [
            ("Ask across your accounts", landing_html(&site)),
            ("Pricing", pricing_html(&site, plans(), true, 7)),
            ("Services", list_html(&site, Search::default())),
        ]
    }

    #[test]
    fn public_pages_need_no_script_and_carry_no_inline_style() {
        for (title, html) in pages() {
            assert!(html.contains(&format!("<title>{title} · Aura</title>")), "{title}");
            assert!(!html.contains("<script"), "{title}");
            assert!(!html.contains("style="), "{title}");
            assert!(!html.contains("wasm"), "{title}");
            assert_eq!(html.matches("rel=\"stylesheet\"").count(), 1, "{title}");
            assert_eq!(html.matches("<h1").count(), 1, "{title}");
            assert_eq!(html.matches("id=\"aura\"").count(), 1, "{title}");
        }
    }

    #[test]
    fn names_are_escaped_and_states_are_told() {
        let html = list_html(&site(), Search::default());
        assert!(html.contains("One &amp; only"));
        assert!(html.contains("Can be connected") && html.contains("Not set up here"));
    }

    #[test]
    fn prices_are_those_that_are_known() {
        let html = pricing_html(&site(), plans(), true, 7);
        assert!(
            html.contains("<h2>Pro<")
                && html.contains("€18")
                && html.contains("Try Pro for 14 days")
                && html.contains("For 7 days")
        );
        let unknown = Plans::read(None).unwrap().iter().map(|plan| plan.offered(|_| None)).collect();
        let html = pricing_html(&site(), unknown, true, 7);
        assert!(!html.contains('€') && html.contains("Cannot be bought at the moment"));
        let html = pricing_html(&site(), plans(), false, 7);
        assert!(html.contains("Billing is off here") && !html.contains('€') && !html.contains("<h2>Pro<"));
    }

    #[test]
    fn staging_says_so_on_every_page() {
        let site = Site { staging: true, ..site() };
        assert!(landing_html(&site).contains("class=\"staging\""));
        assert!(!pricing_html(&self::site(), plans(), true, 7).contains("class=\"staging\""));
    }

    #[test]
    fn a_page_that_is_still_current_is_not_sent_again() {
        let first = cacheable(&HeaderMap::new(), "<p>".to_owned());
        let tag = first.headers().get(header::ETAG).unwrap().clone();
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(cacheable(&headers, "<p>".to_owned()).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(cacheable(&headers, "<b>".to_owned()).status(), StatusCode::OK);
    }
}
