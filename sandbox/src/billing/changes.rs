//! What `POST /v1/subscriptions/{id}` changes: the trial's end, a pause, the end, free words, and items (`shifts`).

use super::Stripe;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::shifts::Shift;
use super::subscriptions::{is_over, period, set_period};
use super::template::{data, text};
use serde_json::{Value, json};

/// What a change takes.
pub const CHANGE: [&str; 24] = [
    "items.*.id",
    "items.*.price",
    "items.*.quantity",
    "items.*.deleted",
    "items.*.metadata.*",
    "metadata.*",
    "description",
    "default_payment_method",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "billing_cycle_anchor",
    "cancel_at_period_end",
    "cancel_at",
    "cancellation_details.comment",
    "cancellation_details.feedback",
    "trial_end",
    "pause_collection.behavior",
    "pause_collection.resumes_at",
    "discounts.*.coupon",
    "discounts.*.promotion_code",
    "off_session",
    "automatic_tax.enabled",
    "payment_settings.save_default_payment_method",
];

impl Stripe {
    pub(super) fn update_subscription(&mut self, id: &str, params: &Params) -> Outcome {
        let found = self.need("subscription", id, "id")?;
        if is_over(&found) {
            return Err(Problem::rule(
                "A canceled subscription can only update its cancellation_details and metadata.",
            ));
        }
        let ends = params.has("cancel_at_period_end") || params.has("cancel_at");
        if ends && let Some(schedule) = found["schedule"].as_str() {
            return Err(Problem::rule(format!(
                "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead."
            )));
        }
        self.set_plain(id, params)?;
        if let Some(method) = params.word("default_payment_method") {
            let method = self.payment_method_of(text(&found, "customer"), method, "default_payment_method")?;
            self.change("subscription", id, Some("customer.subscription.updated"), |one| {
                one["default_payment_method"] = method.into();
            });
        }
        if params.has("discounts") {
            self.set_discounts(id, params)?;
        }
        if let Some(pause) = params.at("pause_collection") {
            let pause = pause.clone();
            self.set_pause(id, &pause, params)?;
        }
        let shift = self.shift(&found, params)?;
        if params.has("trial_end") {
            self.move_trial_end(id, params, &shift)?;
        }
        if params.has("items") {
            let items = self.new_items(id, &params.list("items"))?;
            self.shift_items(id, items, &shift)?;
        } else if params.word("billing_cycle_anchor") == Some("now") {
            let items = data(&found, "items").to_vec();
            self.shift_to_new_cycle(id, items, &shift)?;
        }
        self.need("subscription", id, "id")
    }

    /// Words, the end, tax: whatever needs no arithmetic.
    pub(super) fn set_plain(&mut self, id: &str, params: &Params) -> Outcome<()> {
        let now = self.now();
        let at_end = params.flag("cancel_at_period_end")?;
        let cancel_at = params.int("cancel_at")?;
        let tax = params.flag("automatic_tax.enabled")?;
        self.change("subscription", id, Some("customer.subscription.updated"), |one| {
            params.metadata("metadata", &mut one["metadata"]);
            if let Some(description) = params.text("description") {
                one["description"] = description.into();
            }
            if let Some(tax) = tax {
                one["automatic_tax"]["enabled"] = tax.into();
            }
            for field in ["comment", "feedback"] {
                if let Some(word) = params.word(&format!("cancellation_details.{field}")) {
                    one["cancellation_details"][field] = word.into();
                }
            }
            let end = match (at_end, cancel_at) {
                (Some(true), _) => Some(Some(period(one).1)),
                (_, Some(moment)) => Some(Some(moment)),
                (Some(false), None) => Some(None),
                (None, None) => params.has("cancel_at").then_some(None),
            };
            if let Some(end) = end {
                one["cancel_at_period_end"] = (at_end == Some(true)).into();
                one["cancel_at"] = end.into();
                one["canceled_at"] = end.map(|_| now).into();
                one["cancellation_details"]["reason"] = end.map(|_| "cancellation_requested").into();
            }
        });
        Ok(())
    }

    fn set_discounts(&mut self, id: &str, params: &Params) -> Outcome<()> {
        let customer = text(&self.need("subscription", id, "id")?, "customer").to_owned();
        let mut discounts = Vec::new();
        for (coupon, promotion) in self.given_discounts(params)? {
            discounts.push(self.new_discount(&customer, id, &coupon, promotion.as_deref())?);
        }
        self.change("subscription", id, Some("customer.subscription.updated"), |one| {
            one["discounts"] = discounts.into();
        });
        Ok(())
    }

    fn set_pause(&mut self, id: &str, pause: &Value, params: &Params) -> Outcome<()> {
        let behavior = params.one_of("pause_collection.behavior", &["keep_as_draft", "mark_uncollectible", "void"])?;
        let resumes = params.int("pause_collection.resumes_at")?;
        if pause != "" && behavior.is_none() {
            return Err(Problem::required("pause_collection[behavior]"));
        }
        self.change("subscription", id, Some("customer.subscription.updated"), |one| {
            one["pause_collection"] =
                behavior.map(|behavior| json!({ "behavior": behavior, "resumes_at": resumes })).into();
        });
        Ok(())
    }

    fn move_trial_end(&mut self, id: &str, params: &Params, shift: &Shift) -> Outcome<()> {
        if params.word("trial_end") == Some("now") {
            if self.need("subscription", id, "id")?["status"] == "trialing" {
                self.end_trial(id, shift)?;
            }
            return Ok(());
        }
        let Some(end) = params.int("trial_end")?.filter(|end| *end > self.now()) else {
            return Err(Problem::rule("Trial end must be in the future."));
        };
        let now = self.now();
        self.change("subscription", id, Some("customer.subscription.updated"), |one| {
            one["status"] = "trialing".into();
            if one["trial_start"].is_null() {
                one["trial_start"] = now.into();
            }
            one["trial_end"] = end.into();
            one["billing_cycle_anchor"] = end.into();
            set_period(one, now, end);
        });
        Ok(())
    }
}
