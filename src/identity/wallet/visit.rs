//! Between the server functions of wallets and the service.

use crate::{
    error::AppError,
    identity::{
        cookies,
        model::{Signed, ToSign, WalletPurpose},
        service::{Arriving, StartWallet, WalletDone},
        session,
        visit::Visit,
    },
    platform::web,
};

/// Writes the text, and gives the browser the cookie that ties the signature to it.
pub async fn begin(address: &str, chain: u64, next: &str, purpose: WalletPurpose) -> Result<ToSign, AppError> {
    let visit = Visit::current()?;
    let session = session::current().map_err(web::fail)?;
    let start = StartWallet {
        address,
        chain,
        purpose,
        next,
        session: session.as_ref(),
        browser: visit.browser(),
        client: visit.client(),
    };
    let text = visit.identity.start_wallet(start).await.map_err(web::fail)?;
    web::set_cookie(&cookies::new_sign_in(&text.browser));
    Ok(ToSign { message: text.message })
}

/// Takes the signature, and gives the browser its session where it opened or renewed one.
pub async fn finish(signature: &str) -> Result<Signed, AppError> {
    let visit = Visit::current()?;
    let client = web::client();
    let (address, session) = (client.ip.to_string(), session::current().map_err(web::fail)?);
    let arriving = Arriving {
        user_agent: &client.user_agent,
        address: &address,
        limit_key: visit.client(),
        time_zone: "",
        until_now: session.as_ref(),
        privy_session: None,
    };
    let finished = visit.identity.finish_wallet(signature, visit.browser(), &arriving).await;
    let (done, next) = finished.map_err(web::fail)?;
    match done {
        WalletDone::SignedIn(opened) => web::set_cookie(&cookies::new_session(&opened.secret)),
        WalletDone::Proved(secret) => web::set_cookie(&cookies::new_session(&secret)),
        WalletDone::Linked => {}
    }
    web::set_cookie(&cookies::no_sign_in());
    Ok(Signed { next })
}
