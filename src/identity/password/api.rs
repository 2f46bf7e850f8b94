//! What the pages ask of the server. Every form works without a script.

use leptos::prelude::*;

use crate::error::AppError;

/// Signs in with an address and a password.
#[server(prefix = "/api", endpoint = "identity/sign-in-by-password")]
pub async fn sign_in_by_password(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::sign_in(&email, &password, &next).await
}

/// Sets or changes the person's password.
#[server(prefix = "/api", endpoint = "identity/set-password")]
pub async fn set_password(new_password: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::set(&new_password).await
}

/// Removes the person's password.
#[server(prefix = "/api", endpoint = "identity/remove-password")]
pub async fn remove_password() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove().await
}

/// Takes the present password as the proof that it is them.
#[server(prefix = "/api", endpoint = "identity/prove-password")]
pub async fn prove_password(password: String, #[server(default)] next: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::prove(&password, &next).await
}

/// Which address the link in a letter confirms; nothing when it is too late.
#[server(prefix = "/api", endpoint = "identity/confirmable", input = leptos::server_fn::codec::GetUrl)]
pub async fn confirmable(token: String) -> Result<Option<String>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::confirmable(&token).await
}

/// Confirms that address. Who holds the link and the password needs no session.
#[server(prefix = "/api", endpoint = "identity/confirm-email")]
pub async fn confirm_email(token: String, password: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::confirm(&token, &password).await
}
