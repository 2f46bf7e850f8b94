//! Where Resend posts what became of mails.

use std::sync::Arc;

use axum::{body::Bytes, extract::State};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;

use super::feedback::RESEND;
use crate::platform::{refusal::Refusal, routes::Routes, webhooks::Webhooks};

#[derive(Clone)]
struct Posts {
    webhooks: Webhooks,
    secrets: Arc<[SecretString]>,
}

/// One address, for signed posts only.
pub fn routes(webhooks: Webhooks, secrets: &[SecretString]) -> Routes {
    Routes::new().post("/api/webhooks/resend", take).with_state(Posts { webhooks, secrets: secrets.into() })
}

async fn take(State(posts): State<Posts>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Refusal> {
    posts.webhooks.receive(RESEND, &posts.secrets, &headers, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
