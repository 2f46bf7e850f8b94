//! What browsers use with their cookie and programs with a token.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};

use super::AppState;
use crate::{
    account::api_keys,
    identity::{self, caller},
    integrations::{broker, forms, own_apps},
    music::export,
    platform::{
        api::{cors, idempotency},
        audit, limits,
        routes::RouteList,
        security::{self, OwnScheme},
    },
};

/// A request that shows a token is a program's, and may come from the front end's pages; any other is a browser's, and
/// comes from our own.
pub(super) fn both(state: &AppState, list: &mut RouteList) -> Router {
    let origins = cors::Origins::of(state.settings.front_end.as_ref());
    // The last layer is the outermost.
    let (spotify, keys) =
        (own_apps::spotify::routes(state.integrations.clone()), forms::v1::routes(state.integrations.clone()));
    spotify
        .into_router(list)
        .merge(keys.into_router(list))
        .merge(
            export::v1::routes(state.exports.clone(), state.playlists.clone())
                .into_router(list)
                .layer(from_fn_with_state(state.idempotency.clone(), idempotency::layer)),
        )
        .layer(from_fn_with_state(state.limits.clone(), limits::general))
        .layer(identity::bearer::layer(state.identity.clone()))
        .layer(from_fn_with_state(state.api_keys.clone(), api_keys::layer))
        .layer(identity::session::layer(state.identity.clone()))
        .layer(from_fn(audit::witness))
        .layer(security::cross_site(&state.settings.public_url))
        .layer(from_fn_with_state(OwnScheme::of(&state.settings.public_url), security::own_origin))
        .layer(from_fn(caller::by_token))
        .layer(origins.layer())
        .layer(from_fn_with_state(origins, cors::watch))
}

/// What pages of the front end use, and the address to which their people come back. No cookie counts here.
pub(super) fn broker(state: &AppState, list: &mut RouteList) -> Router {
    let origins = cors::Origins::of(state.settings.front_end.as_ref());
    broker::routes(state.integrations.clone())
        .into_router(list)
        .layer(from_fn(audit::witness))
        .layer(origins.layer())
        .layer(from_fn_with_state(origins, cors::watch))
}
