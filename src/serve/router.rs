//! All routes, and the guards around them.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use utoipa::openapi::OpenApi;

use super::{
    AppState,
    both::{both, broker},
    contract::document,
    events,
    pages::pages,
    programs::programs,
    reference,
};
use crate::{
    account, admin, billing, chat,
    identity::{self, privy::refresh::Renewal, session::Guarded},
    integrations, music,
    platform::{
        audit, health, limits, mail,
        refusal::{self, DrawErrorPage, ErrorPage},
        routes::{Listed, RouteList},
        security::{self, HeaderPolicy, OwnScheme, Upload},
        telemetry,
    },
    site::{self, error_document},
};

/// Where only signed-in people go.
const GUARDED: &[&str] =
    &["/admin", "/billing", "/chat", "/connections", "/music", "/notifications", "/profile", "/settings", "/team"];

/// What lies below them and is for everybody: an invitation is looked at before signing in.
const OPEN: &[&str] = &["/team/join"];

/// Where files are uploaded, which are larger than anything else that is posted.
const UPLOADS: &[Upload] = &[
    picture(account::UPLOAD),
    picture(account::v1::AVATAR),
    file(account::files::UPLOAD),
    file(account::files::v1::UPLOAD),
    question(chat::UPLOADS[0]),
    question(chat::UPLOADS[1]),
];

const fn picture(path: &'static str) -> Upload {
    Upload { path, most: 32 * 1024 * 1024, longest: Duration::from_secs(120) }
}

/// Eight files of 10 MB, with the form around them.
const fn question(path: &'static str) -> Upload {
    Upload { path, most: 96 * 1024 * 1024, longest: Duration::from_secs(600) }
}

/// Larger than any setting lets a file be, with the form around several of them.
const fn file(path: &'static str) -> Upload {
    Upload { path, most: 12 * 1024 * 1024 * 1024, longest: Duration::from_secs(60 * 60) }
}

/// The whole site.
pub fn router(state: &AppState) -> Router {
    assemble(state).0
}

/// Every route of it: pages, server functions, plain handlers, files. For tests that walk them all.
pub fn routes(state: &AppState) -> Vec<Listed> {
    assemble(state).1.routes
}

/// What programs are told of the site: the contract of its JSON API.
pub fn contract(state: &AppState) -> OpenApi {
    document(assemble(state).1.contract)
}

fn assemble(state: &AppState) -> (Router, RouteList) {
    let mut list = RouteList::default();
    let headers = HeaderPolicy::new(state.random.clone(), state.settings.environment, state.site.options.reload_port);
    let proxies: Arc<[_]> = state.settings.trusted_proxies.clone().into();
    let with_session = pages(state, &headers, &mut list)
        .merge(integrations::routes(state.integrations.clone(), &state.site.stylesheet).into_router(&mut list))
        .merge(integrations::broker::direct(state.integrations.clone(), &state.site.stylesheet).into_router(&mut list))
        .merge(
            integrations::own_apps::routes(state.integrations.clone(), &state.site.stylesheet).into_router(&mut list),
        )
        .merge(chat::routes(state.chat.clone(), &state.site.stylesheet).into_router(&mut list))
        .merge(chat::activity::routes(state.chat.clone()).into_router(&mut list))
        .merge(events::routes(state).into_router(&mut list))
        .merge(account::routes(state.account.clone()).into_router(&mut list))
        .merge(account::files::routes(state.user_files.clone()).into_router(&mut list))
        .merge(integrations::connection::routes(state.integrations.clone()).into_router(&mut list))
        .merge(music::routes(state.identity.clone(), state.integrations.clone()).into_router(&mut list))
        .merge(music::import::routes(state.imports.clone()).into_router(&mut list))
        .merge(music::playlist::routes(state.playlists.clone()).into_router(&mut list))
        .merge(identity::export::routes(state.identity.clone()).into_router(&mut list))
        .layer(from_fn(admin::keep_out))
        .layer(identity::session::guard(Guarded { places: GUARDED, but: OPEN }))
        .layer(identity::privy::refresh::layer(Renewal { on: state.privy.is_set_up(), places: GUARDED }))
        .layer(from_fn_with_state(state.limits.clone(), limits::general))
        .merge(identity::routes::routes(state.privy.clone()).into_router(&mut list))
        .layer(identity::session::layer(state.identity.clone()))
        .layer(from_fn(audit::witness));
    let routes = with_session
        .merge(site::routes().with_state(public(state)).into_router(&mut list))
        .merge(site::prices(public(state), state.billing.clone()).into_router(&mut list))
        .merge(site::integrations(public(state), state.integrations.clone()).into_router(&mut list))
        .merge(
            site::people(public(state), state.account.clone(), state.profiles.clone())
                .into_router(&mut list)
                .layer(identity::session::layer(state.identity.clone())),
        )
        .merge(site::shared(public(state), state.chat.clone()).into_router(&mut list))
        .merge(account::pictures(state.account.clone()).into_router(&mut list))
        .merge(health::routes(state.db.clone()).into_router(&mut list))
        .merge(state.site.routes(&mut list))
        .layer(security::cross_site(&state.settings.public_url))
        .layer(from_fn_with_state(OwnScheme::of(&state.settings.public_url), security::own_origin));
    // Outside services post from elsewhere, and sign what they post.
    let posts = mail::routes(state.webhooks.clone(), &state.settings.resend_webhook_secrets).into_router(&mut list);
    let stripe_secrets = state.settings.billing.stripe.as_ref().map_or(&[][..], |stripe| &stripe.webhook_secrets);
    let posts = posts.merge(billing::webhook::routes(&state.billing, stripe_secrets).into_router(&mut list));
    let both = both(state, &mut list).merge(broker(state, &mut list));
    // After all others that the contract describes, for it serves the contract.
    let programs = programs(state, &mut list);
    let reference = reference::routes(state, &headers, &mut list);
    // The last layer is the outermost.
    let router = routes
        .merge(posts)
        .merge(programs)
        .merge(both)
        .merge(reference)
        .merge(integrations::posts(state.integrations.clone()).into_router(&mut list))
        .merge(identity::routes::webhooks(state.privy.clone()).into_router(&mut list))
        .layer(from_fn_with_state(UPLOADS, security::limit_body))
        .layer(from_fn_with_state(UPLOADS, security::limit_time))
        .layer(security::panics())
        .layer(from_fn_with_state(proxies, security::identify))
        .layer(from_fn_with_state(error_pages(state), refusal::present))
        .layer(from_fn_with_state(headers, security::site_headers))
        .layer(from_fn_with_state(state.random.clone(), telemetry::record));
    (router, list)
}

fn public(state: &AppState) -> site::Site {
    site::Site {
        public_url: state.settings.public_url.as_str().trim_end_matches('/').into(),
        stylesheet: state.site.stylesheet.clone(),
        services: state.integrations.services(),
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
