//! What the settings ask of the server.

use leptos::prelude::*;

use crate::error::AppError;

/// Lets the account be removed in a week, and signs this browser out with all others.
#[server(prefix = "/api", endpoint = "privacy/leave")]
pub async fn leave() -> Result<(), AppError> {
    use super::Departures;
    use crate::{
        identity::{next, session, sign_off},
        platform::web,
    };
    let session = session::require().map_err(web::fail)?;
    let departures = expect_context::<Departures>();
    session::require_recent(&session, departures.now()).map_err(|refused| {
        web::redirect(&next::handing_on("/settings/confirm", "/settings"));
        web::fail(refused)
    })?;
    departures.begin(session.user).await.map_err(web::fail)?;
    sign_off("/signin?left=yes");
    Ok(())
}
