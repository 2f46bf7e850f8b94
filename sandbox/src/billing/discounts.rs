//! Coupons and promotion codes at work: what they take off the lines of an invoice, in whole minor units.

use super::problem::{Outcome, Problem};
use super::proration::share;
use super::template::{self, id, int, text};
use super::{Stripe, calendar};
use serde_json::{Value, json};

impl Stripe {
    /// The promotion code that a person typed, when it may be used.
    pub(super) fn redeemable(&self, code: &str, customer: &str) -> Outcome {
        let found = self.objects.all("promotion_code").find(|one| text(one, "code").eq_ignore_ascii_case(code.trim()));
        let wrong = || Problem::invalid("promotion_code_invalid", "This code is invalid.", "promotion_code");
        let promotion = found.cloned().ok_or_else(wrong)?;
        let over = promotion["expires_at"].as_i64().is_some_and(|end| end <= self.now());
        let used = promotion["max_redemptions"].as_i64().is_some_and(|most| int(&promotion, "times_redeemed") >= most);
        let other = promotion["customer"].as_str().is_some_and(|one| one != customer);
        let first_only = promotion["restrictions"]["first_time_transaction"] == true;
        let paid_before = self.objects.having("invoice", "customer", customer).any(|one| int(one, "amount_paid") > 0);
        if promotion["active"] != true || over || used || other || (first_only && paid_before) {
            return Err(wrong());
        }
        Ok(promotion)
    }

    /// A discount of a subscription by a coupon, and by the promotion code that led to it.
    pub(super) fn new_discount(
        &mut self,
        customer: &str,
        subscription: &str,
        coupon: &str,
        promotion: Option<&str>,
    ) -> Outcome<String> {
        let found = self.need("coupon", coupon, "discounts[0][coupon]")?;
        let mut discount = template::of("discount");
        let id = id("di_");
        discount["id"] = id.as_str().into();
        discount["customer"] = customer.into();
        discount["subscription"] = subscription.into();
        discount["promotion_code"] = promotion.into();
        discount["source"]["coupon"] = coupon.into();
        discount["start"] = self.now().into();
        if found["duration"] == "repeating" {
            discount["end"] = calendar::step(self.now(), "month", int(&found, "duration_in_months")).into();
        }
        self.objects.insert(discount.clone());
        let redeem = |one: &mut Value| one["times_redeemed"] = (int(one, "times_redeemed") + 1).into();
        self.change("coupon", coupon, None, redeem);
        if let Some(promotion) = promotion {
            self.change("promotion_code", promotion, None, redeem);
        }
        self.emit("customer.discount.created", &discount, None);
        Ok(id)
    }

    /// What each discount takes off each line: (discount, amounts by line). A percentage is taken of every line, credits
    /// of a proration too; a fixed amount is taken from the lines in their order, never below nothing.
    pub(super) fn taken_off(&self, discounts: &[Value], currency: &str, lines: &[i64]) -> Vec<(String, Vec<i64>)> {
        let mut left: Vec<i64> = lines.to_vec();
        let mut all = Vec::new();
        for discount in discounts.iter().filter_map(Value::as_str) {
            let Some(found) = self.objects.get("discount", discount) else { continue };
            if found["end"].as_i64().is_some_and(|end| end <= self.now()) {
                continue;
            }
            let coupon = found["source"]["coupon"].as_str().and_then(|coupon| self.objects.get("coupon", coupon));
            let Some(coupon) = coupon else { continue };
            let amounts: Vec<i64> = match coupon["percent_off"].as_f64() {
                // Percentages have two decimals at most.
                Some(percent) => {
                    left.iter().map(|amount| share(*amount, (percent * 100.0).round() as i64, 10_000)).collect()
                }
                None if coupon["currency"] == currency => {
                    let total: i64 = left.iter().sum();
                    let mut rest = int(coupon, "amount_off").min(total.max(0));
                    let take = |amount: &i64| {
                        let taken = rest.min((*amount).max(0));
                        rest -= taken;
                        taken
                    };
                    left.iter().map(take).collect()
                }
                None => vec![0; left.len()],
            };
            for (left, taken) in left.iter_mut().zip(&amounts) {
                *left -= taken;
            }
            all.push((discount.to_owned(), amounts));
        }
        all
    }

    /// Takes a subscription's discounts away that are used up: those for once after an invoice with an amount.
    pub(super) fn use_up(&mut self, subscription: &str) {
        let Some(found) = self.objects.get("subscription", subscription) else { return };
        let all = found["discounts"].as_array().cloned().unwrap_or_default();
        let stays = |id: &Value| {
            let discount = id.as_str().and_then(|id| self.objects.get("discount", id));
            let coupon = discount.and_then(|one| self.objects.get("coupon", one["source"]["coupon"].as_str()?));
            let over = discount.is_none_or(|one| one["end"].as_i64().is_some_and(|end| end <= self.now()));
            !over && coupon.is_some_and(|one| one["duration"] != "once")
        };
        let left: Vec<Value> = all.iter().filter(|id| stays(id)).cloned().collect();
        if left.len() != all.len() {
            self.change("subscription", subscription, None, |one| one["discounts"] = json!(left));
        }
    }
}
