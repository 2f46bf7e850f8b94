use std::collections::HashMap;

use serde::{Deserialize, de::IgnoredAny};
use time::OffsetDateTime;

use super::{Identified, List, Named, PaymentMethod, Reference};

/// A subscription. Since 2025 its periods stand in its items.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub customer: Reference<Named>,
    /// Stripe's word, known to us or not.
    pub status: String,
    pub currency: String,
    #[serde(with = "time::serde::timestamp")]
    pub created: OffsetDateTime,
    #[serde(default, with = "time::serde::timestamp::option")]
    pub cancel_at: Option<OffsetDateTime>,
    #[serde(default)]
    pub cancel_at_period_end: bool,
    #[serde(default, with = "time::serde::timestamp::option")]
    pub ended_at: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::timestamp::option")]
    pub trial_end: Option<OffsetDateTime>,
    /// There where payments rest.
    #[serde(default)]
    pub pause_collection: Option<IgnoredAny>,
    pub items: List<Item>,
    #[serde(default)]
    pub schedule: Option<Reference<Schedule>>,
    #[serde(default)]
    pub default_payment_method: Option<Reference<PaymentMethod>>,
    #[serde(default)]
    pub latest_invoice: Option<Reference<Named>>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// What is subscribed to.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    pub id: String,
    pub price: Price,
    #[serde(default)]
    pub quantity: Option<u32>,
    #[serde(with = "time::serde::timestamp")]
    pub current_period_start: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub current_period_end: OffsetDateTime,
}

/// A price. The lookup key moves to another price when the price of a plan changes.
#[derive(Clone, Debug, Deserialize)]
pub struct Price {
    pub id: String,
    #[serde(default)]
    pub lookup_key: Option<String>,
    pub currency: String,
    /// Absent where it has parts of the smallest unit.
    #[serde(default)]
    pub unit_amount: Option<i64>,
    #[serde(default)]
    pub recurring: Option<Recurring>,
}

/// How often a price is paid.
#[derive(Clone, Debug, Deserialize)]
pub struct Recurring {
    /// `month`, `year` …
    pub interval: String,
}

impl Identified for Price {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Changes that wait for their time.
#[derive(Clone, Debug, Deserialize)]
pub struct Schedule {
    pub id: String,
    /// `not_started`, `active`, `completed`, `released` or `canceled`.
    pub status: String,
    #[serde(default)]
    pub phases: Vec<Phase>,
}

impl Identified for Schedule {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What a subscription is for a while.
#[derive(Clone, Debug, Deserialize)]
pub struct Phase {
    #[serde(with = "time::serde::timestamp")]
    pub start_date: OffsetDateTime,
    #[serde(default)]
    pub items: Vec<PhaseItem>,
}

/// What is subscribed to in a phase.
#[derive(Clone, Debug, Deserialize)]
pub struct PhaseItem {
    pub price: Reference<Price>,
    #[serde(default)]
    pub quantity: Option<u32>,
}

impl Schedule {
    /// What comes first after a time.
    #[must_use]
    pub fn next(&self, now: OffsetDateTime) -> Option<&PhaseItem> {
        if !matches!(self.status.as_str(), "active" | "not_started") {
            return None;
        }
        self.phases.iter().find(|phase| phase.start_date > now)?.items.first()
    }
}

impl Subscription {
    /// When it ends, if it is to end.
    #[must_use]
    pub fn ends(&self) -> Option<OffsetDateTime> {
        let at_period_end =
            || self.items.data.first().filter(|_| self.cancel_at_period_end).map(|item| item.current_period_end);
        self.cancel_at.or_else(at_period_end)
    }
}
