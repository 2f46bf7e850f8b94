//! Between the server functions about a lost mailbox and the service.

use leptos::prelude::{expect_context, use_context};

use super::{
    Identity,
    service::{IdentityError, LostMailbox},
    session,
};
use crate::{
    error::AppError,
    platform::{
        security::{browser_name, shown_address},
        web,
    },
};

const PAGE: &str = "/lost-mailbox";

pub async fn start(account: &str, new: &str, reason: &str) -> Result<(), AppError> {
    web::keep_typed(&[("email", account), ("new_email", new), ("reason", reason)]);
    let client = web::client().limit_key();
    let lost = LostMailbox { account, new, reason, client: &client };
    let id = expect_context::<Identity>().start_lost_mailbox(lost).await.map_err(web::fail)?;
    web::redirect(&format!("{PAGE}?request={id}"));
    Ok(())
}

pub async fn finish(request: &str, code: &str) -> Result<(), AppError> {
    let id = request.parse().map_err(|_| web::fail(IdentityError::NoCode))?;
    let client = web::client();
    let from = format!("{}, {}", browser_name(&client.user_agent), shown_address(&client.ip.to_string()));
    expect_context::<Identity>().finish_lost_mailbox(id, code, &from).await.map_err(web::fail)?;
    web::redirect(&format!("{PAGE}?sent=yes"));
    Ok(())
}

pub async fn stoppable(token: &str) -> Result<Option<String>, AppError> {
    expect_context::<Identity>().stoppable_recovery(token).await.map_err(web::fail)
}

pub async fn stop(token: &str) -> Result<(), AppError> {
    expect_context::<Identity>().stop_recovery(token).await.map_err(web::fail)?;
    web::redirect("/stop-recovery?done=yes");
    Ok(())
}

/// For the frame around every page of the app.
pub async fn waiting() -> Result<Option<String>, AppError> {
    let (Some(identity), Some(session)) = (use_context::<Identity>(), session::current().map_err(web::fail)?) else {
        return Ok(None);
    };
    identity.waiting_recovery(session.user).await.map_err(web::fail)
}

/// Saying no needs no fresh proof: it changes nothing but what a stranger began.
pub async fn stop_own() -> Result<(), AppError> {
    let session = session::require().map_err(web::fail)?;
    expect_context::<Identity>().stop_own_recovery(session.user).await.map_err(web::fail)?;
    web::after_form("/settings/security");
    Ok(())
}
