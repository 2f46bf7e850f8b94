//! What the pages ask of the server. Every form works without a script: the answer is then a redirect.

use leptos::prelude::*;

use super::model::{Awaited, Viewer};
use crate::error::AppError;

/// Who is signed in, if anybody is.
#[server(prefix = "/api", endpoint = "identity/viewer", input = leptos::server_fn::codec::GetUrl)]
pub async fn current_viewer() -> Result<Option<Viewer>, AppError> {
    #[cfg(feature = "ssr")]
    use super::session;
    #[cfg(feature = "ssr")]
    use crate::platform::web;
    session::current().map(|session| session.map(|session| session.viewer())).map_err(web::fail)
}

/// Sends a code and a link to an address.
#[server(prefix = "/api", endpoint = "identity/start-sign-in")]
pub async fn start_sign_in(
    email: String,
    #[server(default)] next: String,
    #[server(default)] time_zone: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit::Visit;
    let visit = Visit::current()?;
    visit.began(visit.identity.start_sign_in(visit.start(&email, &next, &time_zone)).await)
}

/// The sign-in that waits for its code in this browser, if one does.
#[server(prefix = "/api", endpoint = "identity/awaited", input = leptos::server_fn::codec::GetUrl)]
pub async fn waiting_for_code() -> Result<Option<Awaited>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit::Visit;
    #[cfg(feature = "ssr")]
    use crate::platform::web;
    let visit = Visit::current()?;
    visit.identity.awaited(visit.browser()).await.map_err(web::fail)
}

/// Sends a new code in place of the last one.
#[server(prefix = "/api", endpoint = "identity/resend")]
pub async fn resend() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit::Visit;
    let visit = Visit::current()?;
    visit.began(visit.identity.resend(visit.browser(), visit.client()).await)
}

/// Signs in with the code of the mail.
#[server(prefix = "/api", endpoint = "identity/verify-code")]
pub async fn verify_code(code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::{service::Proof, visit::Visit};
    let visit = Visit::current()?;
    visit.finish(Proof::Code(&code)).await
}

/// Signs in with the link of the mail.
#[server(prefix = "/api", endpoint = "identity/verify-link")]
pub async fn verify_link(token: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::{service::Proof, visit::Visit};
    let visit = Visit::current()?;
    visit.finish(Proof::Link(&token)).await
}

/// Signs this browser out.
#[server(prefix = "/api", endpoint = "identity/sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit::Visit;
    Visit::current()?.sign_out().await
}

/// Signs every browser of the person out.
#[server(prefix = "/api", endpoint = "identity/sign-out-everywhere")]
pub async fn sign_out_everywhere() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit::Visit;
    Visit::current()?.sign_out_everywhere().await
}
