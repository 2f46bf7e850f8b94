//! The JSON API and the guards around it.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};

use super::{AppState, contract};
use crate::{
    account::{self, api_keys, app_versions, files, notifications},
    billing, chat, identity, integrations,
    platform::{
        api::{cors, etag, idempotency},
        audit, limits,
        routes::RouteList,
    },
    privacy, team,
};

/// What programs use. They show a token and no cookie, so no other site can make a browser speak for them.
pub(super) fn programs(state: &AppState, list: &mut RouteList) -> Router {
    let origins = cors::Origins::of(state.settings.front_end.as_ref());
    let counted = identity::v1::routes(state.identity.clone())
        .into_router(list)
        .merge(identity::phone::v1::routes(state.phones.clone()).into_router(list))
        .merge(api_keys::v1::routes(state.api_keys.clone()).into_router(list))
        .merge(app_versions::v1::routes(state.app_versions.clone()).into_router(list))
        .merge(notifications::v1::routes(state.notifications.clone()).into_router(list))
        .merge(account::v1::routes(state.account.clone()).into_router(list))
        .merge(files::v1::routes(state.user_files.clone()).into_router(list))
        .merge(integrations::catalogue::v1::routes(state.integrations.clone()).into_router(list))
        .merge(integrations::connection::v1::routes(state.integrations.clone()).into_router(list))
        .merge(integrations::webhooks::v1::routes(state.integrations.webhooks().clone()).into_router(list))
        .merge(chat::activity::v1::routes(state.chat.clone()).into_router(list))
        .merge(team::v1::routes(state.teams.clone()).into_router(list))
        .merge(billing::v1::routes(state.billing.clone()).into_router(list))
        .merge(privacy::v1::routes(state.departures.clone()).into_router(list))
        .layer(from_fn_with_state(state.idempotency.clone(), idempotency::layer))
        .layer(from_fn_with_state(state.limits.clone(), limits::general));
    // The last layer is the outermost.
    counted
        .merge(identity::v1::renewal(state.identity.clone()).into_router(list))
        .layer(from_fn(etag::layer))
        .layer(from_fn_with_state(state.app_versions.clone(), app_versions::layer))
        .layer(identity::bearer::layer(state.identity.clone()))
        .layer(from_fn_with_state(state.api_keys.clone(), api_keys::layer))
        .layer(from_fn(audit::witness))
        .merge(files::signed(state.user_files.clone()).into_router(list))
        .merge(identity::v1::published_keys(state.identity.clone()).into_router(list))
        .merge(contract::routes(list))
        .layer(origins.layer())
        .layer(from_fn_with_state(origins, cors::watch))
}
