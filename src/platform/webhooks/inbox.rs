use http::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    WebhookError, signature,
    store::{self, NewEvent},
    work::TASK,
};
use crate::{
    kit::id::WebhookEventId,
    platform::{
        clock::Clock,
        crypto::{Place, Vault},
        db::Db,
        jobs::Jobs,
        random::Random,
    },
};

/// How long events are kept that were done; those that failed stay three times as long.
const KEPT: Duration = Duration::days(30);

/// Whether a post was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is kept, and its job is in the queue.
    New,
    /// It was here before; nothing more happens.
    Known,
}

/// The events that outside services posted.
#[derive(Clone)]
pub struct Webhooks {
    pub(super) db: Db,
    pub(super) clock: Clock,
    random: Random,
    vault: Vault,
    jobs: Jobs,
}

impl Webhooks {
    /// Over the given parts of the platform.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, vault: Vault, jobs: Jobs) -> Self {
        Self { db, clock, random, vault, jobs }
    }

    /// Takes a post: checks its signature over `body`, the bytes as they came, and keeps it with its job, once.
    /// `source` names the sender and its handler.
    ///
    /// # Errors
    /// When it is not signed, is no event, or could not be kept.
    pub async fn receive(
        &self,
        source: &'static str,
        secrets: &[SecretString],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Received, WebhookError> {
        let now = self.clock.now();
        let signed = signature::verify(secrets, headers, body, now)?;
        let event: Value = serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?;
        let kind = event.get("type").and_then(Value::as_str).ok_or(WebhookError::Malformed)?;
        let id: WebhookEventId = self.random.id(now);
        let sealed_body = self.vault.seal(&place(id, source), body)?;
        let mut tx = self.db.begin().await?;
        let new = store::insert_event(
            &mut tx,
            &NewEvent {
                id,
                source,
                event_id: &signed.id,
                kind: &kind.chars().take(100).collect::<String>(),
                sealed_body: &sealed_body,
                sent_at: signed.sent_at,
                received_at: now,
            },
        )
        .await?;
        if new {
            self.jobs.enqueue(&mut tx, TASK, Some(&id.to_string()), serde_json::json!({ "id": id })).await?;
        }
        tx.commit().await?;
        Ok(if new { Received::New } else { Received::Known })
    }

    /// Does an event again, whatever became of it before.
    ///
    /// # Errors
    /// When there is no such event, or when the database is away.
    pub async fn rerun(&self, id: WebhookEventId) -> Result<(), WebhookError> {
        let mut tx = self.db.begin().await?;
        if !store::wait_again(&mut tx, id).await? {
            return Err(WebhookError::NotFound);
        }
        self.jobs.enqueue(&mut tx, TASK, Some(&id.to_string()), serde_json::json!({ "id": id })).await?;
        Ok(tx.commit().await?)
    }

    /// Removes events that were settled long ago.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self, now: OffsetDateTime) -> Result<u64, WebhookError> {
        Ok(store::purge(&self.db, now - KEPT, now - KEPT * 3).await?)
    }

    pub(super) fn open(
        &self,
        id: WebhookEventId,
        source: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, WebhookError> {
        Ok(self.vault.open(&place(id, source), sealed)?)
    }
}

fn place(id: WebhookEventId, source: &str) -> Place<'_> {
    Place { table: "webhook_events", column: "sealed_body", row: id.into(), owner: Uuid::nil(), provider: source }
}
