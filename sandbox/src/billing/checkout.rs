//! What a person does on the page of a checkout session. These are the functions that a test calls in place of clicks.

use super::Stripe;
use super::calendar::DAY;
use super::cards::{Card, Verdict};
use super::problem::{Outcome, Problem};
use super::subscriptions::{Beginning, First};
use super::template::{int, text};
use super::timeline::LATER;
use serde_json::{Value, json};

impl Stripe {
    /// Pays with a card. Gives the address that the browser goes to (`success_url`), or why the card does not pay; one
    /// that asks for its owner fails with `authentication_required`, then [`Stripe::confirm`] or [`Stripe::refuse`].
    pub fn pay(&mut self, session: &str, card: Card) -> Outcome<String> {
        self.whole(|stripe| stripe.finish(session, Some(card), false, false))
    }

    /// Pays with a card whose owner confirms (3-D Secure).
    pub fn confirm(&mut self, session: &str, card: Card) -> Outcome<String> {
        self.whole(|stripe| stripe.finish(session, Some(card), true, false))
    }

    /// The owner does not confirm: the session stays open.
    pub fn refuse(&self, session: &str) -> Problem {
        if let Err(problem) = self.open_session(session) {
            return problem;
        }
        Problem::card(
            "payment_intent_authentication_failure",
            None,
            "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
        )
    }

    /// Takes the trial without a card, where the session does not ask for one.
    pub fn start_trial(&mut self, session: &str) -> Outcome<String> {
        self.whole(|stripe| stripe.finish(session, None, false, false))
    }

    /// Pays in a way whose money comes in three days, or by [`Stripe::settle`]. The subscription is active until then,
    /// the session's `payment_status` is `unpaid`.
    pub fn pay_later(&mut self, session: &str) -> Outcome<String> {
        self.whole(|stripe| stripe.finish(session, Some(Card::PAYS), true, true))
    }

    /// The money of a session that was paid later comes, or does not.
    pub fn settle(&mut self, session: &str, comes: bool) -> Outcome<()> {
        let found = self.need("checkout.session", session, "id")?;
        if found["status"] != "complete" || found["payment_status"] != "unpaid" {
            return Err(Problem::rule("This session does not wait for money."));
        }
        if let Some(order) = self.orders.get_mut(session) {
            order.settles = None;
        }
        let invoice = text(&found, "invoice").to_owned();
        if self.objects.get("invoice", &invoice).is_none_or(|one| one["status"] != "open") {
            return Err(Problem::rule("The invoice of this session is no longer open."));
        }
        let due = self.objects.get("invoice", &invoice).map(|one| int(one, "amount_due")).unwrap_or_default();
        let method = self.intent_of(&invoice).and_then(|intent| {
            self.objects.get("payment_intent", &intent)?["payment_method"].as_str().map(str::to_owned)
        });
        if comes {
            self.record_attempt(&invoice, method.as_deref(), Verdict::Pays);
            self.paid(&invoice, due);
            let paid = self.change("checkout.session", session, None, |one| one["payment_status"] = "paid".into());
            self.emit("checkout.session.async_payment_succeeded", &paid, None);
        } else {
            self.record_attempt(&invoice, method.as_deref(), Verdict::Declined("generic_decline"));
            self.emit("checkout.session.async_payment_failed", &found, None);
            let open = self.change("invoice", &invoice, None, |one| one["attempt_count"] = 1.into());
            self.emit("invoice.payment_failed", &open, None);
            let subscription = text(&found, "subscription").to_owned();
            self.change("subscription", &subscription, Some("customer.subscription.updated"), |one| {
                one["status"] = "past_due".into();
            });
        }
        Ok(())
    }

    /// Enters a promotion code; the session shows the smaller amount.
    pub fn enter_code(&mut self, session: &str, code: &str) -> Outcome<()> {
        let found = self.open_session(session)?;
        if found["allow_promotion_codes"] != true {
            return Err(Problem::rule("This session does not take promotion codes."));
        }
        let promotion = self.redeemable(code, text(&found, "customer"))?;
        let coupon = text(&promotion["promotion"], "coupon").to_owned();
        let promotion_id = text(&promotion, "id").to_owned();
        if let Some(order) = self.orders.get_mut(session) {
            order.discounts = vec![(coupon.clone(), Some(promotion_id.clone()))];
        }
        let total = int(&found, "amount_subtotal");
        let off = self.objects.get("coupon", &coupon).map(|coupon| match coupon["percent_off"].as_f64() {
            Some(percent) => super::proration::share(total, (percent * 100.0).round() as i64, 10_000),
            None if coupon["currency"] == found["currency"] => int(coupon, "amount_off").min(total),
            None => 0,
        });
        let off = off.unwrap_or_default();
        self.change("checkout.session", session, None, |one| {
            one["amount_total"] = (total - off).into();
            one["total_details"]["amount_discount"] = off.into();
            one["discounts"] = json!([{ "coupon": coupon, "promotion_code": promotion_id }]);
        });
        Ok(())
    }

    /// Where the way back leads; the session stays open.
    pub fn back(&self, session: &str) -> Option<String> {
        self.objects.get("checkout.session", session)?["cancel_url"].as_str().map(str::to_owned)
    }

    fn open_session(&self, session: &str) -> Outcome {
        let found = self.need("checkout.session", session, "id")?;
        match text(&found, "status") {
            "open" => Ok(found),
            "complete" => Err(Problem::rule("You have already completed this Checkout Session.")),
            _ => Err(Problem::rule("This Checkout Session has expired.")),
        }
    }

    fn finish(&mut self, session: &str, card: Option<Card>, owner: bool, later: bool) -> Outcome<String> {
        let found = self.open_session(session)?;
        let order = self.orders.get(session).cloned().unwrap_or_default();
        let now = self.now();
        let trial_end = order.trial_end.or(order.trial_days.map(|days| now + days * DAY));
        if card.is_none() && (trial_end.is_none() || found["payment_method_collection"] != "if_required") {
            return Err(Problem::rule("This session asks for a card."));
        }
        // Asked before anything is made: a card that does not pay leaves the session as it was.
        match card {
            Some(Card::DECLINED) => return Err(Verdict::Declined("generic_decline").problem()),
            Some(Card::NO_FUNDS) => return Err(Verdict::Declined("insufficient_funds").problem()),
            Some(Card::ASKS_ONCE | Card::ASKS_ALWAYS) if !owner => {
                return Err(Problem::card(
                    "authentication_required",
                    Some("authentication_required"),
                    "This card asks its owner to confirm the payment.",
                ));
            }
            _ => {}
        }
        let email = found["customer_email"].as_str().unwrap_or("payer@example.com").to_owned();
        let customer = match found["customer"].as_str() {
            Some(customer) => {
                self.customer(customer, "customer")?;
                customer.to_owned()
            }
            None => {
                let fields = super::params::Params(json!({ "email": email }));
                text(&self.create_customer(&fields)?, "id").to_owned()
            }
        };
        let email = self.customer(&customer, "customer")?["email"].as_str().map(str::to_owned);
        let method = card.map(|card| self.new_payment_method(&customer, card, email.as_deref()));
        // A trial puts the card on file without a payment; else the first payment does.
        if let Some(method) = method.as_deref().filter(|_| trial_end.is_some()) {
            self.agree(method);
        }
        let collects = found["billing_address_collection"] == "required";
        let address = collects.then(|| json!({ "city": "Berlin", "country": "DE", "line1": "Hafenstraße 1", "line2": null, "postal_code": "10115", "state": null }));
        if order.updates_customer
            && let Some(address) = &address
        {
            self.change("customer", &customer, Some("customer.updated"), |one| {
                one["address"] = address.clone();
                if one["name"].is_null() {
                    one["name"] = "Mira Okafor".into();
                }
            });
        }
        let new = Beginning {
            customer: customer.clone(),
            items: order.items,
            currency: text(&found, "currency").to_owned(),
            metadata: order.metadata,
            trial_end,
            method,
            discounts: order.discounts,
            tax: found["automatic_tax"]["enabled"] == true,
            without_card: order.without_card,
        };
        let first = if later { First::Later } else { First::Attempt { owner } };
        let (subscription, _) = self.begin(&new, first)?;
        let invoice = self.need("subscription", &subscription, "id")?["latest_invoice"].clone();
        let of_invoice = self.need("invoice", invoice.as_str().unwrap_or_default(), "id")?;
        if later && trial_end.is_none() {
            self.promise(session, &of_invoice, new.method.as_deref());
        }
        let status = match (later && trial_end.is_none(), int(&of_invoice, "amount_due")) {
            (true, _) => "unpaid",
            (false, 0) => "no_payment_required",
            (false, _) => "paid",
        };
        let named = self.customer(&customer, "customer")?;
        let complete = self.change("checkout.session", session, None, |one| {
            one["status"] = "complete".into();
            one["payment_status"] = status.into();
            one["url"] = Value::Null;
            one["customer"] = customer.into();
            one["subscription"] = subscription.into();
            one["invoice"] = invoice;
            one["amount_total"] = of_invoice["total"].clone();
            let mut details = json!({ "email": email, "name": named["name"], "phone": null, "tax_exempt": "none", "tax_ids": [],
                "address": address, "business_name": null, "individual_name": null });
            if one["tax_id_collection"]["enabled"] == true {
                details["tax_ids"] = json!([{ "type": "eu_vat", "value": "DE123456789" }]);
            }
            one["customer_details"] = details;
        });
        self.emit("checkout.session.completed", &complete, None);
        Ok(text(&complete, "success_url").replace("{CHECKOUT_SESSION_ID}", session))
    }

    /// The payment is under way: it is neither there nor failed.
    fn promise(&mut self, session: &str, invoice: &Value, method: Option<&str>) {
        let settles = self.now() + LATER;
        if let Some(order) = self.orders.get_mut(session) {
            order.settles = Some(settles);
        }
        if let Some(intent) = self.intent_of(text(invoice, "id")) {
            let processing = self.change("payment_intent", &intent, None, |one| {
                one["status"] = "processing".into();
                one["payment_method"] = method.into();
            });
            self.emit("payment_intent.processing", &processing, None);
        }
    }
}

/// An amount in minor units for people: JPY has no decimals, KWD three.
pub fn money(amount: i64, currency: &str) -> String {
    let decimals: u32 = match currency {
        "jpy" | "krw" | "vnd" | "clp" => 0,
        "kwd" | "bhd" | "jod" | "omr" | "tnd" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(decimals);
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, part) = (amount.abs() / unit, amount.abs() % unit);
    let code = currency.to_uppercase();
    if decimals == 0 {
        format!("{sign}{code} {whole}")
    } else {
        format!("{sign}{code} {whole}.{part:0width$}", width = usize::try_from(decimals).unwrap_or(2))
    }
}
