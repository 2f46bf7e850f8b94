//! What an invoice would be: the change is made in a copy of this world, and the copy's invoice is shown. So a preview is
//! to the cent what the change bills.

use super::Stripe;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::subscriptions::{Beginning, First, cycle, is_over, period, set_period};
use super::template::{data, id, int, text};
use super::{calendar, invoices};
use serde_json::Value;

/// What a preview takes.
pub const PREVIEW: [&str; 17] = [
    "customer",
    "subscription",
    "currency",
    "schedule",
    "preview_mode",
    "automatic_tax.enabled",
    "discounts.*.coupon",
    "discounts.*.promotion_code",
    "subscription_details.items.*.id",
    "subscription_details.items.*.price",
    "subscription_details.items.*.quantity",
    "subscription_details.items.*.deleted",
    "subscription_details.proration_behavior",
    "subscription_details.proration_date",
    "subscription_details.billing_cycle_anchor",
    "subscription_details.trial_end",
    "subscription_details.cancel_now",
];

impl Stripe {
    /// `POST /v1/invoices/create_preview`.
    pub(super) fn preview(&self, params: &Params) -> Outcome {
        if !params.has("subscription") && !params.has("customer") {
            return Err(Problem::required("customer"));
        }
        let mut copy = self.clone();
        let details = Params(params.at("subscription_details").cloned().unwrap_or(Value::Null));
        let Some(of) = params.word("subscription") else {
            return copy.preview_beginning(params, &details);
        };
        let found = copy.need("subscription", of, "subscription")?;
        if params.word("customer").is_some_and(|customer| found["customer"] != customer) {
            return Err(Problem::rule("The subscription does not belong to the customer."));
        }
        if is_over(&found) {
            return Err(Problem::invalid("invoice_upcoming_none", "No upcoming invoices for customer", ""));
        }
        if !details.has("items")
            && !details.has("trial_end")
            && !details.has("billing_cycle_anchor")
            && details.flag("cancel_now")? != Some(true)
        {
            if found["cancel_at_period_end"] == true {
                return Err(Problem::invalid("invoice_upcoming_none", "No upcoming invoices for customer", ""));
            }
            return Ok(as_preview(copy.upcoming(&found)));
        }
        let mut shift = copy.shift(&found, &details)?;
        shift.pay = false;
        let before = found["latest_invoice"].clone();
        if details.flag("cancel_now")? == Some(true) {
            let moment = shift.moment;
            let lines: Vec<_> = data(&found, "items")
                .iter()
                .filter_map(|item| copy.part(&found, item, moment, period(&found).1, false))
                .collect();
            let mut all = copy.waiting_lines(of);
            all.extend(lines);
            return Ok(as_preview(copy.drafted(&found, "subscription_update", &all)));
        }
        if details.word("trial_end") == Some("now") && found["status"] == "trialing" {
            if details.has("items") {
                let items = copy.new_items(of, &details.list("items"))?;
                copy.change("subscription", of, None, |one| one["items"]["data"] = items.into());
            }
            copy.end_trial(of, &shift)?;
        } else if details.has("items") {
            let items = copy.new_items(of, &details.list("items"))?;
            copy.shift_items(of, items, &shift)?;
        }
        let after = copy.need("subscription", of, "id")?;
        if after["latest_invoice"] == before {
            return Ok(as_preview(copy.upcoming(&after)));
        }
        Ok(as_preview(copy.need("invoice", text(&after, "latest_invoice"), "id")?))
    }

    fn preview_beginning(&mut self, params: &Params, details: &Params) -> Outcome {
        let mut new = Beginning { customer: params.needed("customer")?.to_owned(), ..Beginning::default() };
        self.customer(&new.customer, "customer")?;
        for item in details.list("items") {
            new.items.push((item.needed("price")?.to_owned(), item.int("quantity")?.unwrap_or(1)));
        }
        new.currency = params.word("currency").unwrap_or_default().to_owned();
        new.tax = params.flag("automatic_tax.enabled")?.unwrap_or(false);
        new.trial_end = self.trial_end(details, "trial_period_days", "trial_end")?;
        new.discounts = self.given_discounts(params)?;
        let (subscription, _) = self.begin(&new, First::Wait)?;
        let invoice = self.need("subscription", &subscription, "id")?["latest_invoice"].clone();
        Ok(as_preview(self.need("invoice", invoice.as_str().unwrap_or_default(), "id")?))
    }

    /// The invoice of the next renewal as it would be now: what waits, and the next period.
    pub(super) fn upcoming(&self, subscription: &Value) -> Value {
        let (interval, every) = cycle(subscription);
        let start = period(subscription).1;
        let end = calendar::next(int(subscription, "billing_cycle_anchor"), &interval, every, start);
        let mut next = subscription.clone();
        set_period(&mut next, start, end);
        let mut lines: Vec<invoices::Line> = self.waiting_lines(text(subscription, "id"));
        lines.extend(self.lines_of(&next, false));
        let mut invoice = self.drafted(subscription, "upcoming", &lines);
        invoice["created"] = start.into();
        invoice["period_end"] = start.into();
        invoice["next_payment_attempt"] = (start + 3_600).into();
        invoice
    }
}

/// A preview is no invoice: its id is one that nothing has.
fn as_preview(mut invoice: Value) -> Value {
    let name = id("upcoming_in_");
    invoice["id"] = name.as_str().into();
    for field in ["number", "hosted_invoice_url", "invoice_pdf"] {
        invoice[field] = Value::Null;
    }
    invoice["status"] = "draft".into();
    for line in invoice["lines"]["data"].as_array_mut().into_iter().flatten() {
        line["invoice"] = name.as_str().into();
    }
    invoice
}
