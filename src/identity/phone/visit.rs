//! Between the server functions about numbers and the service.

use leptos::prelude::expect_context;

use super::{PhoneError, Phones, model::PhoneView};
use crate::{
    error::AppError,
    identity::{
        session::{self, Session},
        visit,
    },
    platform::web,
};

const SECURITY: &str = "/settings/security";

fn asked() -> Result<(Phones, Session), AppError> {
    Ok((expect_context::<Phones>(), session::require().map_err(web::fail)?))
}

/// For a sensitive act: without a recent proof it is refused, and the browser sent to give one.
fn proved() -> Result<(Phones, Session), AppError> {
    let phones = expect_context::<Phones>();
    let session = visit::proved(phones.now(), SECURITY)?;
    Ok((phones, session))
}

pub async fn show() -> Result<PhoneView, AppError> {
    let (phones, session) = asked()?;
    phones.view(&session).await.map_err(web::fail)
}

pub async fn start(number: &str) -> Result<(), AppError> {
    let (phones, session) = proved()?;
    phones.start(session.user, session.id, number, None).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

pub async fn finish(id: &str, code: &str) -> Result<(), AppError> {
    let (phones, session) = asked()?;
    let id = id.parse().map_err(|_| web::fail(PhoneError::NoSuchVerification))?;
    phones.confirm(session.user, session.id, id, code).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}

pub async fn remove() -> Result<(), AppError> {
    let (phones, session) = proved()?;
    phones.remove(session.user).await.map_err(web::fail)?;
    web::redirect(SECURITY);
    Ok(())
}
