use serde::Deserialize;
use time::OffsetDateTime;

use super::{Identified, List, Named, Reference};

/// An invoice. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, Deserialize)]
pub struct Invoice {
    pub id: String,
    #[serde(default)]
    pub customer: Option<Reference<Named>>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    #[serde(default)]
    pub status: Option<String>,
    /// Absent while it is a draft.
    #[serde(default)]
    pub number: Option<String>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update` …
    #[serde(default)]
    pub billing_reason: Option<String>,
    pub currency: String,
    pub total: i64,
    #[serde(default)]
    pub total_taxes: Option<Vec<Tax>>,
    #[serde(default)]
    pub total_excluding_tax: Option<i64>,
    #[serde(default)]
    pub amount_due: i64,
    #[serde(default)]
    pub amount_paid: i64,
    #[serde(default)]
    pub attempt_count: i32,
    #[serde(default, with = "time::serde::timestamp::option")]
    pub next_payment_attempt: Option<OffsetDateTime>,
    /// Stripe's page of it, where it can be paid.
    #[serde(default)]
    pub hosted_invoice_url: Option<String>,
    #[serde(default)]
    pub invoice_pdf: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    pub period_start: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub period_end: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub created: OffsetDateTime,
    #[serde(default)]
    pub status_transitions: Transitions,
    #[serde(default)]
    pub parent: Option<Parent>,
    /// How it was paid, where that was asked for.
    #[serde(default)]
    pub payments: Option<List<InvoicePayment>>,
}

/// A tax on the whole.
#[derive(Clone, Debug, Deserialize)]
pub struct Tax {
    pub amount: i64,
}

/// When it became what.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Transitions {
    #[serde(default, with = "time::serde::timestamp::option")]
    pub paid_at: Option<OffsetDateTime>,
}

/// What it is for.
#[derive(Clone, Debug, Deserialize)]
pub struct Parent {
    #[serde(default)]
    pub subscription_details: Option<SubscriptionDetails>,
}

/// Which subscription it is for.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionDetails {
    #[serde(default)]
    pub subscription: Option<Reference<Named>>,
}

/// One payment of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoicePayment {
    #[serde(default)]
    pub payment: Option<PaidBy>,
}

/// By what it was paid.
#[derive(Clone, Debug, Deserialize)]
pub struct PaidBy {
    #[serde(default)]
    pub payment_intent: Option<Reference<PaymentIntent>>,
}

/// An attempt to be paid.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentIntent {
    pub id: String,
    /// `requires_action`: the owner of the card has to confirm it.
    #[serde(default)]
    pub status: Option<String>,
}

impl Identified for Invoice {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for PaymentIntent {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Invoice {
    /// The subscription that it is for.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        Some(self.parent.as_ref()?.subscription_details.as_ref()?.subscription.as_ref()?.id())
    }

    /// What it was or is to be paid by.
    #[must_use]
    pub fn payment_intent(&self) -> Option<&Reference<PaymentIntent>> {
        self.payments.as_ref()?.data.iter().find_map(|payment| payment.payment.as_ref()?.payment_intent.as_ref())
    }

    /// All taxes together.
    #[must_use]
    pub fn tax(&self) -> i64 {
        match (&self.total_taxes, self.total_excluding_tax) {
            (Some(taxes), _) => taxes.iter().map(|tax| tax.amount).sum(),
            (None, Some(without)) => self.total - without,
            (None, None) => 0,
        }
    }
}
