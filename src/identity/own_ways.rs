//! Between the server functions about a person's ways in and the service.

use leptos::prelude::{expect_context, use_context};

use super::{
    Identity, cookies,
    model::{Ways, WaysIn},
    service::IdentityError,
    session::{self, Session},
};
use crate::{error::AppError, kit::id::IdentityId, platform::web};

const SECURITY: &str = "/settings/security";

/// What opens the account of the person who asks, and what could.
pub async fn show() -> Result<WaysIn, AppError> {
    let session = session::require().map_err(web::fail)?;
    let waiting = cookies::link(&web::parts().headers);
    let ways = expect_context::<Identity>().ways_in(session.user, waiting.as_ref()).await.map_err(web::fail)?;
    Ok(WaysIn { linkable: use_context::<Ways>().unwrap_or_default().services, ..ways })
}

/// Removes one of them.
pub async fn unlink(id: &str) -> Result<(), AppError> {
    let identity = expect_context::<Identity>();
    let Some(session) = recently_proved(&identity)? else { return Ok(()) };
    let id: IdentityId = id.parse().map_err(|_| web::fail(IdentityError::NoSuchWay))?;
    identity.unlink(&session, id).await.map_err(web::fail)
}

/// Takes the answer to the question about the account that waits.
pub async fn answer(yes: bool) -> Result<(), AppError> {
    let identity = expect_context::<Identity>();
    let Some(session) = recently_proved(&identity)? else { return Ok(()) };
    let waiting = cookies::link(&web::parts().headers).ok_or(IdentityError::NothingToLink).map_err(web::fail)?;
    let answered = identity.answer_link(&session, &waiting, yes).await;
    web::set_cookie(&cookies::no_link());
    answered.map_err(web::fail)
}

/// The session, if its proof is recent; else the browser is sent to give one and comes back.
fn recently_proved(identity: &Identity) -> Result<Option<Session>, AppError> {
    let session = session::require().map_err(web::fail)?;
    if session::require_recent(&session, identity.clock.now()).is_ok() {
        return Ok(Some(session));
    }
    web::redirect(&super::next::handing_on("/settings/confirm", SECURITY));
    Ok(None)
}
