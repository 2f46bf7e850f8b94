//! How an invoice is paid: attempts, what the bank says, and what follows for the subscription.

use super::Stripe;
use super::calendar::DAY;
use super::cards::Verdict;
use super::invoices::subscription_of;
use super::problem::{Outcome, Problem};
use super::template::{int, text};
use serde_json::{Value, json};

/// How an attempt is made.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// With which payment method; the subscription's or the customer's where absent.
    pub method: Option<String>,
    /// Whether the owner of the card is there to confirm.
    pub owner: bool,
    /// Whether a failure makes the subscription past due and is tried again.
    pub dunning: bool,
}

impl Stripe {
    /// Tries to have an open invoice paid. The traces of a failure stay.
    pub(super) fn attempt(&mut self, invoice: &str, attempt: &Attempt) -> Verdict {
        let Some(found) = self.objects.get("invoice", invoice).cloned() else { return Verdict::Pays };
        if found["status"] != "open" {
            return Verdict::Pays;
        }
        let subscription = self.objects.get("subscription", subscription_of(&found)).cloned();
        let customer = text(&found, "customer");
        let method = attempt.method.clone().or_else(|| self.paying_method(subscription.as_ref(), customer));
        let verdict = match &method {
            Some(method) => self.ask_bank(method, attempt.owner),
            None => Verdict::Declined("missing_payment_method"),
        };
        let next = if attempt.dunning && verdict != Verdict::Pays { self.next_attempt(&found) } else { None };
        self.change("invoice", invoice, None, |one| {
            one["attempted"] = true.into();
            one["attempt_count"] = (int(one, "attempt_count") + 1).into();
            one["next_payment_attempt"] = next.into();
        });
        self.record_attempt(invoice, method.as_deref(), verdict);
        if verdict == Verdict::Pays {
            self.paid(invoice, int(&found, "amount_due"));
            return verdict;
        }
        let open = self.objects.get("invoice", invoice).cloned().unwrap_or_default();
        if verdict == Verdict::Asks {
            self.emit("invoice.payment_action_required", &open, None);
        }
        self.emit("invoice.payment_failed", &open, None);
        if attempt.dunning
            && let Some(subscription) = subscription
        {
            self.owed(text(&subscription, "id"), next.is_none());
        }
        verdict
    }

    /// The money of an invoice is there: the subscription lives on.
    pub(super) fn paid(&mut self, invoice: &str, amount: i64) {
        let now = self.now();
        let paid = self.change("invoice", invoice, None, |one| {
            one["status"] = "paid".into();
            one["amount_paid"] = amount.into();
            one["amount_remaining"] = 0.into();
            one["attempted"] = true.into();
            one["next_payment_attempt"] = Value::Null;
            one["auto_advance"] = false.into();
            one["status_transitions"]["paid_at"] = now.into();
        });
        self.emit("invoice.paid", &paid, None);
        self.emit("invoice.payment_succeeded", &paid, None);
        if let Some((subscription, held)) = self.waiting.remove(invoice) {
            self.change("subscription", &subscription, Some("customer.subscription.updated"), |one| {
                for field in ["items", "billing_cycle_anchor"] {
                    one[field] = held[field].clone();
                }
                one["pending_update"] = Value::Null;
            });
        }
        let subscription = subscription_of(&paid).to_owned();
        let latest =
            self.objects.get("subscription", &subscription).is_some_and(|one| one["latest_invoice"] == invoice);
        if latest {
            self.change("subscription", &subscription, Some("customer.subscription.updated"), |one| {
                if ["incomplete", "past_due", "unpaid"].contains(&text(one, "status")) {
                    one["status"] = "active".into();
                }
            });
        }
        let owes =
            self.objects.having("invoice", "customer", text(&paid, "customer")).any(|one| one["status"] == "open");
        self.change("customer", text(&paid, "customer"), Some("customer.updated"), |one| {
            one["delinquent"] = (owes && one["delinquent"] == true).into();
        });
    }

    /// A subscription that was not paid for; `last` when nothing will be tried again.
    fn owed(&mut self, subscription: &str, last: bool) {
        let Some(found) = self.objects.get("subscription", subscription).cloned() else { return };
        self.change("customer", text(&found, "customer"), Some("customer.updated"), |one| {
            one["delinquent"] = true.into();
        });
        if ["active", "trialing"].contains(&text(&found, "status")) {
            self.change("subscription", subscription, Some("customer.subscription.updated"), |one| {
                one["status"] = "past_due".into();
            });
        }
        if !last {
            return;
        }
        match self.knobs.after_retries.as_str() {
            "unpaid" => {
                self.change("subscription", subscription, Some("customer.subscription.updated"), |one| {
                    one["status"] = "unpaid".into();
                });
            }
            "past_due" => {}
            _ => self.end(subscription, "payment_failed"),
        }
    }

    fn next_attempt(&self, invoice: &Value) -> Option<i64> {
        let first = int(&invoice["status_transitions"], "finalized_at");
        self.knobs.retry_days.iter().map(|days| first + days * DAY).find(|moment| *moment > self.now())
    }

    /// `POST /v1/invoices/{id}/pay`.
    pub(super) fn pay_invoice(&mut self, invoice: &str, method: Option<&str>, out_of_band: bool) -> Outcome {
        let found = self.need("invoice", invoice, "id")?;
        if found["status"] == "draft" {
            self.finalize(invoice);
        }
        let found = self.need("invoice", invoice, "id")?;
        match text(&found, "status") {
            "open" => {}
            "paid" => return Err(Problem::invalid("invoice_already_paid", "Invoice is already paid", "")),
            _ => return Err(Problem::rule("This invoice can no longer be paid.")),
        }
        self.refuse_while_processing(invoice)?;
        if out_of_band {
            self.cancel_payment(invoice);
            self.paid(invoice, int(&found, "amount_due"));
            return self.need("invoice", invoice, "id");
        }
        let customer = text(&found, "customer").to_owned();
        let method = method.map(|method| self.payment_method_of(&customer, method, "payment_method")).transpose()?;
        let subscription = self.objects.get("subscription", subscription_of(&found));
        if method.is_none() && self.paying_method(subscription, &customer).is_none() {
            return Err(Problem::rule(
                "There is no default_payment_method set on this Customer or Invoice. Please set a default payment method or attach a payment method.",
            ));
        }
        let dunning = subscription.is_some_and(|one| one["status"] != "incomplete");
        let verdict = self.attempt(invoice, &Attempt { method, owner: false, dunning });
        match verdict {
            Verdict::Pays => self.need("invoice", invoice, "id"),
            Verdict::Asks => Err(Problem::card(
                "invoice_payment_intent_requires_action",
                None,
                "This payment requires additional user action before it can be completed successfully.",
            )
            .kept()),
            Verdict::Declined(_) => Err(verdict.problem().kept()),
        }
    }

    /// While money is on its way, no other is asked for.
    pub(super) fn refuse_while_processing(&self, invoice: &str) -> Outcome<()> {
        let intent = self.intent_of(invoice).and_then(|intent| self.objects.get("payment_intent", &intent));
        if intent.is_some_and(|intent| intent["status"] == "processing") {
            return Err(Problem::rule("This invoice cannot be paid now: a payment for it is processing."));
        }
        Ok(())
    }

    /// Marks an open invoice as one that nobody will pay.
    pub(super) fn give_up(&mut self, invoice: &str) {
        let now = self.now();
        let given_up = self.change("invoice", invoice, None, |one| {
            one["status"] = "uncollectible".into();
            one["next_payment_attempt"] = Value::Null;
            one["status_transitions"]["marked_uncollectible_at"] = now.into();
        });
        self.emit("invoice.marked_uncollectible", &given_up, Some(json!({ "status": "open" })));
    }
}
