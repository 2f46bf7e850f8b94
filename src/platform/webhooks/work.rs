use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::{WebhookError, Webhooks, store};
use crate::{
    kit::id::WebhookEventId,
    platform::jobs::{Attempt, JobFailed, JobTable},
};

pub(super) const TASK: &str = "webhook_event";

/// An event, as a handler gets it. It can come more than once and in any order.
pub struct Post {
    /// Our id of it.
    pub id: WebhookEventId,
    /// Its `type`.
    pub kind: String,
    /// The whole body.
    pub body: Value,
    /// When its sender signed it.
    pub sent_at: OffsetDateTime,
}

type Outcome = Pin<Box<dyn Future<Output = Result<(), JobFailed>> + Send>>;
type Handler = Arc<dyn Fn(Post) -> Outcome + Send + Sync>;

/// What is done with the events of which sender.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<&'static str, Handler>);

impl Handlers {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles the events of a source. What the handler does not know it takes without an error: a failure is tried
    /// again. Its error's text is shown to operators, so nobody's words belong into it.
    #[must_use]
    pub fn on<F, R>(mut self, source: &'static str, handler: F) -> Self
    where
        F: Fn(Post) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobFailed>> + Send + 'static,
    {
        self.0.insert(source, Arc::new(move |post| Box::pin(handler(post))));
        self
    }
}

/// Registers the job that does events.
#[must_use]
pub fn work(table: JobTable, webhooks: Webhooks, handlers: Handlers) -> JobTable {
    table.on_attempt(TASK, move |payload, attempt| {
        let (webhooks, handlers) = (webhooks.clone(), handlers.clone());
        async move { webhooks.perform(&handlers, payload, attempt).await }
    })
}

/// Events that were kept together. One that fails does not keep the others from being done.
#[derive(Deserialize)]
struct Payload {
    #[serde(alias = "id", deserialize_with = "one_or_more")]
    ids: Vec<WebhookEventId>,
}

/// Jobs of versions before name one event alone.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WebhookEventId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ids {
        One(WebhookEventId),
        More(Vec<WebhookEventId>),
    }
    Ok(match Ids::deserialize(deserializer)? {
        Ids::One(id) => vec![id],
        Ids::More(ids) => ids,
    })
}

impl Webhooks {
    async fn perform(&self, handlers: &Handlers, payload: Value, attempt: Attempt) -> Result<(), JobFailed> {
        let Payload { ids } = serde_json::from_value(payload)?;
        let mut outcome = Ok(());
        for id in ids {
            outcome = outcome.and(self.perform_one(handlers, id, attempt).await);
        }
        outcome
    }

    async fn perform_one(&self, handlers: &Handlers, id: WebhookEventId, attempt: Attempt) -> Result<(), JobFailed> {
        let Some(event) = store::begin_try(&self.db, id).await? else { return Ok(()) };
        let outcome = self.hand_over(handlers, id, event).await;
        let now = self.clock.now();
        match &outcome {
            Ok(()) => store::settle_done(&self.db, id, now).await?,
            Err(problem) if problem.is_for_good() => {
                // It waits for an operator, who runs it again; meanwhile nobody tries.
                metrics::counter!("aura_events_parked_total").increment(1);
                tracing::error!(event = %id, reason = problem.reason(), "an event cannot be read and is parked");
                store::note_problem(&self.db, id, problem.reason(), true, now).await?;
                return Ok(());
            }
            Err(problem) => store::note_problem(&self.db, id, problem.reason(), attempt.last, now).await?,
        }
        outcome
    }

    async fn hand_over(&self, handlers: &Handlers, id: WebhookEventId, event: store::Event) -> Result<(), JobFailed> {
        let body = self.open(id, &event.source, &event.sealed_body)?;
        let body = serde_json::from_slice(&body).map_err(|_| WebhookError::Malformed)?;
        let handler = handlers.0.get(event.source.as_str()).ok_or(WebhookError::NotSetUp)?;
        handler(Post { id, kind: event.kind, body, sent_at: event.sent_at }).await
    }
}
