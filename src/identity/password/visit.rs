//! Between the server functions about passwords and the service.

use leptos::prelude::expect_context;

use super::PasswordError;
use crate::{
    error::AppError,
    identity::{
        Identity, cookies, next,
        service::{Credentials, NewPassword},
        session::{self, Session},
        visit::{self, Visit},
    },
    platform::web,
};

const SECURITY: &str = "/settings/security";

/// A form that is refused keeps the address, and never the password.
pub async fn sign_in(email: &str, password: &str, wish: &str) -> Result<(), AppError> {
    web::keep_typed(&[("email", email)]);
    let visit = Visit::current()?;
    let until_now = session::current().map_err(web::fail)?;
    let arriving = visit.arriving(until_now.as_ref());
    let shown = Credentials { email, password };
    let signed_in = visit.identity.sign_in_by_password(shown, wish, &arriving).await.map_err(web::fail)?;
    visit.signed_in(&signed_in);
    Ok(())
}

/// The service and who asks it, if their proof is recent; else the browser is sent to give one.
fn proved() -> Result<(Identity, Session), AppError> {
    let identity = expect_context::<Identity>();
    let session = visit::proved(identity.clock.now(), SECURITY)?;
    Ok((identity, session))
}

pub async fn set(new: &str) -> Result<(), AppError> {
    let (identity, session) = proved()?;
    let wish = NewPassword { current: None, new, proved: true, end_others: false };
    identity.set_own_password((&session).into(), wish).await.map_err(on_new)?;
    web::redirect(SECURITY);
    Ok(())
}

fn on_new(error: PasswordError) -> AppError {
    let error = AppError::from(error);
    web::fail(if error.field.as_deref() == Some("password") { error.on_field("new_password") } else { error })
}

pub async fn remove() -> Result<(), AppError> {
    let (identity, session) = proved()?;
    identity.remove_own_password(session.user).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

pub async fn prove(password: &str, wish: &str) -> Result<(), AppError> {
    let identity = expect_context::<Identity>();
    let session = session::require().map_err(web::fail)?;
    let secret = identity.prove_by_password(&session, password).await.map_err(|error| {
        let error = AppError::from(error);
        web::fail(if error.field.as_deref() == Some("current_password") { error.on_field("password") } else { error })
    })?;
    web::set_cookie(&cookies::new_session(&secret));
    web::redirect(if wish.is_empty() { SECURITY } else { next::safe(wish) });
    Ok(())
}

pub async fn confirmable(token: &str) -> Result<Option<String>, AppError> {
    expect_context::<Identity>().confirmable(token).await.map_err(web::fail)
}

pub async fn confirm(token: &str, password: &str) -> Result<(), AppError> {
    let visit = Visit::current()?;
    visit.identity.confirm_by_link(token, password, visit.client()).await.map_err(web::fail)?;
    web::redirect("/confirm-email?done=yes");
    Ok(())
}
