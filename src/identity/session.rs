//! The signed-in browser behind a request.

use std::{future::Future, pin::Pin};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::{FromFnLayer, Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, header, request::Parts};
use time::{Duration, OffsetDateTime};

use super::{
    Identity, cookies,
    model::{Role, Theme, Viewer, avatar_address},
    next,
};
use crate::{
    error::{AppError, ErrorKind},
    kit::id::{SessionId, UserId},
    platform::{limits, refusal::Refusal, telemetry, web},
};

/// A browser that is signed in, and the person it is signed in as.
#[derive(Clone)]
pub struct Session {
    /// The row behind the cookie.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// What to call them.
    pub display_name: String,
    /// Their proved address; some have none, because they signed in with an account elsewhere.
    pub email: Option<String>,
    /// What they may do for the installation.
    pub role: Role,
    /// IANA name of the zone that they chose, or were in when they signed in.
    pub time_zone: String,
    /// The look that they chose.
    pub theme: Theme,
    /// The key of their picture in the file store.
    pub avatar_key: Option<String>,
    /// When they signed in.
    pub signed_in_at: OffsetDateTime,
    /// When they last proved who they are, at sign-in or since.
    pub proved_at: OffsetDateTime,
}

impl Session {
    /// What their browser may know of it.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer {
            id: self.user,
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            role: self.role,
            time_zone: self.time_zone.clone(),
            avatar: self.avatar_key.as_deref().map(avatar_address),
        }
    }
}

/// Marks a request whose cookie could not be looked up, because the database is away.
#[derive(Clone)]
struct Unknown;

/// How recent a proof has to be for a sensitive act.
pub const PROOF_LASTS: Duration = Duration::minutes(10);

/// Lets a sensitive act go on when its person has lately proved who they are.
///
/// # Errors
/// `prove_first` (403) when that is longer ago; a page then leads to `/settings/confirm?next=…`.
pub fn require_recent(session: &Session, now: OffsetDateTime) -> Result<(), AppError> {
    if now < session.proved_at + PROOF_LASTS {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Forbidden,
        "prove_first",
        "Confirm first that it is you: this needs a proof that is not older than 10 minutes.",
    ))
}

type Outcome = Pin<Box<dyn Future<Output = Response> + Send>>;
/// A layer made of one function with what it needs.
pub type FunctionLayer<S> = FromFnLayer<fn(State<S>, Request, Next) -> Outcome, S, (State<S>, Request)>;

/// Finds the session of every request that carries the cookie and puts it into the request's extensions. Without the
/// database such a request goes on as «unknown», so that only what needs to know who asks is refused.
pub fn layer(identity: Identity) -> FunctionLayer<Identity> {
    from_fn_with_state(identity, |State(identity), request, next| Box::pin(read(identity, request, next)))
}

async fn read(identity: Identity, mut request: Request, next: Next) -> Response {
    if let Some(secret) = cookies::session(request.headers()) {
        match identity.session_by_secret(&secret).await {
            Ok(Some(session)) => {
                telemetry::note_user(request.extensions(), session.user);
                request.extensions_mut().insert(limits::Key(session.user.to_string()));
                request.extensions_mut().insert(session);
            }
            Ok(None) => {}
            Err(_reported) => {
                request.extensions_mut().insert(Unknown);
            }
        }
    }
    next.run(request).await
}

/// Where only signed-in people go.
#[derive(Clone, Copy, Debug)]
pub struct Guarded {
    /// These, and what lies below them …
    pub places: &'static [&'static str],
    /// … without these.
    pub but: &'static [&'static str],
}

/// Sends whoever opens a guarded place to the sign-in page first. It stands inside `layer`.
pub fn guard(guarded: Guarded) -> FunctionLayer<Guarded> {
    from_fn_with_state(guarded, |State(guarded), request, next| Box::pin(keep_out(guarded, request, next)))
}

async fn keep_out(guarded: Guarded, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let below = |place: &str| path.strip_prefix(place).is_some_and(|after| after.is_empty() || after.starts_with('/'));
    let guarded = guarded.places.iter().any(|&place| below(place)) && !guarded.but.contains(&path);
    if path == "/signin"
        && is_page(request.method(), request.headers())
        && request.extensions().get::<Session>().is_some()
    {
        return Redirect::to(&wished(request.uri().query().unwrap_or_default())).into_response();
    }
    let (mut parts, body) = request.into_parts();
    if guarded && let Err(refused) = CurrentSession::from_request_parts(&mut parts, &()).await {
        return refused;
    }
    next.run(Request::from_parts(parts, body)).await
}

/// The session of the request at hand, for server functions.
///
/// # Errors
/// When nobody is signed in, or when it could not be found out.
pub fn require() -> Result<Session, AppError> {
    from_parts(&web::parts())
}

/// The session of the request at hand, where there is one.
///
/// # Errors
/// When it could not be found out.
pub fn current() -> Result<Option<Session>, AppError> {
    match from_parts(&web::parts()) {
        Ok(session) => Ok(Some(session)),
        Err(error) if error.kind == ErrorKind::Unauthenticated => Ok(None),
        Err(error) => Err(error),
    }
}

fn from_parts(parts: &Parts) -> Result<Session, AppError> {
    match parts.extensions.get::<Session>() {
        Some(session) => Ok(session.clone()),
        None if parts.extensions.get::<Unknown>().is_some() => Err(AppError::new(
            ErrorKind::Unavailable,
            "sessions_unavailable",
            "We cannot tell who you are at the moment, because our database is away. Try again in a minute.",
        )),
        None => Err(AppError::unauthenticated()),
    }
}

/// The session, for axum handlers: a page asks to sign in first, everything else is refused with 401.
pub struct CurrentSession(pub Session);

impl<S: Send + Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        from_parts(parts).map(Self).map_err(|error| {
            if is_page(&parts.method, &parts.headers) && error.kind == ErrorKind::Unauthenticated {
                let wish = parts.uri.path_and_query().map_or(next::HOME, |wish| wish.as_str());
                Redirect::to(&next::sign_in_address(wish)).into_response()
            } else {
                Refusal(error).into_response()
            }
        })
    }
}

/// Whether a browser opens a page.
pub(super) fn is_page(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    matches!(*method, Method::GET | Method::HEAD) && accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Where somebody who opens the sign-in page although signed in wants to go.
fn wished(query: &str) -> String {
    let wish = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next").map(|(_, wish)| wish);
    next::safe(wish.as_deref().unwrap_or_default()).to_owned()
}
