//! Whom a request acts for at the addresses that browsers use with their cookie and programs with a token.

use axum::{
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, header, request::Parts};

use super::{
    bearer::{self, Principal, Scope},
    session::{CurrentSession, Session},
};
use crate::{error::AppError, kit::id::UserId};

/// A person in their browser, or a program for them.
pub enum Caller {
    Browser(Box<Session>),
    Program(Principal),
}

impl Caller {
    #[must_use]
    pub fn user(&self) -> UserId {
        match self {
            Self::Browser(session) => session.user,
            Self::Program(principal) => principal.user,
        }
    }

    /// Lets the person themselves go on, and a key that may do this.
    ///
    /// # Errors
    /// `scope_missing` (403) otherwise.
    pub fn allow(&self, scope: Scope) -> Result<(), AppError> {
        match self {
            Self::Browser(_) => Ok(()),
            Self::Program(principal) => principal.allow(scope),
        }
    }

    /// The program; a browser is not one.
    #[must_use]
    pub fn program(&self) -> Option<&Principal> {
        match self {
            Self::Browser(_) => None,
            Self::Program(principal) => Some(principal),
        }
    }
}

/// Who shows a token is asked for nothing else: a token that is not believed is refused, whatever cookie comes with it.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        if shows_token(&parts.headers) {
            return Principal::from_request_parts(parts, state).await.map(Self::Program);
        }
        let CurrentSession(session) =
            CurrentSession::from_request_parts(parts, state).await.map_err(|refused| refused.into_response())?;
        Ok(Self::Browser(Box::new(session)))
    }
}

fn shows_token(headers: &HeaderMap) -> bool {
    bearer::presented(headers).is_some()
}

/// Where a request comes from matters for what a browser sends by itself. Who shows a token sends nothing by itself: of
/// such a request the cookie is taken away, and with it the need to ask where it comes from.
pub async fn by_token(mut request: Request, next: Next) -> Response {
    if shows_token(request.headers()) {
        for name in [header::COOKIE, header::ORIGIN, header::HeaderName::from_static("sec-fetch-site")] {
            request.headers_mut().remove(name);
        }
    }
    next.run(request).await
}
