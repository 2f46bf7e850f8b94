use std::collections::HashMap;

use serde::Deserialize;

use super::{Identified, Reference};

/// A customer; of one that was deleted only `id` and `deleted` are left.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    pub id: String,
    #[serde(default)]
    pub deleted: bool,
    /// Fixed by the first invoice.
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    #[serde(default)]
    pub invoice_settings: Option<InvoiceSettings>,
}

/// How a customer pays, unless a subscription says otherwise.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceSettings {
    #[serde(default)]
    pub default_payment_method: Option<Reference<PaymentMethod>>,
}

impl Customer {
    /// What it pays by, where that was asked for.
    #[must_use]
    pub fn payment_method(&self) -> Option<&PaymentMethod> {
        self.invoice_settings.as_ref()?.default_payment_method.as_ref()?.whole()
    }
}

impl Identified for Customer {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A way to pay; not all are cards.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentMethod {
    pub id: String,
    #[serde(default)]
    pub card: Option<Card>,
}

impl Identified for PaymentMethod {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What is known of a card.
#[derive(Clone, Debug, Deserialize)]
pub struct Card {
    #[serde(default)]
    pub brand: Option<String>,
    #[serde(default)]
    pub last4: Option<String>,
    #[serde(default)]
    pub exp_month: Option<u32>,
    #[serde(default)]
    pub exp_year: Option<u32>,
    /// The same for the same number, whoever uses it.
    #[serde(default)]
    pub fingerprint: Option<String>,
}
