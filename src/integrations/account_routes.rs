//! Leaving for a consent page to show an account, and coming back from it: to sign in, to link it, to prove anew who
//! one is.

use axum::{
    extract::{Extension, Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{Html, IntoResponse as _, Redirect, Response},
};

use super::{
    connect_routes::returned,
    plain::Question,
    routes::{Stylesheet, is_own, parameter, quietly, wants_page},
    service::{Integrations, Purpose, Shown, Start, Visitor},
};
use crate::{
    error::AppError,
    identity::{
        arrival::{self, Arrival},
        next,
        session::{self, CurrentSession, Session},
    },
    platform::refusal::Refusal,
};

const SECURITY: &str = "/settings/security";
const CONFIRM: &str = "/settings/confirm";

/// Begins a sign-in. Nobody has to be signed in, so the browser's own secret holds the steps together.
pub(super) async fn sign_in(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    arrival: Arrival,
) -> Result<Response, Refusal> {
    let service = integrations.startable(Purpose::SignIn, &id)?;
    let (browser, cookie) = arrival.begin(&integrations.random);
    let wish = parameter(query.as_deref(), "next").unwrap_or_default();
    let leaving = Leaving {
        integrations: &integrations,
        purpose: Purpose::SignIn,
        id: &id,
        visitor: Visitor { person: None, browser: Some(browser) },
        holder: &browser,
        next: next::safe(&wish),
        client: arrival.limit_key(),
    };
    let response = if is_own(&headers) || leaving.is_confirmed(query.as_deref()) {
        leaving.go().await?
    } else {
        let title = format!("Sign in with {service}?");
        leaving.ask(service, &title, "sign in to Aura with it", &stylesheet, ("/signin", "Other ways to sign in"))
    };
    Ok(([(header::SET_COOKIE, cookie)], response).into_response())
}

/// Begins a link. It is a sensitive act, so a proof has to be recent.
pub(super) async fn link(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
    arrival: Arrival,
) -> Result<Response, Refusal> {
    let service = integrations.startable(Purpose::Link, &id)?;
    if let Err(refused) = session::require_recent(&session, integrations.clock.now()) {
        if wants_page(&headers) {
            return Ok(quietly(Redirect::to(&next::handing_on(CONFIRM, SECURITY))));
        }
        return Err(refused.into());
    }
    let next = format!("{SECURITY}?linked={id}");
    let holder = session.id.to_string();
    let leaving = of(&integrations, Purpose::Link, &id, &session, holder.as_bytes(), &next, &arrival);
    if is_own(&headers) || leaving.is_confirmed(query.as_deref()) {
        return leaving.go().await;
    }
    let title = format!("Link {service}?");
    let wish = format!("let your {service} account open your Aura account");
    Ok(leaving.ask(service, &title, &wish, &stylesheet, (SECURITY, "Back to settings")))
}

/// Begins a proof anew, by an account that is a way in already.
pub(super) async fn prove(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(stylesheet): Extension<Stylesheet>,
    CurrentSession(session): CurrentSession,
    arrival: Arrival,
) -> Result<Response, Refusal> {
    let service = integrations.startable(Purpose::Prove, &id)?;
    let wish = parameter(query.as_deref(), "next").unwrap_or_else(|| SECURITY.to_owned());
    let holder = session.id.to_string();
    let leaving = of(&integrations, Purpose::Prove, &id, &session, holder.as_bytes(), next::safe(&wish), &arrival);
    if is_own(&headers) || leaving.is_confirmed(query.as_deref()) {
        return leaving.go().await;
    }
    let title = format!("Confirm with {service}?");
    Ok(leaving.ask(service, &title, "confirm that it is you", &stylesheet, (SECURITY, "Back to settings")))
}

fn of<'a>(
    integrations: &'a Integrations,
    purpose: Purpose,
    id: &'a str,
    session: &Session,
    holder: &'a [u8],
    next: &'a str,
    arrival: &'a Arrival,
) -> Leaving<'a> {
    let person = Some(Start { user: session.user, session: session.id });
    let visitor = Visitor { person, browser: None };
    Leaving { integrations, purpose, id, visitor, holder, next, client: arrival.limit_key() }
}

/// Somebody who is about to leave for a consent page.
struct Leaving<'a> {
    integrations: &'a Integrations,
    purpose: Purpose,
    id: &'a str,
    visitor: Visitor,
    /// The session or the browser that a page between is made for.
    holder: &'a [u8],
    next: &'a str,
    /// As the limits count it.
    client: &'a str,
}

impl Leaving<'_> {
    fn is_confirmed(&self, query: Option<&str>) -> bool {
        let proof = parameter(query, "confirmed");
        proof.is_some_and(|proof| self.integrations.is_confirmation(self.holder, self.purpose, self.id, &proof))
    }

    async fn go(&self) -> Result<Response, Refusal> {
        self.integrations.limit_arrival(self.client).await?;
        let address = self.integrations.leave(self.purpose, self.id, self.visitor, self.next).await?;
        Ok(quietly(Redirect::to(address.as_str())))
    }

    fn ask(&self, service: &str, title: &str, wish: &str, stylesheet: &Stylesheet, back: (&str, &str)) -> Response {
        let place = match self.purpose {
            Purpose::SignIn => "signin",
            Purpose::Link => "link",
            Purpose::Connect | Purpose::OwnApp | Purpose::Prove => "prove",
        };
        let proof = self.integrations.confirmation(self.holder, self.purpose, self.id);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("confirmed", &proof).append_pair("next", self.next).finish();
        let link = format!("/api/auth/{place}/{}?{query}", self.id);
        quietly(Html(Question { title, wish, service, host: None, link: &link, back }.page(&stylesheet.0)))
    }
}

/// Takes what came back, for whichever of them it was.
pub(super) async fn callback(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    arrival: Arrival,
) -> Response {
    let shown = match returned(query.as_deref().unwrap_or_default()) {
        Ok(returned) => Box::pin(integrations.take_account(&id, returned, &arrival)).await,
        Err(error) => Err(error),
    };
    match shown {
        Ok(shown) => quietly(answer(shown, &id, &arrival)),
        Err(error) => quietly(Refusal(AppError::from(error))),
    }
}

fn answer(shown: Shown, id: &str, arrival: &Arrival) -> Response {
    match shown {
        Shown::SignedIn { opened, next } => arrival::signed_in(&opened, &next),
        // Whoever is signed in would be led past the sign-in page; the question stands among their settings.
        Shown::Known { secret } if arrival.session.is_some() => arrival::link_waits(&secret, SECURITY),
        Shown::Known { secret } => arrival::link_waits(&secret, &format!("/signin?known={id}&next=/settings/security")),
        Shown::Linked { next } => Redirect::to(&next).into_response(),
        Shown::Proved { secret, next } => arrival::proved_again(&secret, &next),
        Shown::Declined { purpose: Purpose::SignIn, .. } => {
            Redirect::to(&format!("/signin?cancelled={id}")).into_response()
        }
        Shown::Declined { purpose: Purpose::Prove, next } => {
            Redirect::to(&next::handing_on(CONFIRM, &next)).into_response()
        }
        Shown::Declined { .. } => Redirect::to(&format!("{SECURITY}?cancelled={id}")).into_response(),
    }
}
