//! Leaving for a consent page, coming back from it, keys and disconnecting.

use std::sync::Arc;

use axum::{
    Form, Json,
    extract::{Extension, Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    account_routes,
    service::{Arrival, Error, Integrations, Purpose, Returned, Start, Visitor},
};
use crate::{
    error::AppError,
    identity::session::{CurrentSession, Session},
    kit::id::ConnectionId,
    platform::{refusal::Refusal, routes::Routes},
};

/// The address of the stylesheet; a build may have put a hash into its name.
#[derive(Clone)]
pub(super) struct Stylesheet(pub(super) Arc<str>);

/// The addresses of this feature. A service has one for its return, and no other service shares it.
pub fn routes(integrations: Integrations, stylesheet: &str) -> Routes {
    Routes::new()
        .get("/api/integrations/{id}", start)
        .get("/api/integrations/{id}/callback", callback)
        .post("/api/integrations/{id}/key", key)
        .post("/api/integrations/{id}/disconnect", disconnect)
        .get("/api/auth/signin/{id}", account_routes::sign_in)
        .get("/api/auth/link/{id}", account_routes::link)
        .get("/api/auth/prove/{id}", account_routes::prove)
        .get("/api/auth/callback/{id}", account_routes::callback)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(integrations)
}

/// Neither kept nor told on: addresses of a consent carry codes.
pub(super) fn quietly(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Sends the browser to the consent page, if the click came from a page of ours or from the address bar. From
/// elsewhere a page asks first.
async fn start(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
) -> Result<Response, Refusal> {
    let service = integrations.startable(Purpose::Connect, &id)?;
    let holder = session.id.to_string();
    let confirmed = parameter(query.as_deref(), "confirmed");
    let proved = |proof: &str| integrations.is_confirmation(holder.as_bytes(), Purpose::Connect, &id, proof);
    if !is_own(&headers) && !confirmed.as_deref().is_some_and(proved) {
        let proof = integrations.confirmation(holder.as_bytes(), Purpose::Connect, &id);
        let link = format!("/api/integrations/{id}?confirmed={proof}");
        let title = format!("Connect {service}?");
        let wish = format!("connect your {service} account to Aura");
        let asked = Question {
            title: &title,
            wish: &wish,
            service,
            link: &link,
            back: ("/connections", "Back to connections"),
        };
        return Ok(quietly(Html(asked.page(&stylesheet.0))));
    }
    let person = Some(Start { user: session.user, session: session.id });
    integrations.limit_start(session.user).await?;
    let address = integrations.leave(Purpose::Connect, &id, Visitor { person, browser: None }, "/connections").await?;
    Ok(quietly(Redirect::to(address.as_str())))
}

/// Whether a request comes from a page of ours or from the address bar.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    matches!(headers.get("sec-fetch-site").map(HeaderValue::as_bytes), Some(b"same-origin" | b"none"))
}

/// A parameter of the query; the first counts.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// The page that asks whether somebody whom another site has sent wants to go on. All its words come from the
/// catalogue and from ourselves, and the link is percent-encoded, so none needs escaping.
pub(super) struct Question<'a> {
    pub(super) title: &'a str,
    /// What they would do: «connect your … account to Aura».
    pub(super) wish: &'a str,
    pub(super) service: &'a str,
    pub(super) link: &'a str,
    /// Where else to go, and what that is called.
    pub(super) back: (&'a str, &'a str),
}

impl Question<'_> {
    pub(super) fn page(&self, stylesheet: &str) -> String {
        let Self { title, wish, service, link, back: (elsewhere, name) } = self;
        format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Aura</title>
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{stylesheet}">
</head>
<body>
<main id="main" class="page">
<h1>{title}</h1>
<p>Another site has sent you here. If you want to {wish}, go on; if not, close this page.</p>
<p class="actions"><a class="button primary" href="{link}">Go on to {service}</a> <a class="button" href="{elsewhere}">{name}</a></p>
</main>
</body>
</html>
"#
        )
    }
}

async fn callback(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    session: Option<Extension<Session>>,
) -> Response {
    let arrived = async {
        let returned = returned(query.as_deref().unwrap_or_default())?;
        let Extension(session) = session.ok_or_else(signed_out)?;
        let begun = Start { user: session.user, session: session.id };
        Ok::<_, Refusal>(integrations.finish(begun, &id, returned).await?)
    };
    match arrived.await {
        Ok(Arrival::Connected { next }) => quietly(Redirect::to(&format!("{next}?connected={id}"))),
        Ok(Arrival::Cancelled) => quietly(Redirect::to(&format!("/connections?cancelled={id}"))),
        Err(refusal) => quietly(refusal),
    }
}

/// No redirect to the sign-in page here: its address would carry the code on.
fn signed_out() -> Refusal {
    let mut error = AppError::unauthenticated();
    "signed_out".clone_into(&mut error.code);
    "You are signed out, so nothing was connected. Sign in, then start again from the connections page."
        .clone_into(&mut error.message);
    Refusal(error)
}

/// A name that comes twice is read differently by different programs: none of its values is taken.
pub(super) fn returned(query: &str) -> Result<Returned, Error> {
    let mut returned = Returned::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        let taken = match &*name {
            "state" => returned.state.replace(value).is_some(),
            "code" => returned.code.replace(SecretString::from(value)).is_some(),
            "iss" => returned.iss.replace(value).is_some(),
            "error" => returned.error.replace(value).is_some(),
            _ => false,
        };
        if taken {
            return Err(Error::BadReturn("duplicate_parameter"));
        }
    }
    Ok(returned)
}

/// What the form for a key sends.
#[derive(Deserialize)]
struct KeyFields {
    key: SecretString,
}

async fn key(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    Form(fields): Form<KeyFields>,
) -> Result<Response, Refusal> {
    integrations.limit_start(session.user).await?;
    let added = integrations.add_key(session.user, &id, &fields.key).await;
    match added {
        Ok(_) => Ok(quietly(Redirect::to(&format!("/connections?connected={id}")))),
        Err(error) if wants_page(&headers) => {
            let error = AppError::from(error);
            Ok(quietly(Redirect::to(&format!("/connections?trouble={}&service={id}", error.code))))
        }
        Err(error) => Err(error.into()),
    }
}

async fn disconnect(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: ConnectionId = id.parse().map_err(|_| Error::NotFound("connection"))?;
    let ended = integrations.disconnect(session.user, id).await?;
    if wants_page(&headers) {
        let place = format!("/connections?disconnected={}&verdict={}", ended.provider, ended.verdict.as_str());
        return Ok(quietly(Redirect::to(&place)));
    }
    Ok(quietly(Json(ended)))
}

pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        for query in ["state=a&state=b", "state=a&code=1&code=1", "error=x&error=y", "iss=a&iss=a", "state=a&%73tate=b"]
        {
            assert!(returned(query).is_err(), "{query}");
        }
        let fine = returned("state=a&code=b&iss=c&scope=x&scope=y").ok().unwrap();
        assert_eq!((fine.state.as_deref(), fine.iss.as_deref()), (Some("a"), Some("c")));
    }
}
