//! Money that goes back: refunds, and disputes of whoever paid. They are written down and told; whether a plan ends by
//! them is decided by people.

use serde::de::DeserializeOwned;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::refund::{ListRefund, RetrieveRefund};

use super::{Billing, convert::word, sync::Present};
use crate::{
    billing::{
        BillingError,
        store::{
            invoices::{self, NewAdjustment},
            system,
        },
        stripe::{
            Stripe, StripeError,
            objects::{Adjustment, Charge, List},
        },
    },
    kit::{
        id::TeamId,
        money::{Currency, Money},
    },
};

/// A reading whose type is not built in with the others: of charges and disputes only little is used.
struct Get(String);

impl StripeRequest for Get {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, self.0.clone())
    }
}

/// Which of the two it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refund,
    Dispute,
}

impl Kind {
    /// The word in the database.
    fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }
}

impl Billing {
    /// Writes down the refunds of a charge.
    pub(super) async fn sync_refunds(&self, charge: &str) -> Result<(), BillingError> {
        let page: List<Adjustment> = self.stripe()?.read(&ListRefund::new().charge(charge).limit(100)).await?;
        for refund in page.data {
            self.note_back(Kind::Refund, refund).await?;
        }
        Ok(())
    }

    /// Writes down the refunds of a payment.
    pub(super) async fn sync_refunds_of(&self, payment_intent: &str) -> Result<(), BillingError> {
        for refund in refunds_of(self.stripe()?, payment_intent).await? {
            self.note_back(Kind::Refund, refund).await?;
        }
        Ok(())
    }

    /// Writes down a refund.
    pub(super) async fn sync_refund(&self, id: &str) -> Result<(), BillingError> {
        self.note_back(Kind::Refund, self.adjustment(Kind::Refund, id).await?).await
    }

    /// Writes down a dispute.
    pub(super) async fn sync_dispute(&self, id: &str) -> Result<(), BillingError> {
        self.note_back(Kind::Dispute, self.adjustment(Kind::Dispute, id).await?).await
    }

    async fn adjustment(&self, kind: Kind, id: &str) -> Result<Adjustment, BillingError> {
        match kind {
            Kind::Refund => Ok(self.stripe()?.read(&RetrieveRefund::new(id)).await?),
            Kind::Dispute => self.get(&format!("/disputes/{id}")).await,
        }
    }

    async fn note_back(&self, kind: Kind, back: Adjustment) -> Result<(), BillingError> {
        let Some((team, intent)) = self.whose(&back).await? else {
            tracing::debug!(id = back.id, "money went back that is of none of our teams");
            return Ok(());
        };
        let mut tx = self.parts.db.begin().await?;
        system::lock(&mut tx, &format!("team {team}")).await?;
        // What was read before the lock may be older than what somebody else has written since.
        let back = self.adjustment(kind, &back.id).await?;
        let status = back.status.unwrap_or_default();
        let present = Present { team, now: self.parts.clock.now() };
        let currency = back.currency.to_ascii_lowercase();
        let invoice = match &intent {
            Some(intent) => invoices::of_payment(&mut tx, team, intent).await?,
            None => None,
        };
        let before = invoices::status_of(&mut tx, team, &back.id).await?;
        let new = NewAdjustment {
            stripe_id: back.id.clone(),
            kind: kind.as_str(),
            stripe_invoice: invoice,
            currency: currency.clone(),
            amount: back.amount,
            status: word(&status, 40),
            reason: back.reason.as_deref().map(|reason| word(reason, 80)),
            created_at: back.created,
        };
        let is_new = invoices::adjust(&mut tx, team, &new, present.now).await?;
        let failed_now = kind == Kind::Refund && status == "failed" && before.as_deref() != Some("failed");
        invoices::count_refunds(&mut tx, team).await?;
        if kind == Kind::Refund && matches!(status.as_str(), "succeeded" | "pending") {
            if let Ok(currency) = currency.parse::<Currency>() {
                let amount = Money::new(back.amount, currency);
                self.tell_of_refund(&mut tx, &present, &back.id, amount, back.created).await?;
            }
        } else if failed_now {
            metrics::counter!("aura_billing_refunds_failed_total").increment(1);
            tracing::warn!(id = back.id, %team, "a refund did not arrive; look at it in the dashboard of Stripe");
        } else if kind == Kind::Dispute && is_new {
            metrics::counter!("aura_billing_disputes_total").increment(1);
            tracing::warn!(id = back.id, %team, "a payment is disputed; answer in the dashboard of Stripe");
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whose money it was: by the invoice that it paid, else by the customer of the charge.
    async fn whose(&self, back: &Adjustment) -> Result<Option<(TeamId, Option<String>)>, BillingError> {
        let charge: Option<Charge> = match (&back.payment_intent, &back.charge) {
            (None, Some(charge)) => Some(self.get(&format!("/charges/{}", charge.id())).await?),
            _ => None,
        };
        let of_charge = charge.as_ref().and_then(|charge| charge.payment_intent.as_ref());
        let intent = back.payment_intent.as_ref().or(of_charge).map(|intent| intent.id().to_owned());
        if let Some(intent) = &intent
            && let Some(team) = system::team_of_payment(&mut *self.parts.db.acquire().await?, intent).await?
        {
            return Ok(Some((team, Some(intent.clone()))));
        }
        let charge: Charge = match (charge, &back.charge) {
            (Some(charge), _) => charge,
            (None, Some(charge)) => self.get(&format!("/charges/{}", charge.id())).await?,
            (None, None) => return Ok(None),
        };
        let Some(customer) = charge.customer else { return Ok(None) };
        // Its invoice was not known yet; with the customer it is.
        Ok(self.sync_customer(customer.id()).await?.team.map(|team| (team, intent)))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, BillingError> {
        Ok(self.stripe()?.read(&Get(path.to_owned())).await?)
    }
}

/// The refunds of a payment, as Stripe has them.
pub(super) async fn refunds_of(stripe: &Stripe, payment_intent: &str) -> Result<Vec<Adjustment>, StripeError> {
    let page: List<Adjustment> = stripe.read(&ListRefund::new().payment_intent(payment_intent).limit(100)).await?;
    Ok(page.data)
}
