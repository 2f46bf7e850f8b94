//! Events on their way to Aura: signed as <https://docs.stripe.com/webhooks#verify-manually> tells, bent by the knobs.

use super::Stripe;
use super::template::{int, text};
use crate::app::Sandbox;
use crate::log;
use crate::post::{self, hmac};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use std::time::Duration;
use url::Url;

/// Seconds before the second attempt, the third and so on; the last one stands for all that follow.
const PAUSES: [u64; 7] = [1, 2, 4, 8, 15, 30, 60];
/// How many attempts there are at most: the last ones are hours later.
const ATTEMPTS: usize = 200;
/// How long a receiver may think.
const PATIENCE: Duration = Duration::from_secs(10);

/// One post of one event.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it happened, by Stripe's clock.
    pub created: i64,
    /// `Content-Type`, `User-Agent` and `Stripe-Signature`.
    pub headers: Vec<(String, String)>,
    /// The bytes that are signed.
    pub body: String,
}

impl Delivery {
    /// The value of `Stripe-Signature`.
    pub fn signature(&self) -> &str {
        let found = self.headers.iter().find(|(name, _)| name == "stripe-signature");
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// An attempt to deliver.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// The event.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Status of the answer; 0 where there was none.
    pub status: u16,
}

/// The value of `Stripe-Signature` over a body, made at `time` (Unix seconds).
pub fn signature(secret: &str, time: i64, body: &str) -> String {
    let bytes = hmac(secret.as_bytes(), format!("{time}.{body}").as_bytes());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1={hex}")
}

impl Stripe {
    /// What has happened since the last time, as posts in the order in which they arrive: the knobs have doubled,
    /// dropped and reordered them; nothing while `off`. Delays are the sender's and do not matter here.
    pub fn take_events(&mut self) -> Vec<Delivery> {
        self.draw(false).iter().map(|event| self.signed(event)).collect()
    }

    /// As [`Stripe::take_events`], also what waits for others to change places with, and what `off` kept back.
    pub fn flush_events(&mut self) -> Vec<Delivery> {
        self.flush_ids().iter().map(|event| self.signed(event)).collect()
    }

    /// The same by their ids alone, for tests that have most of them get lost: [`Stripe::deliver`] makes a post of one.
    pub fn flush_ids(&mut self) -> Vec<String> {
        self.draw(true)
    }

    /// One event as a post, signed now: for repeats, and for events that were dropped.
    pub fn deliver(&self, event: &str) -> Option<Delivery> {
        self.objects.get("event", event)?;
        Some(self.signed(event))
    }

    /// All events that ever were, oldest first, as posts that are signed now. Nothing is taken.
    pub fn all_events(&self) -> Vec<Delivery> {
        self.objects.all("event").map(|event| self.signed(text(event, "id"))).collect()
    }

    /// The receiver took it: it no longer counts as undelivered in the list of events.
    pub fn delivered(&mut self, event: &str) {
        if self.delivered.insert(event.to_owned())
            && let Some(event) = self.objects.get_mut("event", event)
        {
            event["pending_webhooks"] = 0.into();
        }
    }

    fn signed(&self, event: &str) -> Delivery {
        let object = self.objects.get("event", event).cloned().unwrap_or_default();
        let body = serde_json::to_string_pretty(&object).unwrap_or_default();
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)".to_owned()),
            ("stripe-signature", signature(&self.secret, self.signing_time(), &body)),
        ];
        Delivery {
            id: event.to_owned(),
            kind: text(&object, "type").to_owned(),
            created: int(&object, "created"),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body,
        }
    }

    /// Takes events out of the outbox through the knobs.
    fn draw(&mut self, all: bool) -> Vec<String> {
        if self.knobs.off && !all {
            return Vec::new();
        }
        for event in std::mem::take(&mut self.outbox) {
            self.drawn += 1;
            let mut dice = StdRng::seed_from_u64(self.knobs.seed ^ self.drawn.rotate_left(32));
            if dice.random_range(0..100) < self.knobs.drop_percent {
                continue;
            }
            for _ in 0..=self.knobs.duplicate {
                self.window.push(event.clone());
            }
        }
        let size = self.knobs.reorder;
        if size < 2 {
            return std::mem::take(&mut self.window);
        }
        let mut leaving = Vec::new();
        while self.window.len() >= size || (all && !self.window.is_empty()) {
            let rest = self.window.split_off(size.min(self.window.len()));
            let mut some = std::mem::replace(&mut self.window, rest);
            self.drawn += 1;
            some.shuffle(&mut StdRng::seed_from_u64(self.knobs.seed ^ self.drawn.rotate_left(32)));
            leaving.append(&mut some);
        }
        leaving
    }
}

/// Sends what has happened since the last time; comes back at once. Nothing where webhooks go nowhere.
pub fn flush(sandbox: &Sandbox) {
    send(sandbox, false);
}

/// As [`flush`], also what the knobs keep back, at once.
pub fn flush_all(sandbox: &Sandbox) {
    send(sandbox, true);
}

fn send(sandbox: &Sandbox, all: bool) {
    let (events, url, delay) = {
        let mut stripe = sandbox.stripe();
        let Some(url) = stripe.target.as_deref().and_then(|url| Url::parse(url).ok()) else { return };
        (stripe.draw(all), url, if all { 0 } else { stripe.knobs.delay_ms })
    };
    for event in events {
        let (sandbox, url) = (sandbox.clone(), url.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            deliver_until_taken(&sandbox, &url, &event).await;
        });
    }
}

/// Sends one event once more.
pub fn resend(sandbox: &Sandbox, event: &str) {
    let Some(url) = sandbox.stripe().target.as_deref().and_then(|url| Url::parse(url).ok()) else { return };
    let (sandbox, event) = (sandbox.clone(), event.to_owned());
    tokio::spawn(async move { deliver_until_taken(&sandbox, &url, &event).await });
}

async fn deliver_until_taken(sandbox: &Sandbox, url: &Url, event: &str) {
    for attempt in 0..ATTEMPTS {
        // A reset forgets what was on its way.
        let Some(delivery) = sandbox.stripe().deliver(event) else { return };
        let headers: Vec<(&str, &str)> =
            delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let status = match tokio::time::timeout(PATIENCE, post::send(url, &headers, &delivery.body)).await {
            Ok(Ok(status)) => status,
            _ => 0,
        };
        let told = status.to_string();
        log::line("stripe webhook", &[("type", &delivery.kind), ("id", event), ("status", &told)]);
        let taken = (200..300).contains(&status);
        {
            let mut stripe = sandbox.stripe();
            stripe.sent.push(Sent { id: event.to_owned(), kind: delivery.kind, status });
            if taken {
                stripe.delivered(event);
            }
        }
        if taken {
            return;
        }
        let pause = PAUSES.get(attempt).or(PAUSES.last()).copied().unwrap_or(60);
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
}
