//! Sends what waits in the outbox.

use std::{fmt, sync::Arc, time::Duration as Wait};

use futures::StreamExt as _;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

use super::{Letter, MailError, outbox, outbox::Begun, resend::Resend, smtp::Smtp};
use crate::{
    kit::id::MailId,
    platform::{
        clock::Clock,
        config::MailSettings,
        crypto::Vault,
        db::Db,
        http::Http,
        jobs::{JobFailed, JobTable},
    },
};

/// How often somebody looks for letters that nobody sends: their process was killed, or an attempt failed.
const SWEEP_EVERY: Wait = Wait::from_secs(10);
/// How long one attempt may take. Shorter than an idle transaction lives, and than a letter waits for its sender.
const ATTEMPT: Wait = Wait::from_secs(30);
/// How many letters one process sends at once: each holds a connection to the database.
const AT_ONCE: usize = 4;
/// The pauses after failed attempts, in seconds; after the last, a good hour in, the letter is given up.
const PAUSES: [i64; 7] = [5, 15, 60, 180, 600, 1200, 1800];
/// A letter that could not leave for so long is given up, and one that may have left is not sent a second time: mail
/// services forget for how long a repetition is the same mail.
const TOO_OLD: Duration = Duration::hours(23);
/// The longest wait that a mail server may ask for.
const LONGEST_WAIT: Duration = Duration::hours(6);

/// Sends letters the way that the settings name.
#[derive(Clone)]
pub struct Mailer {
    pub(super) db: Db,
    pub(super) clock: Clock,
    vault: Vault,
    way: Arc<Way>,
    places: Arc<Semaphore>,
}

enum Way {
    Smtp(Box<Smtp>),
    Resend(Resend),
    Log,
}

impl Mailer {
    /// A mailer for these settings.
    pub fn new(settings: &MailSettings, http: Http, db: Db, vault: Vault, clock: Clock) -> Result<Self, MailError> {
        let way = match settings {
            MailSettings::Smtp { host, port, from, reply_to, username, password } => {
                let from = (from.as_str(), reply_to.as_deref());
                Way::Smtp(Box::new(Smtp::new(host, *port, from, username.as_deref(), password.as_ref())?))
            }
            MailSettings::Resend { api_key, from, reply_to } => {
                Way::Resend(Resend::new(http, api_key.clone(), from.clone(), reply_to.clone()))
            }
            MailSettings::Log { .. } => Way::Log,
        };
        Ok(Self { db, clock, vault, way: Arc::new(way), places: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Whether mail leaves this machine.
    #[must_use]
    pub fn reaches_people(&self) -> bool {
        match self.way.as_ref() {
            Way::Smtp(smtp) => !smtp.is_local(),
            Way::Resend(_) => true,
            Way::Log => false,
        }
    }

    /// Sends one letter of the outbox, unless it has left, is not due, or is being sent by somebody else. A letter that
    /// cannot leave now is put off, which is no error.
    ///
    /// The row is locked from before the sending until its outcome is noted, in one transaction: no second sender takes
    /// it up, and where this process dies, the database lets go of it.
    pub async fn send(&self, id: MailId) -> Result<(), MailError> {
        let _place = self.places.acquire().await.map_err(|_| MailError::Broken("the mailer has ended".into()))?;
        let Some(begun) = outbox::begin(&self.db, id, self.clock.now()).await? else { return Ok(()) };
        let mut transaction = self.db.begin().await?;
        let Some(held) = outbox::hold(&mut transaction, id).await? else { return Ok(()) };
        if held.suppressed {
            outbox::settle(&mut transaction, id, "suppressed", None, self.clock.now()).await?;
            tracing::info!(mail = %id, "a mail is not sent: its address bounced or complained");
            return Ok(transaction.commit().await?);
        }
        if let Some(since) = begun.cut_off_at {
            if since + TOO_OLD < self.clock.now() {
                let problem = "It may have been sent: the process that sent it ended without a note, a day ago.";
                outbox::give_up(&mut transaction, id, problem, self.clock.now()).await?;
                tracing::error!(mail = %id, "a mail that may have been sent is not sent again");
                return Ok(transaction.commit().await?);
            }
            tracing::warn!(mail = %id, "an attempt ended without a note; the mail leaves again under the same id");
        }
        let (letter, outcome) = match self.letter(id, held.sealed_content) {
            Ok(letter) => {
                let sending = self.hand_over(id, &held.recipient, &letter);
                let outcome = tokio::time::timeout(ATTEMPT, sending).await.unwrap_or(Err(MailError::Late));
                (letter.template, outcome)
            }
            Err(error) => (String::new(), Err(error)),
        };
        match outcome {
            Ok(service_id) => {
                outbox::settle(&mut transaction, id, "sent", service_id.as_deref(), self.clock.now()).await?;
                transaction.commit().await?;
                metrics::counter!("aura_mails_sent_total", "template" => letter).increment(1);
            }
            Err(error) => {
                self.note_failure(&mut transaction, id, &begun, &error).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    fn letter(&self, id: MailId, sealed: Option<String>) -> Result<Letter, MailError> {
        let sealed = sealed.ok_or_else(|| MailError::Broken("it is empty".into()))?;
        let content = self.vault.open(&outbox::place(id), &sealed)?;
        serde_json::from_slice(&content).map_err(|_| MailError::Broken("it is no letter".into()))
    }

    /// Gives the letter away; returns the id that the service knows it by, where there is one.
    async fn hand_over(&self, id: MailId, recipient: &str, letter: &Letter) -> Result<Option<String>, MailError> {
        match self.way.as_ref() {
            Way::Smtp(smtp) => smtp.send(id, recipient, letter, self.clock.now()).await.map(|()| None),
            Way::Resend(resend) => resend.send(id, recipient, letter, self.clock.now()).await,
            Way::Log => {
                tracing::info!(mail = %id, template = letter.template, "a mail would have left, had a way been set up");
                Ok(None)
            }
        }
    }

    async fn note_failure(
        &self,
        transaction: &mut sqlx::PgConnection,
        id: MailId,
        begun: &Begun,
        error: &MailError,
    ) -> Result<(), MailError> {
        let (now, problem) = (self.clock.now(), error.to_string());
        match next_try(begun.tries, begun.created_at, error, now) {
            Some(due) => {
                tracing::warn!(mail = %id, tries = begun.tries, %problem, "a mail did not leave and is tried again");
                outbox::postpone(transaction, id, &problem, due, error.wait().is_none()).await?;
            }
            None => {
                tracing::error!(mail = %id, tries = begun.tries, %problem, "a mail failed for good");
                metrics::counter!("aura_mails_failed_total").increment(1);
                outbox::give_up(transaction, id, &problem, now).await?;
            }
        }
        Ok(())
    }

    /// Takes up what waits although nobody sends it; returns how many letters that were.
    pub async fn sweep(&self) -> Result<usize, MailError> {
        let due = outbox::due(&self.db, self.clock.now()).await?;
        let count = due.len();
        let sendings = due.into_iter().map(|id| {
            let mailer = self.clone();
            async move { mailer.send(id).await }
        });
        let outcomes: Vec<_> = futures::stream::iter(sendings).buffer_unordered(AT_ONCE).collect().await;
        outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }

    async fn job(&self, payload: Value) -> Result<(), JobFailed> {
        let id: MailId = payload.get("mail").and_then(Value::as_str).unwrap_or_default().parse()?;
        Ok(self.send(id).await?)
    }
}

/// When a letter is tried again; `None` where that is no use.
fn next_try(tries: i16, created_at: OffsetDateTime, error: &MailError, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if error.is_final() || created_at + TOO_OLD < now {
        return None;
    }
    if let Some(wait) = error.wait() {
        return Some(now + wait.clamp(Duration::SECOND, LONGEST_WAIT));
    }
    let pause = usize::try_from(tries - 1).ok().and_then(|done| PAUSES.get(done))?;
    Some(now + Duration::seconds(*pause))
}

/// Names the way, for the start log.
impl fmt::Display for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way.as_ref() {
            Way::Smtp(smtp) => smtp.fmt(formatter),
            Way::Resend(resend) => resend.fmt(formatter),
            Way::Log => formatter.write_str("nowhere: each is a line in this log"),
        }
    }
}

/// Adds the sending of mail to what the worker does.
#[must_use]
pub fn work(table: JobTable, mailer: Mailer) -> JobTable {
    let sweeper = mailer.clone();
    table
        .on(outbox::TASK, move |payload| {
            let mailer = mailer.clone();
            async move { mailer.job(payload).await }
        })
        .every(SWEEP_EVERY, "send_waiting_mails", move || {
            let mailer = sweeper.clone();
            async move { Ok(mailer.sweep().await.map(|_| ())?) }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn pauses_grow_and_what_is_no_use_ends() {
        let now = datetime!(2026-01-01 12:00 UTC);
        let wait = |tries, error: &MailError| next_try(tries, now, error, now).map(|due| (due - now).whole_seconds());
        let busy = MailError::Refused { status: 500, reason: String::new() };
        assert_eq!(
            (1..=8).map(|tries| wait(tries, &busy).unwrap_or(-1)).collect::<Vec<_>>(),
            [5, 15, 60, 180, 600, 1200, 1800, -1]
        );
        let limited = |seconds| MailError::Limited { retry_after: Some(seconds) };
        assert_eq!(wait(1, &limited(7)), Some(7));
        assert_eq!(wait(8, &limited(7)), Some(7), "waiting as asked is no failed try");
        assert_eq!(wait(1, &limited(0)), Some(1));
        assert_eq!(wait(1, &limited(u32::MAX)), Some(6 * 3600));
        assert_eq!(wait(1, &MailError::Refused { status: 422, reason: String::new() }), None);
        assert_eq!(next_try(1, now - Duration::days(1), &limited(7), now), None);
    }
}
