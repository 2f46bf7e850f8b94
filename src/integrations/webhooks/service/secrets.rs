//! Secrets that sign what is posted (`whsec_…`, Standard Webhooks), and the signing.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use standardwebhooks::Webhook;
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{OutgoingWebhooks, WebhookError};
use crate::{
    integrations::webhooks::store::system::Begun,
    kit::id::{UserId, WebhookEndpointId},
    platform::crypto::Place,
};

const PREFIX: &str = "whsec_";
/// As long as the key of the hash that it is for (SHA-256).
const BYTES: usize = 32;

/// Where a secret may stand.
#[derive(Clone, Copy)]
pub enum Column {
    Present,
    Previous,
}

fn place(user: UserId, id: WebhookEndpointId, column: Column) -> Place<'static> {
    let column = match column {
        Column::Present => "sealed_secret",
        Column::Previous => "sealed_previous_secret",
    };
    Place { table: "webhook_endpoints", column, row: Uuid::from(id), owner: Uuid::from(user), provider: "" }
}

impl OutgoingWebhooks {
    pub fn new_secret(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.random.bytes::<BYTES>());
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(bytes.as_slice())))
    }

    pub fn seal_secret(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        column: Column,
        secret: &[u8],
    ) -> Result<String, WebhookError> {
        Ok(self.vault.seal(&place(user, id, column), secret)?)
    }

    pub fn open_secret(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        column: Column,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, WebhookError> {
        Ok(self.vault.open(&place(user, id, column), sealed)?)
    }

    /// The signatures of a body at a moment, by the secret and by the one before it while that is still known.
    pub fn signatures(&self, begun: &Begun, now: OffsetDateTime) -> Result<String, WebhookError> {
        let (user, id) = (begun.user, begun.endpoint);
        let mut secrets = vec![self.open_secret(user, id, Column::Present, &begun.sealed_secret)?];
        if let (Some(sealed), Some(until)) = (&begun.sealed_previous_secret, begun.previous_until)
            && now < until
        {
            secrets.push(self.open_secret(user, id, Column::Previous, sealed)?);
        }
        let sign = |secret: &Zeroizing<Vec<u8>>| {
            let webhook = std::str::from_utf8(secret).ok().and_then(|secret| Webhook::new(secret).ok())?;
            webhook.sign(&begun.id.to_string(), now.unix_timestamp(), begun.payload.as_bytes()).ok()
        };
        let all: Option<Vec<String>> = secrets.iter().map(sign).collect();
        Ok(all.ok_or(crate::platform::crypto::VaultError::Malformed)?.join(" "))
    }
}
