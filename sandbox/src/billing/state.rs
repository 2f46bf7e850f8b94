//! What this Stripe remembers, and its clock.

use super::cards::CardState;
use super::idempotency::Saved;
use super::knobs::Knobs;
use super::objects::Objects;
use super::problem::{Outcome, Problem};
use super::sessions::Order;
use super::template::text;
use super::webhooks::Sent;
use super::{VERSION, WEBHOOK_SECRET, catalogue};
use crate::log;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// Everything; a clone is a world of its own and is cheap.
#[derive(Debug, Clone)]
pub struct Stripe {
    pub(super) objects: Objects,
    /// Seconds that its clock is ahead of the machine's.
    offset: i64,
    /// Its clock, where it stands still.
    frozen: Option<i64>,
    /// The moment that is being lived through.
    pub(super) present: i64,
    /// What each payment method does, and how often it paid.
    pub(super) cards: BTreeMap<String, CardState>,
    /// Answers under idempotency keys.
    pub(super) saved: BTreeMap<String, Saved>,
    /// Events that wait to be sent, by id.
    pub(super) outbox: Vec<String>,
    /// Those that wait until enough others are there to change places with.
    pub(super) window: Vec<String>,
    /// How many deliveries were shuffled or dropped, so that a seed gives the same again.
    pub(super) drawn: u64,
    /// Events that a receiver took.
    pub(super) delivered: BTreeSet<String>,
    /// Attempts to deliver, oldest first.
    pub(super) sent: Vec<Sent>,
    /// Where webhooks go; none sends none.
    pub(super) target: Option<String>,
    /// What they are signed with.
    pub(super) secret: String,
    /// How it misbehaves on demand.
    pub knobs: Knobs,
    /// Changes that wait for the payment of an invoice: invoice → (subscription, its items and anchor).
    pub(super) waiting: BTreeMap<String, (String, Value)>,
    /// How the subscription of each checkout session will begin.
    pub(super) orders: BTreeMap<String, Order>,
    /// What was told once about an object: trial will end, invoice upcoming.
    pub(super) told: BTreeSet<String>,
    /// Request and idempotency key that events name as their cause.
    pub(super) cause: Value,
    /// Peers of the connections that calls came on.
    pub(super) peers: BTreeSet<u16>,
}

impl Default for Stripe {
    fn default() -> Self {
        let mut stripe = Self {
            objects: Objects::default(),
            offset: 0,
            frozen: None,
            present: log::now().unix_timestamp(),
            cards: BTreeMap::new(),
            saved: BTreeMap::new(),
            outbox: Vec::new(),
            window: Vec::new(),
            drawn: 0,
            delivered: BTreeSet::new(),
            sent: Vec::new(),
            target: None,
            secret: WEBHOOK_SECRET.to_owned(),
            knobs: Knobs::default(),
            waiting: BTreeMap::new(),
            orders: BTreeMap::new(),
            told: BTreeSet::new(),
            cause: json!({ "id": null, "idempotency_key": null }),
            peers: BTreeSet::new(),
        };
        catalogue::seed(&mut stripe);
        stripe
    }
}

impl Stripe {
    /// Back to the first day; where webhooks go, and what signs them, stays.
    pub fn reset(&mut self) {
        let fresh = Self { target: self.target.take(), secret: std::mem::take(&mut self.secret), ..Self::default() };
        *self = fresh;
    }

    /// Its time in Unix seconds.
    pub fn now(&self) -> i64 {
        self.present
    }

    /// Stops the clock at this moment (Unix seconds), or lets it run with the machine's again. What becomes due on the
    /// way is done; going back does nothing but turn the hands.
    pub fn freeze(&mut self, at: impl Into<Option<i64>>) {
        self.frozen = at.into();
        self.offset = 0;
        let hands = self.hands();
        if hands < self.present {
            self.present = hands;
        }
        self.tick();
    }

    /// Moves the clock forward and does what becomes due on the way, each at its own moment.
    pub fn advance(&mut self, seconds: i64) {
        match &mut self.frozen {
            Some(at) => *at += seconds,
            None => self.offset += seconds,
        }
        self.tick();
    }

    /// Does what has become due by now. Every call begins with it.
    pub fn tick(&mut self) {
        let hands = self.hands();
        self.live_until(hands);
    }

    /// A moment that a caller named by the clock of the machine, where this clock was moved ahead of it: the first of the
    /// two that is good. So a shop whose own clock is right can still be sold something after «one month later».
    pub(super) fn by_either_clock(&self, given: i64, good: impl Fn(i64) -> bool) -> Option<i64> {
        [given, given + self.offset].into_iter().find(|moment| good(*moment))
    }

    /// The moment that a signature made now carries: the machine's, unless the clock stands still.
    pub fn signing_time(&self) -> i64 {
        self.frozen.unwrap_or_else(|| log::now().unix_timestamp())
    }

    /// Where webhooks go from now on (`http://` and this machine only); none sends none.
    pub fn send_to(&mut self, url: Option<String>) {
        self.target = url;
    }

    /// What webhooks are signed with from now on.
    pub fn sign_with(&mut self, secret: &str) {
        secret.clone_into(&mut self.secret);
    }

    /// Every object of a kind (`subscription`, `invoice`, `checkout.session`…), oldest first, as the API shows it.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.objects.all(kind).cloned().collect()
    }

    /// The same, of those whose field has this text.
    pub fn objects_with(&self, kind: &str, field: &str, value: &str) -> Vec<Value> {
        self.objects.having(kind, field, value).cloned().collect()
    }

    /// One object by its id.
    pub fn object(&self, id: &str) -> Option<Value> {
        self.objects.get(Objects::kind_of(id)?, id).cloned()
    }

    /// The subscriptions of a customer, oldest first, ended ones too.
    pub fn subscriptions(&self, customer: &str) -> Vec<Value> {
        self.objects.having("subscription", "customer", customer).cloned().collect()
    }

    /// How many connections calls to the API came on, where the server tells (see `app::serve`).
    pub fn connections(&self) -> usize {
        self.peers.len()
    }

    /// All of it, for tests and for people.
    pub fn state(&self) -> Value {
        let at = OffsetDateTime::from_unix_timestamp(self.present).map(log::rfc3339).unwrap_or_default();
        json!({
            "version": VERSION, "now": self.present, "at": at, "frozen": self.frozen.is_some(), "knobs": self.knobs,
            "webhooks": { "url": self.target, "waiting": self.outbox.len() + self.window.len(), "sent": self.sent,
                "delivered": self.delivered },
            "connections": self.peers.len(), "objects": self.objects.dump(),
        })
    }

    pub(super) fn need(&self, kind: &str, id: &str, param: &str) -> Outcome<Value> {
        let found = self.objects.get(kind, id).cloned();
        found.ok_or_else(|| Problem::missing(kind.rsplit('.').next().unwrap_or(kind), id, param))
    }

    /// A customer that was not deleted.
    pub(super) fn customer(&self, id: &str, param: &str) -> Outcome<Value> {
        let found = self.need("customer", id, param)?;
        if found["deleted"] == true { Err(Problem::missing("customer", id, param)) } else { Ok(found) }
    }

    /// Changes an object; when it is another one afterwards, the event is told with what was there before.
    pub(super) fn change(&mut self, kind: &str, id: &str, event: Option<&str>, act: impl FnOnce(&mut Value)) -> Value {
        let Some(object) = self.objects.get_mut(kind, id) else { return Value::Null };
        let before = object.clone();
        act(object);
        let after = object.clone();
        if let Some(event) = event
            && before != after
        {
            let previous = differences(&before, &after);
            self.emit(event, &after, Some(previous));
        }
        after
    }

    fn hands(&self) -> i64 {
        self.frozen.unwrap_or_else(|| log::now().unix_timestamp() + self.offset)
    }
}

/// The fields of `before` that differ in `after`.
fn differences(before: &Value, after: &Value) -> Value {
    let empty = serde_json::Map::new();
    let fields = before.as_object().unwrap_or(&empty).iter();
    let differing = fields.filter(|(name, value)| after[name.as_str()] != **value);
    Value::Object(differing.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Whether an object belongs to this customer.
pub fn belongs(object: &Value, customer: &str) -> bool {
    text(object, "customer") == customer
}
