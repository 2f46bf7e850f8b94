//! What becomes due by the clock, in the order of its moments. Nothing is planned ahead: what is due follows from the
//! objects as they are.

use super::Stripe;
use super::calendar::DAY;
use super::shifts::Shift;
use super::subscriptions::{NOTICE, is_over, period};
use super::template::{int, text};
use serde_json::Value;

/// A first payment may take so long.
const INCOMPLETE: i64 = 23 * 3_600;
/// A renewal is announced so long before.
const UPCOMING: i64 = 7 * DAY;
/// A payment that comes later comes after so long.
pub const LATER: i64 = 3 * DAY;

/// One thing that is due. Of the same moment the first kind comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Phase(String),
    Upcoming(String),
    TrialNotice(String),
    Settle(String),
    Expire(String),
    Incomplete(String),
    PendingUpdate(String),
    CancelAt(String),
    TrialEnd(String),
    PeriodEnd(String),
    Unpause(String),
    Finalize(String),
    Retry(String),
}

impl Stripe {
    /// Lives until a moment.
    pub(super) fn live_until(&mut self, moment: i64) {
        let cause = std::mem::replace(&mut self.cause, serde_json::json!({ "id": null, "idempotency_key": null }));
        // Bounded: a mistake in here must not hang a test.
        for _ in 0..100_000 {
            let Some((at, due)) = self.next_due(moment) else { break };
            self.present = self.present.max(at);
            self.happen(due);
        }
        self.present = self.present.max(moment);
        self.cause = cause;
    }

    fn next_due(&self, until: i64) -> Option<(i64, Due)> {
        let mut first: Option<(i64, Due)> = None;
        let mut offer = |at: i64, due: Due| {
            if at <= until && first.as_ref().is_none_or(|found| (at, &due) < (found.0, &found.1)) {
                first = Some((at, due));
            }
        };
        for one in self.objects.all("checkout.session") {
            let id = || text(one, "id").to_owned();
            match (text(one, "status"), text(one, "payment_status")) {
                ("open", _) => offer(int(one, "expires_at"), Due::Expire(id())),
                ("complete", "unpaid") => {
                    if let Some(at) = self.settles_at(text(one, "id")) {
                        offer(at, Due::Settle(id()));
                    }
                }
                _ => {}
            }
        }
        for one in self.objects.all("subscription").filter(|one| !is_over(one)) {
            self.offer_subscription(one, until, &mut offer);
        }
        for one in self.objects.all("invoice") {
            let id = || text(one, "id").to_owned();
            match text(one, "status") {
                "draft" => {
                    if let Some(at) = one["automatically_finalizes_at"].as_i64() {
                        offer(at, Due::Finalize(id()));
                    }
                }
                "open" => {
                    if let Some(at) = one["next_payment_attempt"].as_i64() {
                        offer(at, Due::Retry(id()));
                    }
                }
                _ => {}
            }
        }
        for one in self.objects.having("subscription_schedule", "status", "active") {
            if let Some(end) = one["current_phase"]["end_date"].as_i64() {
                offer(end, Due::Phase(text(one, "id").to_owned()));
            }
        }
        first
    }

    /// What may become due until a moment.
    fn offer_subscription(&self, one: &Value, until: i64, offer: &mut impl FnMut(i64, Due)) {
        let id = || text(one, "id").to_owned();
        if let Some(at) = one["cancel_at"].as_i64().filter(|_| one["cancel_at_period_end"] != true) {
            offer(at, Due::CancelAt(id()));
        }
        if let Some(at) = one["pending_update"]["expires_at"].as_i64() {
            offer(at, Due::PendingUpdate(id()));
        }
        if let Some(at) = one["pause_collection"]["resumes_at"].as_i64() {
            offer(at, Due::Unpause(id()));
        }
        let end = period(one).1;
        match text(one, "status") {
            "incomplete" => offer(int(one, "created") + INCOMPLETE, Due::Incomplete(id())),
            "trialing" => {
                let end = int(one, "trial_end");
                if end - NOTICE <= until && !self.told.contains(&format!("trial {} {end}", text(one, "id"))) {
                    offer(end - NOTICE, Due::TrialNotice(id()));
                }
                offer(end, Due::TrialEnd(id()));
            }
            "active" | "past_due" | "unpaid" => {
                let ends = one["cancel_at_period_end"] == true;
                let soon = end - UPCOMING <= until && end - period(one).0 > UPCOMING;
                if soon && !ends && !self.told.contains(&format!("upcoming {} {end}", text(one, "id"))) {
                    offer(end - UPCOMING, Due::Upcoming(id()));
                }
                offer(end, Due::PeriodEnd(id()));
            }
            _ => {}
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Phase(id) => self.next_phase(&id),
            Due::Upcoming(id) => self.tell_upcoming(&id),
            Due::TrialNotice(id) => self.tell_trial_end(&id),
            Due::Settle(id) => {
                let _ = self.settle(&id, true);
            }
            Due::Expire(id) => self.expire_session(&id),
            Due::Incomplete(id) => self.expire_incomplete(&id),
            Due::PendingUpdate(id) => self.drop_pending(&id),
            Due::CancelAt(id) => self.end(&id, "cancellation_requested"),
            Due::TrialEnd(id) => self.trial_is_over(&id),
            Due::PeriodEnd(id) => self.renew(&id),
            Due::Unpause(id) => {
                self.change("subscription", &id, Some("customer.subscription.updated"), |one| {
                    one["pause_collection"] = Value::Null;
                });
            }
            Due::Finalize(id) => self.advance_invoice(&id),
            Due::Retry(id) => {
                let attempt = super::payments::Attempt { method: None, owner: false, dunning: true };
                self.attempt(&id, &attempt);
            }
        }
    }

    fn trial_is_over(&mut self, id: &str) {
        let Some(found) = self.objects.get("subscription", id).cloned() else { return };
        if found["cancel_at_period_end"] == true {
            return self.end(id, "cancellation_requested");
        }
        let moment = int(&found, "trial_end");
        let shift = Shift { proration: "none".to_owned(), moment, pay: true, behavior: "allow_incomplete".to_owned() };
        let _ = self.end_trial(id, &shift);
    }

    fn drop_pending(&mut self, id: &str) {
        let invoices: Vec<String> =
            self.waiting.iter().filter(|(_, (held, _))| held == id).map(|(invoice, _)| invoice.clone()).collect();
        for invoice in invoices {
            self.waiting.remove(&invoice);
            let _ = self.void(&invoice);
        }
        self.change("subscription", id, Some("customer.subscription.pending_update_expired"), |one| {
            one["pending_update"] = Value::Null;
        });
    }
}
