//! The JSON API of one's own profile.

mod avatar;
mod me;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Account;
use crate::platform::routes::Routes;

/// Where a picture is put; it takes more than other addresses do.
pub const AVATAR: &str = "/api/v1/users/me/avatar";

/// What programs use. The layer of `bearer` goes around it.
pub fn routes(account: Account) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(me::show, me::change))
        .routes(routes!(avatar::put, avatar::remove))
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable());
    Routes::new().documented(documented).with_state(account)
}
