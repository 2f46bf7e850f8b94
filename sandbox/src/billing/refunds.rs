//! Money that goes back: refunds, and disputes.

use super::Stripe;
use super::calendar::DAY;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{self, id, int, text};
use serde_json::{Value, json};

/// What a refund takes.
pub const REFUND: [&str; 5] = ["charge", "payment_intent", "amount", "reason", "metadata.*"];

impl Stripe {
    pub(super) fn create_refund(&mut self, params: &Params) -> Outcome {
        let charge = match (params.word("charge"), params.word("payment_intent")) {
            (Some(charge), _) => self.need("charge", charge, "charge")?,
            (None, Some(intent)) => {
                let intent = self.need("payment_intent", intent, "payment_intent")?;
                let charge = intent["latest_charge"].as_str();
                let charge = charge
                    .ok_or_else(|| Problem::rule("This PaymentIntent does not have a successful charge to refund."))?;
                self.need("charge", charge, "charge")?
            }
            (None, None) => {
                return Err(Problem::rule(
                    "One of the following params should be provided for this request: payment_intent or charge.",
                ));
            }
        };
        if charge["paid"] != true {
            return Err(Problem::rule("This charge has not been paid and cannot be refunded."));
        }
        let left = int(&charge, "amount") - int(&charge, "amount_refunded");
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", text(&charge, "id"));
            return Err(Problem::invalid("charge_already_refunded", message, ""));
        }
        let amount = params.int("amount")?.unwrap_or(left);
        if amount < 1 || amount > left {
            return Err(Problem::invalid(
                "amount_too_large",
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"),
                "amount",
            ));
        }
        let reason = params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
        let mut refund = template::of("refund");
        refund["id"] = id("re_").into();
        refund["created"] = self.now().into();
        refund["amount"] = amount.into();
        refund["reason"] = reason.into();
        refund["charge"] = charge["id"].clone();
        for field in ["currency", "payment_intent", "customer", "payment_method"] {
            refund[field] = charge[field].clone();
        }
        params.metadata("metadata", &mut refund["metadata"]);
        self.objects.insert(refund.clone());
        self.change("charge", text(&charge, "id"), Some("charge.refunded"), |one| {
            let refunded = int(one, "amount_refunded") + amount;
            one["amount_refunded"] = refunded.into();
            one["refunded"] = (refunded == int(one, "amount")).into();
            if let Some(list) = one["refunds"]["data"].as_array_mut() {
                list.insert(0, refund.clone());
            }
        });
        self.emit("refund.created", &refund, None);
        Ok(refund)
    }

    /// The bank of a customer takes a payment back until it is settled who is right.
    pub(super) fn open_dispute(&mut self, charge: &str, reason: Option<&str>) -> Outcome {
        let found = self.need("charge", charge, "charge")?;
        if found["disputed"] == true {
            return Err(Problem::rule("This charge is disputed already."));
        }
        let mut dispute = template::of("dispute");
        dispute["id"] = id("dp_").into();
        dispute["created"] = self.now().into();
        dispute["charge"] = charge.into();
        for field in ["amount", "currency", "payment_intent"] {
            dispute[field] = found[field].clone();
        }
        dispute["reason"] = reason.unwrap_or("fraudulent").into();
        dispute["evidence_details"]["due_by"] = (self.now() + 7 * DAY).into();
        self.objects.insert(dispute.clone());
        self.change("charge", charge, Some("charge.updated"), |one| one["disputed"] = true.into());
        self.emit("charge.dispute.created", &dispute, None);
        self.emit("charge.dispute.funds_withdrawn", &dispute, None);
        Ok(dispute)
    }

    /// It is settled: `won` gives the money back to the seller.
    pub(super) fn close_dispute(&mut self, id: &str, won: bool) -> Outcome {
        let found = self.need("dispute", id, "id")?;
        if ["won", "lost"].contains(&text(&found, "status")) {
            return Err(Problem::rule("This dispute is closed already."));
        }
        let closed = self.change("dispute", id, None, |one| one["status"] = if won { "won" } else { "lost" }.into());
        if won {
            self.emit("charge.dispute.funds_reinstated", &closed, None);
        }
        self.emit("charge.dispute.closed", &closed, Some(json!({ "status": found["status"] })));
        Ok(closed)
    }

    /// The charge that an act is about: by its own id, or the one that paid an invoice or a subscription's last one.
    pub(super) fn charge_for(&self, act: &Value) -> Outcome<String> {
        if let Some(charge) = act["charge"].as_str() {
            return Ok(charge.to_owned());
        }
        let latest = |id: &str| Some(text(self.objects.get("subscription", id)?, "latest_invoice").to_owned());
        let invoice = act["invoice"].as_str().map(str::to_owned).or_else(|| latest(act["subscription"].as_str()?));
        let charge = invoice.and_then(|invoice| self.charge_of(&invoice));
        charge.ok_or_else(|| {
            Problem::rule("Name a charge, a paid invoice, or a subscription whose last invoice was paid.")
        })
    }
}
