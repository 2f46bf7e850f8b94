//! The JSON API of people: signing programs in and out, their sessions and devices.

pub mod device_given;
mod devices;
mod email_changes;
pub(super) mod given;
mod passwords;
mod recoveries;
mod registrations;
mod sessions;
mod sign_in_codes;
mod statuses;
pub mod token_answer;
mod tokens;
pub mod users;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Identity;
use crate::platform::routes::Routes;

/// What programs use. The layer of `bearer` goes around it.
pub fn routes(identity: Identity) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::end_one))
        .routes(routes!(sessions::end_current))
        .routes(routes!(devices::list, devices::add))
        .routes(routes!(devices::show, devices::change, devices::remove));
    let documented = documented
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::confirm))
        .routes(routes!(sign_in_codes::send))
        .routes(routes!(sign_in_codes::confirm))
        .routes(routes!(recoveries::begin))
        .routes(routes!(recoveries::confirm))
        .routes(routes!(passwords::log_in))
        .routes(routes!(passwords::set, passwords::remove))
        .routes(routes!(passwords::send_proof_code))
        .routes(routes!(passwords::prove))
        .routes(routes!(email_changes::begin))
        .routes(routes!(email_changes::confirm));
    let documented = documented
        .routes(routes!(users::list))
        .routes(routes!(users::show))
        .routes(routes!(statuses::show, statuses::set));
    Routes::new().documented(documented).with_state(identity)
}

/// Renewing tokens. It has a limit of its own, by person: the general one, by address, would keep out those who share
/// one, and an app whose tabs all ask at once.
pub fn renewal(identity: Identity) -> Routes {
    Routes::new().documented(OpenApiRouter::default().routes(routes!(tokens::refresh))).with_state(identity)
}

/// The keys that our tokens can be checked with, for whoever wants to.
pub fn published_keys(identity: Identity) -> Routes {
    Routes::new().get("/.well-known/jwks.json", jwks).with_state(identity)
}

async fn jwks(State(identity): State<Identity>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
        // A key that takes over is published before it signs, so an hour's delay keeps nobody out.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, identity.jwks().to_owned()).into_response()
}
