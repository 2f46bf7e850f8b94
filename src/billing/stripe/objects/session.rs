use std::collections::HashMap;

use serde::Deserialize;
use time::OffsetDateTime;

use super::{Identified, Named, Reference};

/// A visit to Stripe's page where something is bought.
#[derive(Clone, Debug, Deserialize)]
pub struct CheckoutSession {
    pub id: String,
    /// `open`, `complete` or `expired`.
    #[serde(default)]
    pub status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    #[serde(default)]
    pub payment_status: Option<String>,
    /// Stripe's page; absent once it is over.
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub customer: Option<Reference<Named>>,
    #[serde(default)]
    pub subscription: Option<Reference<Named>>,
    /// The team, as we have named it when the visit was made.
    #[serde(default)]
    pub client_reference_id: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    #[serde(default, with = "time::serde::timestamp::option")]
    pub expires_at: Option<OffsetDateTime>,
}

impl Identified for CheckoutSession {
    fn id(&self) -> &str {
        &self.id
    }
}
