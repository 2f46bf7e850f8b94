//! What the pages ask of the server. Every form works without a script, except that wallets need one.

use leptos::prelude::*;

use super::model::{AwaitedCode, CodeWay, PrivyWays};
use crate::error::AppError;

/// The ways in that the app at Privy has switched on.
#[server(prefix = "/api", endpoint = "identity/privy/ways", input = leptos::server_fn::codec::GetUrl)]
pub async fn offered_privy_ways() -> Result<PrivyWays, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    Ok(visit::ways().await)
}

/// Signs in with the token that Privy's scripts have left in this browser.
#[server(prefix = "/api", endpoint = "identity/privy/sync")]
pub async fn sync_privy(#[server(default)] next: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::sync(&next).await
}

/// Has Privy send a code.
#[server(prefix = "/api", endpoint = "identity/privy/start-code")]
pub async fn start_privy_code(way: CodeWay, target: String, #[server(default)] next: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::start_code(way, &target, &next).await
}

/// The code that this browser waits for.
#[server(prefix = "/api", endpoint = "identity/privy/awaited", input = leptos::server_fn::codec::GetUrl)]
pub async fn awaited_privy_code() -> Result<Option<AwaitedCode>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::awaited().await
}

/// Signs in with the code that Privy sent.
#[server(prefix = "/api", endpoint = "identity/privy/verify-code")]
pub async fn verify_privy_code(code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::verify_code(&code).await
}

/// The text that a wallet is asked to sign.
#[server(prefix = "/api", endpoint = "identity/privy/wallet-challenge")]
pub async fn privy_wallet_challenge(wallet: String, #[server(default)] next: String) -> Result<String, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::challenge(&wallet, &next).await
}

/// Signs in with a wallet's signature, and tells where to go.
#[server(prefix = "/api", endpoint = "identity/privy/verify-wallet")]
pub async fn verify_privy_wallet(signature: String) -> Result<String, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::verify_wallet(&signature).await
}
