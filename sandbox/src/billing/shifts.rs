//! Items that change: what is given back of the old ones, what is billed of the new, and when.

use super::Stripe;
use super::calendar;
use super::cards::Verdict;
use super::catalogue::unit_amount;
use super::invoices::Line;
use super::params::Params;
use super::payments::Attempt;
use super::problem::{Outcome, Problem};
use super::proration;
use super::subscriptions::{cycle, period, set_period};
use super::template::{data, int, text};
use serde_json::{Value, json};

/// How items change.
#[derive(Debug, Clone)]
pub struct Shift {
    /// `create_prorations`, `always_invoice` or `none`.
    pub proration: String,
    /// From which moment it is counted.
    pub moment: i64,
    /// Whether what is billed at once is also paid at once; a preview only looks.
    pub pay: bool,
    /// `allow_incomplete`, `error_if_incomplete`, `pending_if_incomplete` or `default_incomplete`.
    pub behavior: String,
}

impl Stripe {
    /// How a change is to be made, as parameters tell it.
    pub(super) fn shift(&self, subscription: &Value, params: &Params) -> Outcome<Shift> {
        let proration = params.one_of("proration_behavior", &["create_prorations", "always_invoice", "none"])?;
        let behaviors = ["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"];
        let behavior = params.one_of("payment_behavior", &behaviors)?;
        let (start, end) = period(subscription);
        let moment = match params.int("proration_date")? {
            None => self.now(),
            Some(given) => self.by_either_clock(given, |moment| (start..=end).contains(&moment)).ok_or_else(|| {
                Problem::invalid(
                    "invalid_request",
                    "Cannot specify a proration date outside of the current subscription period.",
                    "proration_date",
                )
            })?,
        };
        Ok(Shift {
            proration: proration.unwrap_or("create_prorations").to_owned(),
            moment,
            pay: true,
            behavior: behavior.unwrap_or("allow_incomplete").to_owned(),
        })
    }

    /// The items after a change: those that are named are changed, without an id they are new, others stay.
    pub(super) fn new_items(&self, id: &str, given: &[Params]) -> Outcome<Vec<Value>> {
        let subscription = self.need("subscription", id, "id")?;
        let mut items = data(&subscription, "items").to_vec();
        for (place, one) in given.iter().enumerate() {
            let quantity = one.int("quantity")?;
            if quantity.is_some_and(|quantity| quantity < 0) {
                return Err(Problem::invalid(
                    "parameter_invalid_integer",
                    "This value must be greater than or equal to 0.",
                    &format!("items[{place}][quantity]"),
                ));
            }
            let price =
                one.word("price").map(|price| self.price(price, &format!("items[{place}][price]"))).transpose()?;
            let Some(item_id) = one.word("id") else {
                let price = price.ok_or_else(|| Problem::required(&format!("items[{place}][price]")))?;
                if items.iter().any(|item| item["price"]["id"] == price["id"]) {
                    return Err(Problem::rule(format!(
                        "Cannot add multiple subscription items with the same plan: {}",
                        text(&price, "id")
                    )));
                }
                items.push(self.new_item(id, &price, quantity.unwrap_or(1), period(&subscription)));
                continue;
            };
            let Some(at) = items.iter().position(|item| item["id"] == item_id) else {
                return Err(Problem::missing("subscription item", item_id, &format!("items[{place}][id]")));
            };
            if one.flag("deleted")? == Some(true) {
                items.remove(at);
                continue;
            }
            if let Some(price) = price {
                let fresh = self.new_item(id, &price, 1, period(&subscription));
                items[at]["price"] = fresh["price"].clone();
                items[at]["plan"] = fresh["plan"].clone();
            }
            if let Some(quantity) = quantity {
                items[at]["quantity"] = quantity.into();
            }
        }
        if items.is_empty() {
            return Err(Problem::rule("A subscription must have at least one active plan."));
        }
        Ok(items)
    }

    /// Puts these items in the place of the old ones and bills the difference.
    pub(super) fn shift_items(&mut self, id: &str, items: Vec<Value>, shift: &Shift) -> Outcome<()> {
        let before = self.need("subscription", id, "id")?;
        let mut probe = before.clone();
        probe["items"]["data"] = items.clone().into();
        let trialing = before["status"] == "trialing";
        if cycle(&before) != cycle(&probe) && !trialing {
            return self.shift_to_new_cycle(id, items, shift);
        }
        let mut lines = Vec::new();
        if shift.proration != "none" && !trialing && before["status"] != "incomplete" {
            lines = self.differences(&before, &items, shift.moment, period(&before).1);
        }
        let after = self.change("subscription", id, None, |one| one["items"]["data"] = items.into());
        if shift.proration == "always_invoice" && !lines.is_empty() {
            return self.bill_change(id, &before, &after, lines, shift);
        }
        for line in &lines {
            self.wait_for_invoice(&after, line);
        }
        self.tell_change(id, &before);
        Ok(())
    }

    /// A new cycle begins at once: what is left of the old period comes back, the new one is billed whole.
    pub(super) fn shift_to_new_cycle(&mut self, id: &str, items: Vec<Value>, shift: &Shift) -> Outcome<()> {
        let before = self.need("subscription", id, "id")?;
        let now = shift.moment;
        let mut lines = Vec::new();
        if shift.proration != "none" {
            lines = data(&before, "items")
                .iter()
                .filter_map(|item| self.part(&before, item, now, period(&before).1, false))
                .collect();
        }
        let after = self.change("subscription", id, None, |one| {
            one["items"]["data"] = items.into();
            one["billing_cycle_anchor"] = now.into();
            let (interval, every) = cycle(one);
            let end = calendar::next(now, &interval, every, now);
            set_period(one, now, end);
        });
        lines.extend(self.lines_of(&after, false));
        self.bill_change(id, &before, &after, lines, shift)
    }

    /// Bills a change at once; who does not pay keeps, waits for or loses what was changed, as was asked.
    fn bill_change(&mut self, id: &str, before: &Value, after: &Value, lines: Vec<Line>, shift: &Shift) -> Outcome<()> {
        let invoice = self.bill(id, "subscription_update", lines);
        if shift.pay {
            self.finalize(&invoice);
        }
        if !shift.pay || shift.behavior == "default_incomplete" {
            self.tell_change(id, before);
            return Ok(());
        }
        let pending = shift.behavior == "pending_if_incomplete";
        let dunning = shift.behavior == "allow_incomplete";
        let verdict = self.attempt(&invoice, &Attempt { method: None, owner: false, dunning });
        if verdict != Verdict::Pays && shift.behavior == "error_if_incomplete" {
            return Err(verdict.problem());
        }
        if verdict != Verdict::Pays && pending {
            let expires = self.now() + 23 * 3_600;
            let held = json!({ "items": after["items"], "billing_cycle_anchor": after["billing_cycle_anchor"] });
            self.change("subscription", id, None, |one| {
                for field in ["items", "billing_cycle_anchor"] {
                    one[field] = before[field].clone();
                }
                one["pending_update"] = json!({ "billing_cycle_anchor": null, "discounts": null, "expires_at": expires,
                    "metadata": null, "subscription_items": after["items"]["data"], "trial_end": null, "trial_from_plan": null });
            });
            self.waiting.insert(invoice, (id.to_owned(), held));
        }
        self.tell_change(id, before);
        Ok(())
    }

    fn tell_change(&mut self, id: &str, before: &Value) {
        let Some(after) = self.objects.get("subscription", id).cloned() else { return };
        let fields = ["items", "billing_cycle_anchor", "latest_invoice", "status", "pending_update"];
        let previous: serde_json::Map<String, Value> = fields
            .iter()
            .filter(|field| before[**field] != after[**field])
            .map(|field| ((*field).to_owned(), before[*field].clone()))
            .collect();
        if !previous.is_empty() {
            self.emit("customer.subscription.updated", &after, Some(Value::Object(previous)));
        }
    }

    /// What is given back of the old items and billed of the new, from a moment to the end of the period.
    pub(super) fn differences(&self, before: &Value, items: &[Value], moment: i64, end: i64) -> Vec<Line> {
        let same = |a: &Value, b: &Value| {
            a["id"] == b["id"] && a["price"]["id"] == b["price"]["id"] && a["quantity"] == b["quantity"]
        };
        let old = data(before, "items");
        let back = old.iter().filter(|item| !items.iter().any(|other| same(item, other)));
        let billed = items.iter().filter(|item| !old.iter().any(|other| same(item, other)));
        let mut lines: Vec<Line> = back.filter_map(|item| self.part(before, item, moment, end, false)).collect();
        lines.extend(billed.filter_map(|item| self.part(before, item, moment, end, true)));
        lines
    }

    /// One item's part of the current period: given back, or billed; nothing for nothing.
    pub(super) fn part(&self, subscription: &Value, item: &Value, moment: i64, end: i64, bill: bool) -> Option<Line> {
        let price = self.objects.get("price", text(&item["price"], "id"))?.clone();
        let quantity = int(item, "quantity");
        let whole = unit_amount(&price, text(subscription, "currency"))? * quantity;
        let amount = proration::left(whole, period(subscription).0, end, moment);
        let name =
            self.objects.get("product", text(&price, "product")).map(|one| text(one, "name")).unwrap_or_default();
        let interval = text(&price["recurring"], "interval");
        let (amount, what) = if bill { (amount, "Remaining time") } else { (-amount, "Unused time") };
        (whole != 0).then(|| Line {
            amount,
            description: format!("{what} on {quantity} × {name} (per {interval})"),
            price: price.clone(),
            quantity,
            period: (moment, end),
            proration: true,
            item: text(item, "id").to_owned(),
            pending: None,
        })
    }
}
