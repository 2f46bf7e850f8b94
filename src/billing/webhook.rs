//! Where Stripe posts what happens. The answer waits for one transaction here and for nothing outside.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;

use super::{Billing, STRIPE};
use crate::{
    error::{AppError, ErrorKind},
    platform::{
        clock::Clock,
        refusal::Refusal,
        routes::Routes,
        webhooks::{Arrived, WebhookError, Webhooks, verify_timestamped},
    },
};

/// As Stripe's dashboard has it, and as people write it: a redirect would lose the post.
const PLACES: [&str; 2] = ["/api/webhooks/stripe", "/api/webhooks/stripe/"];
const LONGEST_ID: usize = 255;

#[derive(Clone)]
struct Posts {
    webhooks: Webhooks,
    clock: Clock,
    secrets: Arc<[SecretString]>,
    /// Whether the key of this installation moves real money; none: it has no key.
    live: Option<bool>,
}

/// Why a post is not taken. Everything that Stripe signs for this account is taken.
#[derive(Debug, Error)]
enum Refused {
    #[error("the post is not signed by a known secret, or not now")]
    Unsigned,
    #[error("the post is no JSON")]
    NotJson,
    #[error("the event is of the other mode than the key")]
    OtherMode,
    #[error("the event is of another account")]
    OtherAccount,
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        tracing::warn!(%refused, "a post of Stripe's was refused");
        let (code, words) = match refused {
            Refused::Unsigned => (
                "webhook_unsigned",
                "The signature is missing, wrong, or more than five minutes off. Check the secret and the clock.",
            ),
            Refused::NotJson => ("webhook_malformed", "The body is no JSON."),
            Refused::OtherMode => (
                "webhook_other_mode",
                "The event is of Stripe's other mode, live or test. Use an endpoint of the same mode as the key.",
            ),
            Refused::OtherAccount => ("webhook_other_account", "The event is of another account than this one."),
        };
        Self::new(ErrorKind::Invalid, code, words)
    }
}

/// One address, for signed posts only.
pub fn routes(billing: &Billing, secrets: &[SecretString]) -> Routes {
    let posts = Posts {
        webhooks: billing.parts.webhooks.clone(),
        clock: billing.parts.clock.clone(),
        secrets: secrets.into(),
        live: billing.parts.stripe.as_ref().map(super::stripe::Stripe::is_live),
    };
    let [plain, slashed] = PLACES;
    Routes::new().post(plain, take).post(slashed, take).with_state(posts)
}

async fn take(State(posts): State<Posts>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let Some(live) = posts.live else { return Err(Refusal(WebhookError::NotSetUp.into())) };
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let sent_at = match verify_timestamped(&posts.secrets, signature, &body, posts.clock.now()) {
        Err(WebhookError::Unsigned) => return Err(Refusal(Refused::Unsigned.into())),
        other => other?,
    };
    let event: Value = serde_json::from_slice(&body).map_err(|_| Refusal(Refused::NotJson.into()))?;
    if event.get("livemode").and_then(Value::as_bool).is_some_and(|of| of != live) {
        return Err(Refusal(Refused::OtherMode.into()));
    }
    if event.get("account").is_some_and(|account| !account.is_null()) {
        return Err(Refusal(Refused::OtherAccount.into()));
    }
    let id = event.get("id").and_then(Value::as_str).filter(|id| (1..=LONGEST_ID).contains(&id.len()));
    match id {
        Some(event_id) => {
            let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
            posts.webhooks.keep(STRIPE, Arrived { event_id, kind, sent_at }, &body).await?;
        }
        // It is Stripe's, so it is thanked for; without an id it cannot be told from others, and is no event.
        None => tracing::error!("Stripe has signed a post without an id, and nothing is kept of it"),
    }
    Ok((StatusCode::OK, "").into_response())
}
