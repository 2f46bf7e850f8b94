//! Between the server functions about the safety of an account and the service.

use leptos::prelude::expect_context;

use super::{
    Identity,
    cookies::{self, Secret},
    model::{Activity, Confirming, Security, Show},
    next,
    service::IdentityError,
    session::{self, Session},
    visit::{self, CONFIRM},
};
use crate::{
    error::AppError,
    kit::id::{AuditId, SessionId},
    platform::web,
};

/// Where people look after the safety of their account.
const SECURITY: &str = "/settings/security";

/// The service and who asks it.
fn asked() -> Result<(Identity, Session), AppError> {
    Ok((expect_context::<Identity>(), session::require().map_err(web::fail)?))
}

/// The same for a sensitive act: without a recent proof it is refused, and the browser sent to give one.
fn proved() -> Result<(Identity, Session), AppError> {
    let identity = expect_context::<Identity>();
    let session = visit::proved(identity.clock.now(), SECURITY)?;
    Ok((identity, session))
}

/// Gives the browser the new secret of its session.
fn renewed(secret: &Secret, to: &str) {
    web::set_cookie(&cookies::new_session(secret));
    web::redirect(to);
}

pub async fn show() -> Result<Security, AppError> {
    let (identity, session) = asked()?;
    identity.security(&session).await.map_err(web::fail)
}

/// Signing others out wants a proof, so that who found an open browser cannot shut its owner out. Signing out everywhere,
/// here too, wants none: it has to work at once, and helps nobody to stay.
pub async fn end_device(id: &str) -> Result<(), AppError> {
    let (identity, session) = proved()?;
    let id: SessionId = id.parse().map_err(|_| web::fail(IdentityError::NoSuchSession))?;
    identity.end_device(session.user, id).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

pub async fn end_other_devices() -> Result<(), AppError> {
    let (identity, session) = proved()?;
    identity.end_other_devices(&session).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

pub async fn start_email_change(email: &str) -> Result<(), AppError> {
    let (identity, session) = proved()?;
    identity.start_email_change((&session).into(), email).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

/// The proof was asked for when this began; the code is bound to the session that began it.
pub async fn finish_email_change(code: &str) -> Result<(), AppError> {
    let (identity, session) = asked()?;
    let secret = identity.finish_email_change(&session, code).await.map_err(web::fail)?;
    renewed(&secret, SECURITY);
    Ok(())
}

pub async fn undoable(token: &str) -> Result<Option<String>, AppError> {
    expect_context::<Identity>().undoable(token).await.map_err(web::fail)
}

pub async fn undo_email_change(token: &str) -> Result<(), AppError> {
    expect_context::<Identity>().undo_email_change(token).await.map_err(web::fail)?;
    web::redirect("/undo-email?done=yes");
    Ok(())
}

pub async fn confirming() -> Result<Confirming, AppError> {
    let (identity, session) = asked()?;
    identity.confirming(&session).await.map_err(web::fail)
}

pub async fn send_proof(wish: &str) -> Result<(), AppError> {
    let (identity, session) = asked()?;
    let wish = if wish.is_empty() { SECURITY } else { wish };
    identity.send_proof((&session).into(), wish).await.map_err(web::fail)?;
    web::redirect(&next::handing_on(CONFIRM, wish));
    Ok(())
}

pub async fn prove_code(code: &str) -> Result<(), AppError> {
    let (identity, session) = asked()?;
    let (secret, to) = identity.prove_by_code(&session, code).await.map_err(web::fail)?;
    renewed(&secret, &to);
    Ok(())
}

pub async fn activity(show: Show, before: Option<AuditId>) -> Result<Activity, AppError> {
    let (identity, session) = asked()?;
    identity.activity(&session, show, before).await.map_err(web::fail)
}
