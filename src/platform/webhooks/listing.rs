//! Events as operators see them: what came, and what became of it. The bodies stay sealed.

use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;

use super::{WebhookError, Webhooks};
use crate::kit::id::WebhookEventId;

/// An event without its body.
#[derive(Clone, Debug)]
pub struct EventLine {
    pub id: WebhookEventId,
    pub source: String,
    pub kind: String,
    /// `waiting`, `done` or `failed`.
    pub state: String,
    /// Why it failed last, in our words.
    pub problem: Option<String>,
    pub tries: i16,
    pub received_at: OffsetDateTime,
}

impl Webhooks {
    /// The newest events in a state, or in any.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(&self, state: Option<&str>, limit: i64) -> Result<Vec<EventLine>, WebhookError> {
        let lines = query_as!(
            EventLine,
            r#"select id as "id: WebhookEventId", source, kind, state, problem, tries, received_at from webhook_events
               where $1::text is null or state = $1 order by received_at desc, id limit $2"#,
            state,
            limit,
        )
        .fetch_all(&self.db)
        .await?;
        Ok(lines)
    }

    /// How many events have failed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_failed(&self) -> Result<i64, WebhookError> {
        Ok(query_scalar!(r#"select count(*) as "count!" from webhook_events where state = 'failed'"#)
            .fetch_one(&self.db)
            .await?)
    }
}
