//! What the settings ask of the server.

use leptos::prelude::*;

use crate::error::AppError;

/// Lets the account be removed in a week, and signs this browser out with all others.
#[server(prefix = "/api", endpoint = "privacy/leave")]
pub async fn leave() -> Result<(), AppError> {
    use super::Departures;
    use crate::{
        identity::{proved, sign_off},
        platform::web,
    };
    let departures = expect_context::<Departures>();
    let session = proved(departures.now(), "/settings")?;
    departures.begin(session.user).await.map_err(web::fail)?;
    sign_off("/signin?left=yes");
    Ok(())
}
