//! Between the server functions about own apps and the service.

use leptos::prelude::expect_context;

use super::{
    model::OwnAppsView,
    service::{Given, Secret},
    words,
};
use crate::{
    error::AppError,
    identity::session::{self, Session},
    integrations::{Integrations, service::Error},
    platform::web,
    providers::AppFailure,
};

fn asked() -> Result<(Integrations, Session), AppError> {
    Ok((expect_context::<Integrations>(), session::require().map_err(web::fail)?))
}

fn place(service: &str) -> String {
    format!("/connections/apps/{service}")
}

pub async fn show(service: &str, trouble: &str, app: &str) -> Result<OwnAppsView, AppError> {
    let (integrations, session) = asked()?;
    let view = integrations.own_app_view(session.user, &session.time_zone, service).await.map_err(web::fail)?;
    // Only words of ours: the address tells which.
    let said = AppFailure::parse(trouble)
        .map(|failure| words::sentence(failure, &view.service_name, app != "ours", &view.redirect));
    let typed = |name| web::typed(name).unwrap_or_default();
    Ok(OwnAppsView { said, typed_name: typed("name"), typed_id: typed("client_id"), ..view })
}

pub async fn keep(service: &str, name: String, client_id: String, secret: String) -> Result<(), AppError> {
    let (integrations, session) = asked()?;
    web::keep_typed(&[("name", &name), ("client_id", &client_id)]);
    let secret = if secret.trim().is_empty() { Secret::Kept } else { Secret::Is(secret.into()) };
    let given = Given { name, client_id, secret };
    integrations.keep_own_app(session.user, service, &given).await.map_err(web::fail)?;
    web::redirect(&place(service));
    Ok(())
}

pub async fn check(service: &str) -> Result<(), AppError> {
    let (integrations, session) = asked()?;
    integrations.check_own_app(session.user, service).await.map_err(web::fail)?;
    web::redirect(&place(service));
    Ok(())
}

pub async fn remove(service: &str) -> Result<(), AppError> {
    let (integrations, session) = asked()?;
    match integrations.remove_own_app(session.user, service).await {
        // Removed in another tab a moment ago: it is as it was wished.
        Ok(_) | Err(Error::NotFound("app")) => {}
        Err(error) => return Err(web::fail(error)),
    }
    web::redirect(&place(service));
    Ok(())
}
