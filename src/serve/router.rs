//! All routes, and the guards around them.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use leptos::{nonce::Nonce, prelude::provide_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list};

use super::AppState;
use crate::{
    app::{App, shell},
    chat, identity, integrations,
    platform::{
        health, limits,
        refusal::{self, DrawErrorPage, ErrorPage},
        security::{self, HeaderPolicy},
        telemetry, web,
    },
    site::{self, error_document},
};

/// Where only signed-in people go.
const GUARDED: &[&str] = &["/chat", "/connections", "/profile", "/settings"];

/// The whole site.
pub fn router(state: &AppState) -> Router {
    let headers = HeaderPolicy::new(state.random.clone(), state.settings.environment, state.site.options.reload_port);
    let proxies: Arc<[_]> = state.settings.trusted_proxies.clone().into();
    let with_session = pages(state, &headers)
        .merge(integrations::routes(state.integrations.clone(), &state.site.stylesheet))
        .merge(chat::routes(state.chat.clone()))
        .layer(identity::session::guard(GUARDED))
        .layer(from_fn_with_state(state.limits.clone(), limits::general))
        .layer(identity::session::layer(state.identity.clone()));
    let routes = with_session
        .merge(site::routes().with_state(public(state)))
        .merge(health::routes(state.db.clone()))
        .merge(state.site.routes());
    // The last layer is the outermost.
    routes
        .layer(security::cross_site(&state.settings.public_url))
        .layer(from_fn(security::limit_body))
        .layer(from_fn(security::limit_time))
        .layer(security::panics())
        .layer(from_fn_with_state(proxies, security::identify))
        .layer(from_fn_with_state(error_pages(state), refusal::present))
        .layer(from_fn_with_state(headers, security::site_headers))
        .layer(from_fn_with_state(state.random.clone(), telemetry::record))
}

/// The pages of the app and the server functions behind them.
fn pages(state: &AppState, headers: &HeaderPolicy) -> Router {
    // Listing the routes stops the process's other rendering for a moment, so it is done once.
    static LISTED: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let listed = LISTED.get_or_init(|| generate_route_list(App)).clone();
    let options = state.site.options.clone();
    let (services, document) = (state.clone(), options.clone());
    let provide = move || {
        services.provide();
        if let Some(nonce) = web::parts().extensions.get::<security::Nonce>() {
            provide_context(Nonce::from_value(nonce.0.clone()));
        }
    };
    Router::new()
        .leptos_routes_with_context(&options, listed, provide, move || shell(document.clone()))
        .layer(from_fn_with_state(headers.clone(), security::page_headers))
        .with_state(options)
}

fn public(state: &AppState) -> site::Site {
    site::Site {
        public_url: state.settings.public_url.as_str().trim_end_matches('/').into(),
        stylesheet: state.site.stylesheet.clone(),
        services: super::doctor::cards(&state.settings),
        staging: state.settings.environment.is_staging(),
    }
}

fn error_pages(state: &AppState) -> DrawErrorPage {
    let (stylesheet, staging) = (state.site.stylesheet.clone(), state.settings.environment.is_staging());
    Arc::new(move |ErrorPage { status, error, request_id }| {
        error_document(status, title(status), &error.message, &error.code, &request_id, &stylesheet, staging)
    })
}

fn title(status: u16) -> &'static str {
    match status {
        401 => "Sign in first",
        403 => "Not allowed",
        404 => "Nothing is here",
        405 => "Not like this",
        410 => "No longer here",
        413 => "Too much at once",
        429 => "Too many tries",
        501 => "Not set up here",
        502 => "A service failed",
        503 => "Back in a moment",
        500 => "Something went wrong",
        _ => "This did not work",
    }
}
