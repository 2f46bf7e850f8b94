//! Posting: each endpoint has a few lanes of its own in a process, so that a slow one holds nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration as Wait,
};

use futures::future::join_all;
use http::Method;
use serde_json::Value;
use time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::{
    OutgoingWebhooks, WebhookError,
    schedule::{JITTER, next_try},
};
use crate::{
    integrations::webhooks::{
        model::{DeliveryState, OffReason, PING},
        store::{
            self,
            system::{self, Begun, Ended},
        },
    },
    kit::id::WebhookEndpointId,
    platform::{
        http::{HttpError, Request, Response},
        jobs::JobFailed,
        telemetry,
    },
};

/// The task that looks after an endpoint.
pub const TASK: &str = "send_webhooks";
/// How long one try may take.
const DEADLINE: Wait = Wait::from_secs(15);
/// After so long a try is taken for lost: its process has died. Longer than any try may take.
const PATIENCE: Duration = Duration::minutes(1);
/// As much of an answer is read.
const READ: usize = 16 * 1024;
/// As many of its characters are kept.
const KEPT: usize = 500;
/// How many posts to one endpoint a process has under way, and to all.
const LANES: usize = 2;
const IN_ALL: usize = 256;
/// An endpoint that nothing has reached for so long is switched off.
const FAILING_FOR: Duration = Duration::days(5);

/// Which endpoints this process is posting to.
#[derive(Clone)]
pub(super) struct Lanes {
    taken: Arc<Mutex<HashMap<WebhookEndpointId, usize>>>,
    room: Arc<Semaphore>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { taken: Arc::default(), room: Arc::new(Semaphore::new(IN_ALL)) }
    }
}

/// A place from which one thing at a time is posted to an endpoint.
struct Lane {
    lanes: Lanes,
    endpoint: WebhookEndpointId,
    _room: OwnedSemaphorePermit,
}

impl Lanes {
    fn take(&self, endpoint: WebhookEndpointId) -> Option<Lane> {
        let room = self.room.clone().try_acquire_owned().ok()?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let lanes = taken.entry(endpoint).or_default();
        if *lanes >= LANES {
            return None;
        }
        *lanes += 1;
        drop(taken);
        Some(Lane { lanes: self.clone(), endpoint, _room: room })
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut taken = self.lanes.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lanes) = taken.get_mut(&self.endpoint) {
            *lanes -= 1;
            if *lanes == 0 {
                taken.remove(&self.endpoint);
            }
        }
    }
}

/// How a try ended, before it is noted.
struct Outcome {
    status: Option<u16>,
    answer: Option<String>,
    problem: Option<String>,
    /// The seconds for which the endpoint has asked.
    wish: Option<u32>,
}

impl OutgoingWebhooks {
    /// Begins to post what is due, and does not wait for it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn look_around(&self) -> Result<(), WebhookError> {
        for endpoint in system::endpoints_due(&self.db, self.clock.now()).await? {
            self.begin(endpoint);
        }
        Ok(())
    }

    /// Posts all that is due, and waits until it is noted how it ended.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn send_due(&self) -> Result<(), WebhookError> {
        let due = system::endpoints_due(&self.db, self.clock.now()).await?;
        join_all(due.into_iter().map(|endpoint| self.run(endpoint))).await.into_iter().collect()
    }

    /// The job. A worker of the queue has few places: the posting goes on beside it.
    ///
    /// # Errors
    /// When the payload names no endpoint.
    pub fn job(&self, payload: &Value) -> Result<(), JobFailed> {
        let endpoint = payload.get("endpoint").and_then(Value::as_str).unwrap_or_default();
        self.begin(endpoint.parse()?);
        Ok(())
    }

    fn begin(&self, endpoint: WebhookEndpointId) {
        // Where there is no lane free, those that are taken go on with what waits; else the next look finds it.
        let Some(lane) = self.lanes.take(endpoint) else { return };
        let webhooks = self.clone();
        tokio::spawn(async move {
            let _lane = lane;
            if let Err(error) = webhooks.run(endpoint).await {
                telemetry::report(&error, "posting to a webhook");
            }
        });
    }

    /// Posts to an endpoint, one after the other, until nothing is due.
    async fn run(&self, endpoint: WebhookEndpointId) -> Result<(), WebhookError> {
        loop {
            let now = self.clock.now();
            let Some(begun) = system::begin_next(&self.db, endpoint, now, now + PATIENCE).await? else { return Ok(()) };
            let outcome = self.post(&begun).await;
            self.note(&begun, &outcome).await?;
        }
    }

    async fn post(&self, begun: &Begun) -> Outcome {
        let now = self.clock.now();
        let (Ok(url), Ok(signatures)) = (Url::parse(&begun.url), self.signatures(begun, now)) else {
            tracing::error!(delivery = %begun.id, "a webhook cannot be signed");
            return Outcome::without_answer("it could not be signed; rotate the secret");
        };
        let request = Request::new(Method::POST, url)
            .header("content-type", "application/json")
            .header("webhook-id", &begun.id.to_string())
            .header("webhook-timestamp", &now.unix_timestamp().to_string())
            .header("webhook-signature", &signatures)
            .body(begun.payload.clone().into_bytes())
            .deadline(DEADLINE)
            .limit(READ)
            .cut()
            .user_supplied();
        match self.http.send(request).await {
            Ok(response) => Outcome::of(&response, now),
            Err(HttpError::Timeout) => Outcome::without_answer("no answer within 15 seconds"),
            Err(HttpError::Connect) => Outcome::without_answer("it could not be reached"),
            Err(HttpError::Blocked) => Outcome::without_answer("its name leads into a private network"),
            Err(HttpError::TooLarge | HttpError::Broken) => Outcome::without_answer("its answer could not be read"),
        }
    }

    /// Notes how a try ended, and what that means for the endpoint.
    async fn note(&self, begun: &Begun, outcome: &Outcome) -> Result<(), WebhookError> {
        let now = self.clock.now();
        let drawn = self.random.below(2 * JITTER + 1);
        let reached = outcome.is_success();
        let gone = outcome.status == Some(410);
        // Whoever tries an endpoint out looks at the answer themselves.
        let trial = begun.event == PING;
        let next = next_try(begun.tries, drawn, outcome.wish, now).filter(|_| !reached && !gone && !trial);
        let state = match next {
            _ if reached => DeliveryState::Delivered,
            Some(_) => DeliveryState::Waiting,
            None => DeliveryState::Failed,
        };
        let mut transaction = self.db.begin().await?;
        let failing_since = if reached || !trial {
            let Some(since) = system::note_reached(&mut transaction, begun.endpoint, reached, now).await? else {
                return Ok(());
            };
            since
        } else {
            None
        };
        let ended = Ended {
            id: begun.id,
            attempts: begun.attempts,
            state: state.as_str(),
            status: outcome.status.map(i32::from),
            answer: outcome.answer.as_deref(),
            problem: outcome.problem.as_deref(),
            due_at: next.unwrap_or(now),
            now,
        };
        if !system::end_try(&mut transaction, &ended).await? {
            // Another process took it for lost, or its owner does not want it any more.
            return Ok(());
        }
        metrics::counter!("aura_webhook_posts_total", "outcome" => if reached { "taken" } else { "failed" })
            .increment(1);
        let failed = state == DeliveryState::Failed && !trial;
        let reason = if gone {
            Some(OffReason::Gone)
        } else {
            failing_since.filter(|since| failed && now - *since >= FAILING_FOR).map(|_| OffReason::Failing)
        };
        if let Some(reason) = reason
            && store::switch_off(&mut transaction, begun.user, begun.endpoint, reason.as_str()).await?
        {
            store::give_up_waiting(&mut transaction, begun.user, begun.endpoint, super::SWITCHED_OFF, now).await?;
            let link = super::page_of(begun.endpoint);
            let host = super::host(&begun.url);
            self.notifications.webhook_off(&mut transaction, begun.user, &host, reason.told(), &link).await?;
        }
        Ok(transaction.commit().await?)
    }
}

impl Outcome {
    fn without_answer(problem: &str) -> Self {
        Self { status: None, answer: None, problem: Some(problem.to_owned()), wish: None }
    }

    fn of(response: &Response, now: time::OffsetDateTime) -> Self {
        let status = response.status;
        let problem = match status {
            200..=299 => None,
            300..=399 => Some("it answered with a redirect, which is not followed".to_owned()),
            410 => Some("it answered that nobody is there any more".to_owned()),
            _ => Some("it did not take it".to_owned()),
        };
        let wish = matches!(status, 429 | 503).then(|| response.retry_after(now)).flatten();
        let answer = Some(beginning(&response.body)).filter(|answer| !answer.is_empty());
        Self { status: Some(status), answer, problem, wish }
    }

    fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// How an answer begins, as text in one line. Whatever it is, it is somebody else's word.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    letters.take(KEPT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_the_beginning_is_kept_as_text_in_one_line() {
        assert_eq!(beginning(b"<b>no\r\nway</b>\0"), "<b>no  way</b>");
        assert_eq!(beginning(&[0xff, b'a']), "\u{fffd}a");
        assert_eq!(beginning("é".repeat(9_000).as_bytes()).chars().count(), KEPT);
        assert_eq!(beginning(b"\n\n"), "");
    }

    #[test]
    fn an_endpoint_has_two_lanes_and_gives_them_back() {
        let lanes = Lanes::default();
        let [one, other] = [1, 2].map(|byte| <WebhookEndpointId as crate::kit::id::Id>::from_bytes([byte; 16]));
        let (first, second) = (lanes.take(one), lanes.take(one));
        assert!(first.is_some() && second.is_some() && lanes.take(one).is_none() && lanes.take(other).is_some());
        drop(first);
        assert!(lanes.take(one).is_some());
        drop(second);
        assert!(lanes.taken.lock().unwrap().is_empty());
    }
}
