//! What happens at the end of a trial and of a period.

use super::payments::Attempt;
use super::problem::Outcome;
use super::shifts::Shift;
use super::subscriptions::{cycle, is_over, period, set_period};
use super::template::{int, text};
use super::{Stripe, calendar};
use serde_json::{Value, json};

/// An invoice of a renewal stays a draft so long.
const DRAFT: i64 = 3_600;

impl Stripe {
    /// The trial is over: the first period begins, unless there is nothing to pay with and that was to end it.
    pub(super) fn end_trial(&mut self, id: &str, shift: &Shift) -> Outcome<()> {
        let found = self.need("subscription", id, "id")?;
        let now = shift.moment;
        let card = self.paying_method(Some(&found), text(&found, "customer"));
        let act = text(&found["trial_settings"]["end_behavior"], "missing_payment_method").to_owned();
        if card.is_none() && act == "cancel" {
            self.end(id, "cancellation_requested");
            return Ok(());
        }
        if card.is_none() && act == "pause" {
            let paused = self.change("subscription", id, None, |one| {
                one["status"] = "paused".into();
                one["trial_end"] = now.into();
            });
            self.emit("customer.subscription.paused", &paused, Some(json!({ "status": "trialing" })));
            return Ok(());
        }
        let active = self.change("subscription", id, None, |one| {
            one["status"] = "active".into();
            one["trial_end"] = now.into();
            one["billing_cycle_anchor"] = now.into();
        });
        self.emit(
            "customer.subscription.updated",
            &active,
            Some(json!({ "status": "trialing", "trial_end": found["trial_end"] })),
        );
        let invoice = self.begin_cycle(id, now);
        // At the end that was agreed it waits as every renewal; ended early, it is paid at once.
        if int(&found, "trial_end") > now {
            self.collect(&invoice, shift.pay, &shift.behavior)?;
        }
        Ok(())
    }

    /// The next period begins, with a draft of its invoice.
    pub(super) fn begin_cycle(&mut self, id: &str, start: i64) -> String {
        let Some(found) = self.objects.get("subscription", id).cloned() else { return String::new() };
        let (interval, every) = cycle(&found);
        let end = calendar::next(int(&found, "billing_cycle_anchor"), &interval, every, start);
        let after =
            self.change("subscription", id, Some("customer.subscription.updated"), |one| set_period(one, start, end));
        let lines = self.lines_of(&after, false);
        let invoice = self.bill(id, "subscription_cycle", lines);
        let finalizes = self.now() + DRAFT;
        let stays = found["status"] == "unpaid" || found["pause_collection"]["behavior"] == "keep_as_draft";
        self.change("invoice", &invoice, None, |one| {
            one["auto_advance"] = (!stays).into();
            one["automatically_finalizes_at"] = if stays { Value::Null } else { finalizes.into() };
        });
        invoice
    }

    /// A period is over: the subscription ends if it was to end, else renews.
    pub(super) fn renew(&mut self, id: &str) {
        let Some(found) = self.objects.get("subscription", id).cloned() else { return };
        if is_over(&found) {
            return;
        }
        if found["cancel_at_period_end"] == true {
            return self.end(id, "cancellation_requested");
        }
        self.begin_cycle(id, period(&found).1);
    }

    /// A draft whose hour is over.
    pub(super) fn advance_invoice(&mut self, invoice: &str) {
        let Some(found) = self.objects.get("invoice", invoice).cloned() else { return };
        let subscription = self.objects.get("subscription", super::invoices::subscription_of(&found));
        let pause = subscription.map(|one| text(&one["pause_collection"], "behavior").to_owned()).unwrap_or_default();
        self.finalize(invoice);
        match pause.as_str() {
            "void" => {
                let _ = self.void(invoice);
            }
            "mark_uncollectible" => self.give_up(invoice),
            _ => {
                self.attempt(invoice, &Attempt { method: None, owner: false, dunning: true });
            }
        }
    }

    /// Finalizes and tries to have an invoice paid at once.
    fn collect(&mut self, invoice: &str, pay: bool, behavior: &str) -> Outcome<()> {
        if !pay {
            return Ok(());
        }
        self.finalize(invoice);
        let dunning = behavior != "error_if_incomplete";
        let verdict = self.attempt(invoice, &Attempt { method: None, owner: false, dunning });
        if verdict != super::cards::Verdict::Pays && !dunning { Err(verdict.problem()) } else { Ok(()) }
    }

    pub(super) fn tell_trial_end(&mut self, id: &str) {
        let Some(found) = self.objects.get("subscription", id).cloned() else { return };
        if self.told.insert(format!("trial {id} {}", int(&found, "trial_end"))) {
            self.emit("customer.subscription.trial_will_end", &found, None);
        }
    }

    /// A week before a renewal: what it will cost. The invoice does not exist yet and has no id.
    pub(super) fn tell_upcoming(&mut self, id: &str) {
        let Some(found) = self.objects.get("subscription", id).cloned() else { return };
        if self.told.insert(format!("upcoming {id} {}", period(&found).1)) {
            let mut upcoming = self.upcoming(&found);
            if let Some(upcoming) = upcoming.as_object_mut() {
                upcoming.remove("id");
            }
            self.emit("invoice.upcoming", &upcoming, None);
        }
    }
}
