//! Between a server function and the service: what the browser carried, and what it is given back.

use http::{HeaderName, HeaderValue};
use leptos::prelude::use_context;
use time::OffsetDateTime;

use super::{
    Identity,
    cookies::{self, Secret},
    next,
    service::{Arriving, IdentityError, Proof, SignedIn, StartSignIn},
    session::{self, Session},
};
use crate::{error::AppError, platform::web};

/// Where people prove that it is them.
pub(super) const CONFIRM: &str = "/settings/confirm";

/// Who asks for a sensitive act. Without a recent proof it is refused, and the browser sent to give one; from there it
/// comes back to `page`.
///
/// # Errors
/// When nobody is signed in, or the proof is older than ten minutes.
pub fn proved(now: OffsetDateTime, page: &str) -> Result<Session, AppError> {
    let session = session::require().map_err(web::fail)?;
    session::require_recent(&session, now).map_err(|refused| {
        web::redirect(&next::handing_on(CONFIRM, page));
        web::fail(refused)
    })?;
    Ok(session)
}

/// The request of a server function.
pub struct Visit {
    pub identity: Identity,
    client: String,
    address: String,
    user_agent: String,
    browser: Option<Secret>,
}

impl Visit {
    /// The one at hand.
    pub fn current() -> Result<Self, AppError> {
        let identity = use_context::<Identity>().ok_or_else(|| web::fail(AppError::internal()))?;
        let parts = web::parts();
        let client = web::client();
        Ok(Self {
            identity,
            client: client.limit_key(),
            address: client.ip.to_string(),
            user_agent: client.user_agent,
            browser: cookies::sign_in(&parts.headers),
        })
    }

    /// The secret of the sign-in under way.
    pub fn browser(&self) -> Option<&Secret> {
        self.browser.as_ref()
    }

    /// Where the request comes from, as the limits count it.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// A sign-in that is about to begin. Where it is refused, its form keeps the address.
    pub fn start<'a>(&'a self, email: &'a str, next: &'a str, time_zone: &'a str) -> StartSignIn<'a> {
        web::keep_typed(&[("email", email)]);
        StartSignIn { email, next, time_zone, client: &self.client }
    }

    /// Gives the browser the cookie of the sign-in and sends it to the page for the code.
    pub fn began(&self, secret: Result<Secret, IdentityError>) -> Result<(), AppError> {
        web::set_cookie(&cookies::new_sign_in(&secret.map_err(web::fail)?));
        web::redirect("/verify-email");
        Ok(())
    }

    /// Signs in and gives the browser its new session.
    pub async fn finish(&self, proof: Proof<'_>) -> Result<(), AppError> {
        let until_now = session::current().map_err(web::fail)?;
        let arriving = self.arriving(until_now.as_ref());
        let finished = self.identity.finish_sign_in(proof, self.browser(), arriving).await;
        self.signed_in(&finished.map_err(web::fail)?);
        Ok(())
    }

    /// This browser as services take it, with the session that it has until now.
    pub fn arriving<'a>(&'a self, until_now: Option<&'a Session>) -> Arriving<'a> {
        Arriving {
            user_agent: &self.user_agent,
            address: &self.address,
            limit_key: &self.client,
            time_zone: "",
            until_now,
            privy_session: None,
        }
    }

    /// Gives the browser its new session and sends it on.
    pub fn signed_in(&self, signed_in: &SignedIn) {
        web::set_cookie(&cookies::new_session(&signed_in.secret));
        web::set_cookie(&cookies::no_sign_in());
        web::redirect(&signed_in.next);
    }

    /// Ends this session. A browser that was not signed in is left the same: signed out.
    pub async fn sign_out(&self) -> Result<(), AppError> {
        if let Some(session) = session::current().map_err(web::fail)? {
            self.identity.sign_out(&session).await.map_err(web::fail)?;
        }
        sign_off("/signin");
        Ok(())
    }

    /// Ends all sessions of the person.
    pub async fn sign_out_everywhere(&self) -> Result<(), AppError> {
        let session = session::require().map_err(web::fail)?;
        self.identity.sign_out_everywhere(session.user).await.map_err(web::fail)?;
        sign_off("/signin");
        Ok(())
    }
}

/// Takes the cookies back, and what the browser has kept of our pages, and sends it to a page in front of the app.
pub fn sign_off(to: &str) {
    web::set_cookie(&cookies::no_session());
    web::set_cookie(&cookies::no_sign_in());
    web::set_header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    web::redirect(to);
}
