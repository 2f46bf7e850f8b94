//! Events to the app's server, as Svix sends them.

use crate::app::Sandbox;
use crate::log;
use crate::privy::keys::random;
use crate::svix::Post;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The signing secret, fixed so that it can stand in a `.env`.
pub const SECRET: &str = "whsec_c2FuZGJveC1wcml2eS13ZWJob29rLXNlY3JldC1rZXk=";
/// Pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// How long a receiver may think.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that happened to a person.
#[derive(Debug, Clone)]
pub struct Event {
    /// `user.created`…
    pub kind: String,
    /// The whole body, type included.
    pub body: String,
}

impl Event {
    /// With its type in the body.
    pub fn new(kind: &str, mut payload: Value) -> Self {
        if let Some(object) = payload.as_object_mut() {
            object.insert("type".into(), kind.into());
        }
        Self { kind: kind.to_owned(), body: payload.to_string() }
    }
}

/// An event on its way to one address.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// `svix-id`; the same for every attempt.
    pub id: String,
    /// `user.created`…
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it goes.
    pub url: String,
    /// The exact bytes.
    pub body: String,
    /// Status of each attempt; 0 where there was no answer.
    pub statuses: Vec<u16>,
}

/// Sends what has happened since the last time, in order; comes back at once.
pub fn flush(sandbox: &Sandbox) {
    let fresh: Vec<Delivery> = {
        let mut privy = sandbox.privy();
        let events = std::mem::take(&mut privy.events);
        let targets = privy.targets.clone();
        let fresh: Vec<Delivery> = events
            .iter()
            .flat_map(|event| {
                targets.iter().map(|url| Delivery {
                    id: format!("msg_{}", random(27)),
                    kind: event.kind.clone(),
                    url: url.clone(),
                    body: event.body.clone(),
                    statuses: Vec::new(),
                })
            })
            .collect();
        privy.deliveries.extend(fresh.iter().cloned());
        fresh
    };
    send(sandbox, fresh);
}

/// Sends deliveries one after the other, each up to three times.
pub fn send(sandbox: &Sandbox, deliveries: Vec<Delivery>) {
    if deliveries.is_empty() {
        return;
    }
    let sandbox = sandbox.clone();
    tokio::spawn(async move {
        for delivery in deliveries {
            let mut pauses = PAUSES.iter();
            loop {
                let status = attempt(&sandbox, &delivery).await;
                if let Some(kept) = sandbox.privy().deliveries.iter_mut().find(|kept| kept.id == delivery.id) {
                    kept.statuses.push(status);
                }
                let told = status.to_string();
                log::line("privy webhook", &[("type", &delivery.kind), ("url", &delivery.url), ("status", &told)]);
                match pauses.next() {
                    Some(pause) if !(200..300).contains(&status) => tokio::time::sleep(*pause).await,
                    _ => break,
                }
            }
        }
    });
}

async fn attempt(sandbox: &Sandbox, delivery: &Delivery) -> u16 {
    let timestamp = sandbox.privy().now();
    let Ok(url) = Url::parse(&delivery.url) else { return 0 };
    let post = Post { url: &url, secret: SECRET, id: &delivery.id, timestamp, body: &delivery.body };
    match tokio::time::timeout(PATIENCE, post.send()).await {
        Ok(Ok(status)) => status,
        _ => 0,
    }
}
