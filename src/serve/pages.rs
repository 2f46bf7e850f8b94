//! The pages of the app, those in front of it, and the server functions behind both.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use http::Method;
use leptos::{nonce::Nonce, prelude::provide_context, server_fn::axum::server_fn_paths};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list};

use super::{AppState, files};
use crate::{
    app::{App, GATE, gate_shell, shell},
    platform::{
        returned,
        routes::{Listed, RouteList},
        security::{self, HeaderPolicy},
        web,
    },
};

/// All of them; a form that was refused comes back to its page.
pub(super) fn pages(state: &AppState, headers: &HeaderPolicy, list: &mut RouteList) -> Router {
    app(state, headers, list).merge(gate(state, list)).route_layer(from_fn(returned::layer))
}

/// What a browser takes over, and the server functions.
fn app(state: &AppState, headers: &HeaderPolicy, list: &mut RouteList) -> Router {
    // Listing the routes stops the process's other rendering for a moment, so it is done once.
    static LISTED: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let listed = LISTED.get_or_init(|| generate_route_list(App)).clone();
    list.routes.extend(listed.iter().map(|page| Listed { method: Method::GET, path: page.path().to_owned() }));
    list.routes.extend(server_fn_paths().map(|(path, method)| Listed { method, path: path.to_owned() }));
    let options = state.site.options.clone();
    // Every route keeps what hands the services over, and every request clones it.
    let (services, document) = (Arc::new(state.clone()), options.clone());
    let provide = move || {
        services.provide();
        web::provide_returned();
        if let Some(nonce) = web::parts().extensions.get::<security::Nonce>() {
            provide_context(Nonce::from_value(nonce.0.clone()));
        }
    };
    Router::new()
        .leptos_routes_with_context(&options, listed, provide, move || {
            shell(document.clone(), files::LIVE_SCRIPT.address(), files::ATTACH_SCRIPT.address())
        })
        .layer(from_fn_with_state(headers.clone(), security::page_headers))
        .with_state(options)
}

/// What stays as the server draws it. These pages run no script but a file, so the policy of the public pages does.
fn gate(state: &AppState, list: &mut RouteList) -> Router {
    let services = Arc::new(state.clone());
    let draw = move |request: Request| {
        let (services, options) = (services.clone(), services.site.options.clone());
        let provide = move || {
            services.provide();
            web::provide_returned();
        };
        web::draw(provide, move || gate_shell(options, files::GATE_SCRIPT.address()), request)
    };
    list.routes.extend(GATE.iter().map(|&path| Listed { method: Method::GET, path: path.to_owned() }));
    GATE.iter()
        .fold(Router::new(), |router, path| router.route(path, get(draw.clone())))
        .layer(from_fn(security::unkept))
}
