//! What the page asks of the server. Every form works without a script.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::PhoneView;
use crate::error::AppError;

/// The person's number, and the code that waits.
#[server(prefix = "/api", endpoint = "identity/phone", input = GetUrl)]
pub async fn own_phone() -> Result<PhoneView, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show().await
}

/// Sends a code to a number.
#[server(prefix = "/api", endpoint = "identity/start-phone")]
pub async fn start_phone(number: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::start(&number).await
}

/// Takes the code.
#[server(prefix = "/api", endpoint = "identity/finish-phone")]
pub async fn finish_phone(id: String, code: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::finish(&id, &code).await
}

/// Removes the number.
#[server(prefix = "/api", endpoint = "identity/remove-phone")]
pub async fn remove_phone() -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove().await
}
