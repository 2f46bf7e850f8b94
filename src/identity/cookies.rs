//! The cookies: the session, the sign-in under way, and the account that waits to be linked. All are out of reach for scripts and for other hosts.

use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderMap;
use time::Duration;
use zeroize::Zeroizing;

use super::service::{CEREMONY_LASTS, LINK_WAITS, SESSION_LASTS};

const SESSION: &str = "__Host-aura";
const SIGN_IN: &str = "__Host-aura-signin";
const LINK: &str = "__Host-aura-link";

/// Thirty-two random bytes that a browser keeps; the server stores their hash.
pub type Secret = Zeroizing<[u8; 32]>;

/// The session's secret that the request carries.
pub fn session(headers: &HeaderMap) -> Option<Secret> {
    read(headers, SESSION)
}

/// The secret of the sign-in under way.
pub fn sign_in(headers: &HeaderMap) -> Option<Secret> {
    read(headers, SIGN_IN)
}

/// The cookie of a new session.
pub fn new_session(secret: &Secret) -> Cookie<'static> {
    make(SESSION, encode(secret.as_slice()), SESSION_LASTS)
}

/// The cookie of a sign-in that has begun.
pub fn new_sign_in(secret: &Secret) -> Cookie<'static> {
    make(SIGN_IN, encode(secret.as_slice()), CEREMONY_LASTS)
}

/// The secret of the account that waits to be linked.
pub fn link(headers: &HeaderMap) -> Option<Secret> {
    read(headers, LINK)
}

/// The cookie of an account that waits to be linked.
pub fn new_link(secret: &Secret) -> Cookie<'static> {
    make(LINK, encode(secret.as_slice()), LINK_WAITS)
}

/// Takes the cookie of the account that waits to be linked back.
pub fn no_link() -> Cookie<'static> {
    make(LINK, String::new(), Duration::ZERO)
}

/// Takes the session's cookie back.
pub fn no_session() -> Cookie<'static> {
    make(SESSION, String::new(), Duration::ZERO)
}

/// Takes the sign-in's cookie back.
pub fn no_sign_in() -> Cookie<'static> {
    make(SIGN_IN, String::new(), Duration::ZERO)
}

/// How secrets are written in cookies and links.
pub fn encode(secret: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(secret)
}

/// The secret that was written so.
pub fn decode(text: &str) -> Option<Secret> {
    let mut secret = Secret::default();
    let written = BASE64_URL_SAFE_NO_PAD.decode_slice(text, secret.as_mut_slice()).ok()?;
    (written == secret.len()).then_some(secret)
}

fn read(headers: &HeaderMap, name: &str) -> Option<Secret> {
    decode(CookieJar::from_headers(headers).get(name)?.value())
}

fn make(name: &'static str, value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).max_age(lasts).build()
}
