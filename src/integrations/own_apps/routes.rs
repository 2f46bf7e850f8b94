//! Leaving for a consent page with an app of one's own, and coming back from it.

use axum::{
    extract::{Extension, Path, RawQuery, State},
    http::HeaderMap,
    response::{Html, Redirect, Response},
};

use super::spotify;
use crate::{
    identity::session::CurrentSession,
    integrations::{
        plain::Question,
        routes::{Stylesheet, is_own, parameter, quietly},
        service::{Error, Integrations, Purpose, Start, Visitor},
    },
    platform::{refusal::Refusal, routes::Routes},
};

/// Consent to an app comes back to the service's address for connecting, or to one for apps alone.
pub fn routes(integrations: Integrations, stylesheet: &str) -> Routes {
    Routes::new()
        .get("/api/integrations/{id}/own-app", start)
        .get(spotify::CALLBACK, spotify::callback)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(integrations)
}

/// As leaving with this installation's app.
async fn start(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    let service = integrations.startable(Purpose::OwnApp, &id)?;
    let holder = session.id.to_string();
    let confirmed = parameter(query.as_deref(), "confirmed");
    let proved = |proof: &str| integrations.is_confirmation(holder.as_bytes(), Purpose::OwnApp, &id, proof);
    if !is_own(&headers) && !confirmed.as_deref().is_some_and(proved) {
        let proof = integrations.confirmation(holder.as_bytes(), Purpose::OwnApp, &id);
        let link = format!("/api/integrations/{id}/own-app?confirmed={proof}");
        let title = format!("Connect {service} by your own app?");
        let wish = format!("connect your {service} account to Aura by your own app");
        let back = ("/connections", "Back to connections");
        let asked = Question { title: &title, wish: &wish, service, host: None, link: &link, back };
        return Ok(quietly(Html(asked.page(&stylesheet.0))));
    }
    let person = Some(Start { user: session.user, session: session.id });
    integrations.limit_start(session.user).await?;
    let address = integrations.leave(Purpose::OwnApp, &id, Visitor { person, browser: None }, "/connections").await?;
    Ok(quietly(Redirect::to(address.as_str())))
}

/// A refusal that an own app mends, or that is about one, leads to the page about it.
pub(in crate::integrations) fn mends(service: &str, error: &Error) -> Option<Redirect> {
    let Error::App { failure, own, .. } = error else { return None };
    let whose = if *own { "own" } else { "ours" };
    Some(Redirect::to(&format!("/connections/apps/{service}?trouble={}&app={whose}", failure.as_str())))
}
