//! What the settings pages ask of the server. Every form works without a script: the answer is then a redirect.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{Availability, Profile, Theme};
use crate::error::AppError;

/// The person who is signed in.
#[server(prefix = "/api", endpoint = "account/profile", input = GetUrl)]
pub async fn own_profile() -> Result<Profile, AppError> {
    use crate::{account::Account, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Account>().profile(session.user).await.map_err(web::fail)
}

/// The names of all time zones that can be chosen.
#[server(prefix = "/api", endpoint = "account/time-zones", input = GetUrl)]
pub async fn offered_zones() -> Result<Vec<String>, AppError> {
    Ok(crate::account::service::time_zones())
}

/// Changes what the person is called.
#[server(prefix = "/api", endpoint = "account/name")]
pub async fn rename(display_name: String) -> Result<String, AppError> {
    use crate::{account::Account, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let name = expect_context::<Account>().rename(session.user, &display_name).await.map_err(web::fail)?;
    web::after_form("/settings?saved=name");
    Ok(name)
}

/// Changes the look.
#[server(prefix = "/api", endpoint = "account/theme")]
pub async fn set_theme(theme: String) -> Result<Theme, AppError> {
    use crate::{account::Account, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let theme = expect_context::<Account>().set_theme(session.user, &theme).await.map_err(web::fail)?;
    web::after_form("/settings?saved=theme");
    Ok(theme)
}

/// Chooses the time zone; empty: that of the browser at the next sign-in.
#[server(prefix = "/api", endpoint = "account/time-zone")]
pub async fn choose_time_zone(#[server(default)] time_zone: String) -> Result<(), AppError> {
    use crate::{account::Account, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Account>().choose_time_zone(session.user, &time_zone).await.map_err(web::fail)?;
    web::after_form("/settings?saved=time-zone");
    Ok(())
}

/// Whether a handle can be taken.
#[server(prefix = "/api", endpoint = "account/handle-availability", input = GetUrl)]
pub async fn check_handle(handle: String) -> Result<Availability, AppError> {
    use crate::{identity::Identity, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Identity>().handle_availability(session.user, &handle).await.map_err(web::fail)
}

/// Takes a handle, and gives it in its one form.
#[server(prefix = "/api", endpoint = "account/handle")]
pub async fn take_handle(handle: String) -> Result<String, AppError> {
    use crate::{identity::Identity, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let taken = expect_context::<Identity>().take_handle(session.user, &handle).await.map_err(web::fail)?;
    web::after_form("/settings?saved=handle");
    Ok(taken)
}
