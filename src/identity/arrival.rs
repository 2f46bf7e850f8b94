//! What a browser brings to a way in, and what it is given, for plain HTTP handlers.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};

pub use super::cookies::Secret;
use super::{
    cookies,
    service::{Arriving, Opened},
    session::Session,
};
use crate::platform::{crypto::digest, random::Random, security::Client};

/// A browser on its way in.
pub struct Arrival {
    client: Client,
    limit_key: String,
    address: String,
    browser: Option<Secret>,
    /// Who is signed in in it already.
    pub session: Option<Session>,
}

impl Arrival {
    /// As services take it. `time_zone` is an IANA name, or empty.
    #[must_use]
    pub fn arriving<'a>(&'a self, time_zone: &'a str) -> Arriving<'a> {
        Arriving {
            user_agent: &self.client.user_agent,
            address: &self.address,
            limit_key: &self.limit_key,
            time_zone,
            until_now: self.session.as_ref(),
            privy_session: None,
        }
    }

    /// Where it comes from, as the limits count it.
    #[must_use]
    pub fn limit_key(&self) -> &str {
        &self.limit_key
    }

    /// The digest of the secret that ties the steps of a way in to this browser; `None` when it has begun none.
    #[must_use]
    pub fn browser_hash(&self) -> Option<[u8; 32]> {
        self.browser.as_ref().map(|secret| digest(secret.as_slice()))
    }

    /// The same, with a new secret where the browser has none. Its cookie goes with the answer, also where it is not
    /// new, so that it lasts for the step that begins.
    #[must_use]
    pub fn begin(&self, random: &Random) -> ([u8; 32], HeaderValue) {
        let secret = self.browser.clone().unwrap_or_else(|| Secret::new(random.bytes()));
        (digest(secret.as_slice()), header_value(&cookies::new_sign_in(&secret)))
    }
}

impl<S: Sync> FromRequestParts<S> for Arrival {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let client = Client::of(&parts.extensions);
        Ok(Self {
            limit_key: client.limit_key(),
            address: client.ip.to_string(),
            client,
            browser: cookies::sign_in(&parts.headers),
            session: parts.extensions.get::<Session>().cloned(),
        })
    }
}

/// The cookies of a session that was opened, in place of that of the way in.
#[must_use]
pub fn session_cookies(opened: &Opened) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(header::SET_COOKIE, header_value(&cookies::new_session(&opened.secret)));
    headers.append(header::SET_COOKIE, header_value(&cookies::no_sign_in()));
    headers
}

/// The answer to a way in that has come to its end: the session's cookie, and on to a path of ours.
#[must_use]
pub fn signed_in(opened: &Opened, to: &str) -> Response {
    (session_cookies(opened), Redirect::to(to)).into_response()
}

/// The answer to a proof anew: the session's new cookie, and on to a path of ours.
#[must_use]
pub fn proved_again(secret: &Secret, to: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.append(header::SET_COOKIE, header_value(&cookies::new_session(secret)));
    headers.append(header::SET_COOKIE, header_value(&cookies::no_sign_in()));
    (headers, Redirect::to(to)).into_response()
}

/// The answer to an account whose address belongs to somebody here already: nobody is signed in, and the browser keeps
/// what it needs to be asked about the link afterwards.
#[must_use]
pub fn link_waits(secret: &Secret, to: &str) -> Response {
    ([(header::SET_COOKIE, header_value(&cookies::new_link(secret)))], Redirect::to(to)).into_response()
}

/// Cookies of ours are plain ASCII, so they always are header values.
fn header_value(cookie: &axum_extra::extract::cookie::Cookie<'_>) -> HeaderValue {
    HeaderValue::try_from(cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
}
