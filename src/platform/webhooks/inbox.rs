use http::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    WebhookError, signature,
    store::{self, NewEvent},
    together::Together,
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
    /// It is kept, and a job that does it is in the queue.
    New,
    /// It was here before; nothing more happens.
    Known,
}

/// What is known of an event beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The sender's id of it; a repetition has the same.
    pub event_id: &'a str,
    /// Its `type`.
    pub kind: &'a str,
    /// When its sender signed or made it.
    pub sent_at: OffsetDateTime,
}

/// The events that outside services posted.
#[derive(Clone)]
pub struct Webhooks {
    pub(super) db: Db,
    pub(super) clock: Clock,
    random: Random,
    vault: Vault,
    jobs: Jobs,
    together: Together,
}

impl Webhooks {
    /// Over the given parts of the platform.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, vault: Vault, jobs: Jobs) -> Self {
        let together = Together::new(db.clone(), jobs);
        Self { db, clock, random, vault, jobs, together }
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
        let signed = signature::verify(secrets, headers, body, self.clock.now())?;
        let event: Value = serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?;
        let kind = event.get("type").and_then(Value::as_str).ok_or(WebhookError::Malformed)?;
        self.keep(source, Arrived { event_id: &signed.id, kind, sent_at: signed.sent_at }, body).await
    }

    /// Keeps an event with its job, once. Whoever calls this knows that it is its sender's: it has checked the signature,
    /// or has fetched the event itself.
    ///
    /// # Errors
    /// When it could not be kept.
    pub async fn keep(
        &self,
        source: &'static str,
        arrived: Arrived<'_>,
        body: &[u8],
    ) -> Result<Received, WebhookError> {
        let now = self.clock.now();
        let id: WebhookEventId = self.random.id(now);
        let sealed_body = self.vault.seal(&place(id, source), body)?;
        let event = NewEvent {
            id,
            source,
            event_id: arrived.event_id.to_owned(),
            kind: arrived.kind.chars().take(100).collect(),
            sealed_body,
            sent_at: arrived.sent_at,
            received_at: now,
        };
        self.together.keep(event).await
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
        self.jobs.enqueue(&mut tx, TASK, Some(&id.to_string()), serde_json::json!({ "ids": [id] })).await?;
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
