use std::collections::HashMap;

use serde::Deserialize;
use time::OffsetDateTime;

use super::{Named, Reference};

/// Money that goes back: a refund, or a dispute by which the bank of whoever paid wants it. What is read of them is the same.
#[derive(Clone, Debug, Deserialize)]
pub struct Adjustment {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    /// Of a refund `pending`, `requires_action`, `succeeded`, `failed` or `canceled`; of a dispute `needs_response`,
    /// `under_review`, `won`, `lost` …
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    pub created: OffsetDateTime,
    #[serde(default)]
    pub charge: Option<Reference<Named>>,
    #[serde(default)]
    pub payment_intent: Option<Reference<Named>>,
    /// What we wrote into it.
    #[serde(default)]
    pub metadata: Option<HashMap<String, String>>,
}

/// Money that came.
#[derive(Clone, Debug, Deserialize)]
pub struct Charge {
    #[serde(default)]
    pub customer: Option<Reference<Named>>,
    #[serde(default)]
    pub payment_intent: Option<Reference<Named>>,
}
