//! What the pages ask of the server. Every form works without a script: the answer is then a redirect.

use leptos::{prelude::*, server_fn::codec::Json};

use super::model::{
    Activity, Awaited, Confirming, Security, Show, Signed, ToSign, Viewer, WalletPurpose, Ways, WaysIn,
};
use crate::{error::AppError, kit::id::AuditId};

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

/// The ways to sign in that this installation offers beside mail.
#[server(prefix = "/api", endpoint = "identity/ways", input = leptos::server_fn::codec::GetUrl)]
pub async fn offered_ways() -> Result<Ways, AppError> {
    Ok(use_context::<Ways>().unwrap_or_default())
}

/// What opens the account of the person who asks.
#[server(prefix = "/api", endpoint = "identity/ways-in", input = leptos::server_fn::codec::GetUrl)]
pub async fn own_ways() -> Result<WaysIn, AppError> {
    #[cfg(feature = "ssr")]
    use super::own_ways;
    own_ways::show().await
}

/// Takes a way in away.
#[server(prefix = "/api", endpoint = "identity/unlink")]
pub async fn unlink(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_ways;
    own_ways::unlink(&id).await
}

/// Says whether the account that waits shall become a way in.
#[server(prefix = "/api", endpoint = "identity/answer-link")]
pub async fn answer_link(yes: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_ways;
    own_ways::answer(yes).await
}

/// The person's address and the browsers that are signed in.
#[server(prefix = "/api", endpoint = "identity/security", input = leptos::server_fn::codec::GetUrl)]
pub async fn own_security() -> Result<Security, AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::show().await
}

/// Signs one other browser out.
#[server(prefix = "/api", endpoint = "identity/end-device")]
pub async fn end_device(id: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::end_device(&id).await
}

/// Signs all other browsers out.
#[server(prefix = "/api", endpoint = "identity/end-other-devices")]
pub async fn end_other_devices() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::end_other_devices().await
}

/// Sends a code to an address that is to be the person's.
#[server(prefix = "/api", endpoint = "identity/start-email-change")]
pub async fn start_email_change(email: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::start_email_change(&email).await
}

/// Takes the code that was sent there.
#[server(prefix = "/api", endpoint = "identity/finish-email-change")]
pub async fn finish_email_change(code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::finish_email_change(&code).await
}

/// Which address the link in a letter brings back; nothing when it is too late.
#[server(prefix = "/api", endpoint = "identity/undoable", input = leptos::server_fn::codec::GetUrl)]
pub async fn undoable(token: String) -> Result<Option<String>, AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::undoable(&token).await
}

/// Brings an address back. Who holds the link needs no session.
#[server(prefix = "/api", endpoint = "identity/undo-email-change")]
pub async fn undo_email_change(token: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::undo_email_change(&token).await
}

/// Asks for another address for an account whose mailbox cannot be opened.
#[server(prefix = "/api", endpoint = "identity/start-lost-mailbox")]
pub async fn start_lost_mailbox(
    #[server(default)] email: String,
    #[server(default)] new_email: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::start(&email, &new_email, &reason).await
}

/// Takes the code that was sent to the new address.
#[server(prefix = "/api", endpoint = "identity/finish-lost-mailbox")]
pub async fn finish_lost_mailbox(#[server(default)] request: String, code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::finish(&request, &code).await
}

/// Which address the link in a letter keeps the account from getting; nothing when that is over.
#[server(prefix = "/api", endpoint = "identity/stoppable-recovery", input = leptos::server_fn::codec::GetUrl)]
pub async fn stoppable_recovery(token: String) -> Result<Option<String>, AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::stoppable(&token).await
}

/// Keeps the account's address. Who holds the link needs no session.
#[server(prefix = "/api", endpoint = "identity/stop-recovery")]
pub async fn stop_recovery(token: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::stop(&token).await
}

/// The address that somebody wants for the account of the person who asks.
#[server(prefix = "/api", endpoint = "identity/waiting-recovery", input = leptos::server_fn::codec::GetUrl)]
pub async fn waiting_recovery() -> Result<Option<String>, AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::waiting().await
}

/// Keeps one's own address.
#[server(prefix = "/api", endpoint = "identity/stop-own-recovery")]
pub async fn stop_own_recovery() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::own_mailbox;
    own_mailbox::stop_own().await
}

/// How the person can confirm that it is them.
#[server(prefix = "/api", endpoint = "identity/confirming", input = leptos::server_fn::codec::GetUrl)]
pub async fn ways_to_confirm() -> Result<Confirming, AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::confirming().await
}

/// Sends a code to the person's own address.
#[server(prefix = "/api", endpoint = "identity/send-proof")]
pub async fn send_proof(#[server(default)] next: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::send_proof(&next).await
}

/// Takes the code: the person has just proved who they are.
#[server(prefix = "/api", endpoint = "identity/prove-code")]
pub async fn prove_code(code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::prove_code(&code).await
}

/// A page of the person's own log, from before a line on.
#[server(prefix = "/api", endpoint = "identity/activity", input = leptos::server_fn::codec::GetUrl)]
pub async fn own_activity(
    #[server(default)] show: Show,
    #[server(default)] before: Option<AuditId>,
) -> Result<Activity, AppError> {
    #[cfg(feature = "ssr")]
    use super::safety;
    safety::activity(show, before).await
}

/// Writes the text that a wallet is asked to sign.
#[server(prefix = "/api", endpoint = "auth/wallet/challenge", input = Json)]
pub async fn start_wallet(
    address: String,
    #[server(rename = "chainId")] chain_id: u64,
    #[server(default)] next: String,
    #[server(default)] purpose: WalletPurpose,
) -> Result<ToSign, AppError> {
    #[cfg(feature = "ssr")]
    use super::wallet::visit;
    visit::begin(&address, chain_id, &next, purpose).await
}

/// Takes the signature, and signs in, links or confirms, as the text said.
#[server(prefix = "/api", endpoint = "auth/wallet/verify", input = Json)]
pub async fn verify_wallet(signature: String) -> Result<Signed, AppError> {
    #[cfg(feature = "ssr")]
    use super::wallet::visit;
    visit::finish(&signature).await
}
