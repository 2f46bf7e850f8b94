//! How a subscription ends: at once, with what is left given back or not; a paused one resumes.

use super::Stripe;
use super::invoices::{Line, subscription_of};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::subscriptions::{is_over, period};
use super::template::{data, text};
use serde_json::{Value, json};

/// What ending one takes.
pub const CANCEL: [&str; 4] =
    ["invoice_now", "prorate", "cancellation_details.comment", "cancellation_details.feedback"];

impl Stripe {
    /// `DELETE /v1/subscriptions/{id}`.
    pub(super) fn cancel_subscription(&mut self, id: &str, params: &Params) -> Outcome {
        let found = self.need("subscription", id, "id")?;
        if is_over(&found) {
            return Err(Problem::missing("subscription", id, "id"));
        }
        let now = self.now();
        if params.flag("prorate")? == Some(true) && found["status"] != "trialing" {
            let end = period(&found).1;
            let lines: Vec<Line> =
                data(&found, "items").iter().filter_map(|item| self.part(&found, item, now, end, false)).collect();
            for line in &lines {
                self.wait_for_invoice(&found, line);
            }
        }
        if params.flag("invoice_now")? == Some(true) && !self.waiting_lines(id).is_empty() {
            let invoice = self.bill(id, "subscription_update", Vec::new());
            self.finalize(&invoice);
        }
        for field in ["comment", "feedback"] {
            if let Some(word) = params.word(&format!("cancellation_details.{field}")) {
                self.change("subscription", id, None, |one| one["cancellation_details"][field] = word.into());
            }
        }
        self.end(id, "cancellation_requested");
        self.need("subscription", id, "id")
    }

    /// Ends a subscription now. Its open invoices are not tried again; its schedule ends with it.
    pub(super) fn end(&mut self, id: &str, reason: &str) {
        let now = self.now();
        let Some(found) = self.objects.get("subscription", id).cloned() else { return };
        if is_over(&found) {
            return;
        }
        let invoices: Vec<(String, Value)> = self
            .objects
            .having("invoice", "customer", text(&found, "customer"))
            .filter(|one| subscription_of(one) == id && (one["status"] == "open" || one["status"] == "draft"))
            .map(|one| (text(one, "id").to_owned(), one["status"].clone()))
            .collect();
        for (invoice, status) in invoices {
            self.change("invoice", &invoice, Some("invoice.updated"), |one| {
                one["auto_advance"] = false.into();
                one["next_payment_attempt"] = Value::Null;
                one["automatically_finalizes_at"] = Value::Null;
            });
            if status == "open" && found["status"] == "incomplete" {
                let _ = self.void(&invoice);
            }
        }
        if let Some(schedule) = found["schedule"].as_str() {
            self.end_schedule(schedule, "canceled");
        }
        let ended = self.change("subscription", id, None, |one| {
            one["status"] = "canceled".into();
            if one["canceled_at"].is_null() {
                one["canceled_at"] = now.into();
            }
            one["ended_at"] = now.into();
            one["cancel_at_period_end"] = (one["cancel_at_period_end"] == true).into();
            one["pending_update"] = Value::Null;
            if one["cancellation_details"]["reason"].is_null() {
                one["cancellation_details"]["reason"] = reason.into();
            }
        });
        self.waiting.retain(|_, (subscription, _)| subscription != id);
        self.emit("customer.subscription.deleted", &ended, None);
    }

    /// A first payment that never came, after 23 hours.
    pub(super) fn expire_incomplete(&mut self, id: &str) {
        let now = self.now();
        let latest = self.objects.get("subscription", id).map(|one| text(one, "latest_invoice").to_owned());
        if let Some(invoice) = latest {
            let _ = self.void(&invoice);
        }
        let expired = self.change("subscription", id, None, |one| {
            one["status"] = "incomplete_expired".into();
            one["ended_at"] = now.into();
        });
        self.emit("customer.subscription.updated", &expired, Some(json!({ "status": "incomplete" })));
    }

    /// `POST /v1/subscriptions/{id}/resume`: a paused one bills from now on.
    pub(super) fn resume(&mut self, id: &str) -> Outcome {
        let found = self.need("subscription", id, "id")?;
        if found["status"] != "paused" {
            return Err(Problem::rule("The subscription is not paused and cannot be resumed."));
        }
        let now = self.now();
        self.change("subscription", id, None, |one| {
            one["status"] = "active".into();
            one["billing_cycle_anchor"] = now.into();
        });
        self.begin_cycle(id, now);
        let resumed = self.need("subscription", id, "id")?;
        self.emit("customer.subscription.resumed", &resumed, Some(json!({ "status": "paused" })));
        Ok(resumed)
    }
}
