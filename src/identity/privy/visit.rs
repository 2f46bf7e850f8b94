//! Between the server functions and the service: what the browser carried, and what it is given back.

use axum::extract::FromRequestParts as _;
use http::{HeaderMap, header};
use leptos::prelude::{expect_context, use_context};

use super::{
    Privy, PrivyError, Synced,
    model::{AwaitedCode, CodeWay, PrivyWays},
    refresh::{IDENTITY_TOKEN, TOKEN},
    ways::{Begin, Finished},
};
use crate::{
    error::AppError,
    identity::{
        arrival::{self, Arrival},
        next,
    },
    platform::web,
};

/// Where a code is typed.
const CODE_PAGE: &str = "/signin/privy";

/// The tokens of Privy that a request carries: the access token as a bearer or in the cookie, the identity token in
/// the cookie or header.
#[must_use]
pub fn tokens(headers: &HeaderMap) -> (Option<String>, Option<String>) {
    let cookies = axum_extra::extract::CookieJar::from_headers(headers);
    let cookie =
        |name: &str| cookies.get(name).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    (bearer.or_else(|| cookie(TOKEN)), cookie(IDENTITY_TOKEN).or_else(|| text(IDENTITY_TOKEN).map(str::to_owned)))
}

/// What is offered to the browser that asks.
pub async fn ways() -> PrivyWays {
    let Some(privy) = use_context::<Privy>().filter(Privy::is_set_up) else { return PrivyWays::default() };
    let here = tokens(&web::parts().headers).0.is_some();
    PrivyWays { here, ..privy.ways().await }
}

/// Signs in with the token that the browser has.
pub async fn sync(to: &str) -> Result<(), AppError> {
    let arrival = arrival().await;
    let (access, identity) = tokens(&web::parts().headers);
    let privy = expect_context::<Privy>();
    let synced = privy.sync(access.as_deref(), identity.as_deref(), arrival.arriving("")).await.map_err(web::fail)?;
    let next = next::safe(to).to_owned();
    finish(Ok(Finished { synced, next }))
}

/// Has a code sent and leads to its page.
pub async fn start_code(way: CodeWay, target: &str, next: &str) -> Result<(), AppError> {
    web::keep_typed(&[("way", way.as_str()), ("target", target)]);
    let (privy, arrival) = (expect_context::<Privy>(), arrival().await);
    let (browser_hash, cookie) = arrival.begin(&privy.identity.random);
    let begin = Begin { browser_hash: &browser_hash, client: arrival.limit_key(), next };
    privy.start_code(way, target, begin).await.map_err(web::fail)?;
    web::add_header(header::SET_COOKIE, cookie);
    web::redirect(CODE_PAGE);
    Ok(())
}

/// The code that the browser waits for.
pub async fn awaited() -> Result<Option<AwaitedCode>, AppError> {
    let hash = arrival().await.browser_hash();
    expect_context::<Privy>().awaited_code(hash).await.map_err(web::fail)
}

/// Signs in with the code.
pub async fn verify_code(code: &str) -> Result<(), AppError> {
    let (privy, arrival) = (expect_context::<Privy>(), arrival().await);
    finish(privy.finish_code(code, arrival.browser_hash(), arrival.arriving("")).await)
}

/// The text for a wallet.
pub async fn challenge(wallet: &str, next: &str) -> Result<String, AppError> {
    let (privy, arrival) = (expect_context::<Privy>(), arrival().await);
    let (browser_hash, cookie) = arrival.begin(&privy.identity.random);
    let begin = Begin { browser_hash: &browser_hash, client: arrival.limit_key(), next };
    let message = privy.start_wallet(wallet, begin).await.map_err(web::fail)?;
    web::add_header(header::SET_COOKIE, cookie);
    Ok(message)
}

/// Signs in with its signature, and tells where to go.
pub async fn verify_wallet(signature: &str) -> Result<String, AppError> {
    let (privy, arrival) = (expect_context::<Privy>(), arrival().await);
    let finished = privy.finish_wallet(signature, arrival.browser_hash(), arrival.arriving("")).await;
    give(finished)
}

async fn arrival() -> Arrival {
    match Arrival::from_request_parts(&mut web::parts(), &()).await {
        Ok(arrival) => arrival,
        Err(never) => match never {},
    }
}

fn finish(finished: Result<Finished, PrivyError>) -> Result<(), AppError> {
    web::redirect(&give(finished)?);
    Ok(())
}

/// Gives the browser its session.
fn give(finished: Result<Finished, PrivyError>) -> Result<String, AppError> {
    let Finished { synced: Synced { opened, .. }, next } = finished.map_err(web::fail)?;
    for (name, value) in
        opened.iter().flat_map(|opened| arrival::session_cookies(opened).into_iter().collect::<Vec<_>>())
    {
        web::add_header(name.unwrap_or(header::SET_COOKIE), value);
    }
    Ok(next)
}
