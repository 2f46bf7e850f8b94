//! Takes messages in, and sends what waits.

use std::{fmt, sync::Arc, time::Duration as Wait};

use futures::StreamExt as _;
use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    TextError, TextMessenger, caps,
    log::Log,
    outbox::{self, Begun, Held, NewRow},
    sns,
};
use crate::{
    kit::id::TextMessageId,
    platform::{
        clock::Clock,
        config::{TextMessageSettings, TextMessageWay},
        crypto::{Place, Vault},
        db::Db,
        http::Http,
        jobs::{JobFailed, JobTable, Jobs},
        random::Random,
    },
};

/// The task that sends one message.
const TASK: &str = "send_text_message";
/// How often somebody looks for messages that nobody sends: their process was killed, or an attempt failed.
const SWEEP_EVERY: Wait = Wait::from_secs(10);
/// How long one attempt may take. Shorter than a message waits for its sender.
const ATTEMPT: Wait = Wait::from_secs(30);
/// How many messages one process sends at once: each holds a connection to the database.
const AT_ONCE: usize = 2;
/// The pauses after failed attempts, in seconds. After the last the message is given up; most are useless before.
const PAUSES: [i64; 6] = [5, 15, 30, 60, 120, 240];

/// Takes text messages in and sends them, the way that the settings name.
#[derive(Clone)]
pub struct TextMessages {
    db: Db,
    clock: Clock,
    random: Random,
    vault: Vault,
    jobs: Jobs,
    settings: Arc<TextMessageSettings>,
    messenger: Option<Arc<dyn TextMessenger>>,
    places: Arc<Semaphore>,
}

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct NewText<'a> {
    /// What it is for, for the outbox's table.
    pub template: &'a str,
    /// E.164.
    pub number: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    pub text: &'a str,
    /// From when on nobody wants it any more.
    pub useless_at: OffsetDateTime,
}

/// Where a message is sealed; it belongs to whoever holds the number.
fn place(id: TextMessageId, column: &'static str) -> Place<'static> {
    Place { table: "text_messages", column, row: Uuid::from(id), owner: Uuid::nil(), provider: "" }
}

impl TextMessages {
    /// For these settings. Nothing is asked outside.
    pub async fn new(
        settings: &TextMessageSettings,
        http: &Http,
        db: Db,
        vault: Vault,
        random: Random,
        clock: Clock,
    ) -> Self {
        let messenger: Option<Arc<dyn TextMessenger>> = match &settings.way {
            TextMessageWay::Off => None,
            TextMessageWay::Log => Some(Arc::new(Log)),
            TextMessageWay::Sns { region } => sns::messenger(http, region).await,
        };
        let (settings, places) = (Arc::new(settings.clone()), Arc::new(Semaphore::new(AT_ONCE)));
        Self { db, clock, random, vault, jobs: Jobs::new(), settings, messenger, places }
    }

    /// The same with another way for them to leave, for tests.
    #[must_use]
    pub fn leaving_by(self, messenger: Arc<dyn TextMessenger>) -> Self {
        Self { messenger: Some(messenger), ..self }
    }

    /// Whether any can be sent.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.messenger.is_some()
    }

    /// Puts a message and the job that sends it into the caller's transaction, and counts it.
    ///
    /// # Errors
    /// When none are sent here or to this country, the cap of the day is reached, or the database is away.
    pub async fn enqueue(&self, connection: &mut PgConnection, new: &NewText<'_>) -> Result<(), TextError> {
        if !self.are_on() {
            return Err(TextError::Off);
        }
        let most = caps::of_country(&self.settings, new.country).ok_or(TextError::CountryClosed)?;
        let now = self.clock.now();
        let taken = outbox::taken_locked(connection, new.country, now).await?;
        if taken.to_country >= most.into() || taken.in_all >= self.settings.daily_max.into() {
            tracing::error!(country = new.country, "a text message is not sent: the cap of the day is reached");
            metrics::counter!("aura_text_messages_capped_total").increment(1);
            return Err(TextError::Spent);
        }
        let id: TextMessageId = self.random.id(now);
        let row = NewRow {
            id,
            template: new.template,
            country: new.country,
            sealed_recipient: &self.vault.seal(&place(id, "sealed_recipient"), new.number.as_bytes())?,
            sealed_content: &self.vault.seal(&place(id, "sealed_content"), new.text.as_bytes())?,
            created_at: now,
            useless_at: new.useless_at,
        };
        outbox::insert(connection, &row).await?;
        let payload = serde_json::json!({ "text_message": id });
        self.jobs.enqueue(connection, TASK, Some(&id.to_string()), payload).await?;
        Ok(())
    }

    /// Sends one message of the outbox, unless it has left, is not due, or is being sent by somebody else. One that
    /// cannot leave now is put off, which is no error.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn send(&self, id: TextMessageId) -> Result<(), TextError> {
        let Some(messenger) = &self.messenger else { return Ok(()) };
        let _place = self.places.acquire().await.map_err(|_| TextError::Broken("the sender has ended"))?;
        let Some(begun) = outbox::begin(&self.db, id, self.clock.now()).await? else { return Ok(()) };
        let mut transaction = self.db.begin().await?;
        let Some(held) = outbox::hold(&mut transaction, id).await? else { return Ok(()) };
        if held.useless_at <= self.clock.now() {
            let problem = "It did not leave while its code worked.";
            tracing::warn!(message = %id, "a text message is given up: its code no longer works");
            outbox::give_up(&mut transaction, id, problem, self.clock.now()).await?;
            return Ok(transaction.commit().await?);
        }
        if begun.cut_off {
            tracing::warn!(message = %id, "an attempt ended without a note; the text message may arrive twice");
        }
        let outcome = match self.opened(id, &held) {
            Ok((number, text)) => {
                tokio::time::timeout(ATTEMPT, messenger.send(id, &number, &text)).await.unwrap_or(Err(TextError::Late))
            }
            Err(error) => Err(error),
        };
        let now = self.clock.now();
        match outcome {
            Ok(service_id) => {
                outbox::sent(&mut transaction, id, service_id.as_deref(), now).await?;
                metrics::counter!("aura_text_messages_sent_total", "template" => held.template).increment(1);
            }
            Err(error) => note_failure(&mut transaction, id, &begun, held.useless_at, &error, now).await?,
        }
        Ok(transaction.commit().await?)
    }

    fn opened(&self, id: TextMessageId, held: &Held) -> Result<(String, String), TextError> {
        let open = |column, sealed: &Option<String>| {
            let sealed = sealed.as_deref().ok_or(TextError::Broken("it is empty"))?;
            let bytes = self.vault.open(&place(id, column), sealed)?;
            String::from_utf8(bytes.to_vec()).map_err(|_| TextError::Broken("it is no text"))
        };
        Ok((open("sealed_recipient", &held.sealed_recipient)?, open("sealed_content", &held.sealed_content)?))
    }

    /// Takes up what waits although nobody sends it; returns how many messages that were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sweep(&self) -> Result<usize, TextError> {
        if !self.are_on() {
            return Ok(0);
        }
        let due = outbox::due(&self.db, self.clock.now()).await?;
        let count = due.len();
        let sendings = due.into_iter().map(|id| {
            let texts = self.clone();
            async move { texts.send(id).await }
        });
        let outcomes: Vec<_> = futures::stream::iter(sendings).buffer_unordered(AT_ONCE).collect().await;
        outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }

    async fn job(&self, payload: Value) -> Result<(), JobFailed> {
        let id: TextMessageId = payload.get("text_message").and_then(Value::as_str).unwrap_or_default().parse()?;
        Ok(self.send(id).await?)
    }
}

async fn note_failure(
    transaction: &mut PgConnection,
    id: TextMessageId,
    begun: &Begun,
    useless_at: OffsetDateTime,
    error: &TextError,
    now: OffsetDateTime,
) -> Result<(), TextError> {
    let problem = error.to_string();
    match next_try(begun.tries, error, useless_at, now) {
        Some(due) => {
            tracing::warn!(message = %id, tries = begun.tries, %problem, "a text message did not leave and is tried again");
            outbox::postpone(transaction, id, &problem, due).await?;
        }
        None => {
            tracing::error!(message = %id, tries = begun.tries, %problem, "a text message failed for good");
            metrics::counter!("aura_text_messages_failed_total").increment(1);
            outbox::give_up(transaction, id, &problem, now).await?;
        }
    }
    Ok(())
}

/// When a message is tried again; `None` where that is no use.
fn next_try(tries: i16, error: &TextError, useless_at: OffsetDateTime, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let pause = usize::try_from(tries - 1).ok().and_then(|done| PAUSES.get(done))?;
    let due = now + Duration::seconds(*pause);
    (!error.is_final() && due < useless_at).then_some(due)
}

/// Names the way, for the start log.
impl fmt::Display for TextMessages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.messenger, &self.settings.way) {
            (Some(messenger), _) => write!(formatter, "text messages leave {messenger}"),
            (None, TextMessageWay::Sns { .. }) if !sns::BUILT_IN => formatter.write_str(
                "off: text messages — TEXT_MESSAGES is `sns`, and this program was built without the feature `aws`",
            ),
            (None, _) => formatter.write_str("off: text messages — TEXT_MESSAGES is not set; no number can be added"),
        }
    }
}

/// Adds the sending of text messages to what the worker does.
#[must_use]
pub fn work(table: JobTable, texts: TextMessages) -> JobTable {
    let sweeper = texts.clone();
    table
        .on(TASK, move |payload| {
            let texts = texts.clone();
            async move { texts.job(payload).await }
        })
        .every(SWEEP_EVERY, "send_waiting_text_messages", move || {
            let texts = sweeper.clone();
            async move { Ok(texts.sweep().await.map(|_| ())?) }
        })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_message_is_tried_as_long_as_its_code_works() {
        let now = datetime!(2026-01-01 12:00 UTC);
        let wait = |tries, error: &TextError, left: i64| {
            next_try(tries, error, now + Duration::seconds(left), now).map(|due| (due - now).whole_seconds())
        };
        let busy = TextError::NotTaken("Throttled (400)".to_owned());
        assert_eq!(
            (1..=7).map(|tries| wait(tries, &busy, 600).unwrap_or(-1)).collect::<Vec<_>>(),
            [5, 15, 30, 60, 120, 240, -1]
        );
        assert_eq!(wait(1, &TextError::Late, 5), None, "nobody wants it then");
        assert_eq!(wait(1, &TextError::Refused("OptedOut".to_owned()), 600), None);
    }
}
