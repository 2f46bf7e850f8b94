//! Subscriptions: how they begin, and their list. What changes them is in [`super::changes`], [`super::renewal`] and
//! [`super::ending`].

use super::Stripe;
use super::calendar::{self, DAY};
use super::cards::Verdict;
use super::catalogue::{plan_of, unit_amount};
use super::invoices::Line;
use super::listing::{self, Page};
use super::params::Params;
use super::payments::Attempt;
use super::problem::{Outcome, Problem};
use super::template::{self, data, id, int, list, text};
use serde_json::{Value, json};

/// Filters of the list.
pub const FILTERS: [&str; 4] = ["customer", "status", "price", "collection_method"];
/// What making one takes.
pub const SUBSCRIPTION: [&str; 22] = [
    "customer",
    "items.*.price",
    "items.*.quantity",
    "items.*.metadata.*",
    "currency",
    "metadata.*",
    "description",
    "default_payment_method",
    "payment_behavior",
    "proration_behavior",
    "cancel_at_period_end",
    "cancel_at",
    "trial_end",
    "trial_period_days",
    "trial_settings.end_behavior.missing_payment_method",
    "discounts.*.coupon",
    "discounts.*.promotion_code",
    "off_session",
    "collection_method",
    "automatic_tax.enabled",
    "payment_settings.save_default_payment_method",
    "billing_mode.type",
];
/// A trial's end is told so long before.
pub const NOTICE: i64 = 3 * DAY;

/// What a new subscription is made of.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// Whose it is.
    pub customer: String,
    /// Prices and how many of each.
    pub items: Vec<(String, i64)>,
    /// Lower-case letters of ISO 4217; that of the first price where empty.
    pub currency: String,
    /// Free words.
    pub metadata: Value,
    /// When its trial ends.
    pub trial_end: Option<i64>,
    /// By what it is paid.
    pub method: Option<String>,
    /// Coupons with the promotion codes that led to them.
    pub discounts: Vec<(String, Option<String>)>,
    /// Whether tax is computed.
    pub tax: bool,
    /// `create_invoice`, `cancel` or `pause` at the end of a trial without a card.
    pub without_card: Option<String>,
}

/// How the first invoice is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// At once; a failure leaves it incomplete.
    Attempt {
        /// Whether the owner of the card is there to confirm.
        owner: bool,
    },
    /// Not yet: it waits, incomplete.
    Wait,
    /// In some days: it is active until then.
    Later,
}

/// Whether nothing will ever happen to it again.
pub fn is_over(subscription: &Value) -> bool {
    ["canceled", "incomplete_expired"].contains(&text(subscription, "status"))
}

/// The one item's interval and how many of them a period has.
pub fn cycle(subscription: &Value) -> (String, i64) {
    let recurring =
        &data(subscription, "items").first().map(|item| item["price"]["recurring"].clone()).unwrap_or_default();
    (text(recurring, "interval").to_owned(), int(recurring, "interval_count").max(1))
}

/// The period that is paid for, or being paid for.
pub fn period(subscription: &Value) -> (i64, i64) {
    data(subscription, "items")
        .first()
        .map_or((0, 0), |item| (int(item, "current_period_start"), int(item, "current_period_end")))
}

/// Sets the period of every item.
pub fn set_period(subscription: &mut Value, start: i64, end: i64) {
    for item in subscription["items"]["data"].as_array_mut().into_iter().flatten() {
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
    }
}

impl Stripe {
    /// An item of a subscription, for a period.
    pub(super) fn new_item(&self, subscription: &str, price: &Value, quantity: i64, (start, end): (i64, i64)) -> Value {
        let mut item = template::of("subscription_item");
        item["id"] = id("si_").into();
        item["created"] = self.now().into();
        item["subscription"] = subscription.into();
        item["quantity"] = quantity.into();
        item["price"] = shown(price);
        item["plan"] = plan_of(price);
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
        item
    }

    /// Begins a subscription. With [`First::Attempt`] the verdict on the first payment comes with it.
    pub(super) fn begin(&mut self, new: &Beginning, first: First) -> Outcome<(String, Verdict)> {
        let prices: Vec<(Value, i64)> = new
            .items
            .iter()
            .map(|(price, quantity)| Ok((self.price(price, "items[0][price]")?, *quantity)))
            .collect::<Outcome<_>>()?;
        let Some((lead, _)) = prices.first() else { return Err(Problem::required("items")) };
        let currency = if new.currency.is_empty() { text(lead, "currency").to_owned() } else { new.currency.clone() };
        for (price, _) in &prices {
            if unit_amount(price, &currency).is_none() {
                return Err(Problem::rule(format!(
                    "The price specified only supports `{}`. This doesn't match the expected currency: `{currency}`.",
                    text(price, "currency")
                )));
            }
            if ["interval", "interval_count"]
                .iter()
                .any(|field| price["recurring"][*field] != lead["recurring"][*field])
            {
                return Err(Problem::rule(
                    "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`.",
                ));
            }
        }
        self.settle_currency(&new.customer, &currency)?;
        let now = self.now();
        let subscription_id = id("sub_");
        let trial = new.trial_end.filter(|end| *end > now);
        let (interval, every) =
            (text(&lead["recurring"], "interval").to_owned(), int(&lead["recurring"], "interval_count"));
        let end = trial.unwrap_or_else(|| calendar::next(now, &interval, every, now));
        let items =
            prices.iter().map(|(price, quantity)| self.new_item(&subscription_id, price, *quantity, (now, end)));
        let items: Vec<Value> = items.collect();
        let mut subscription = template::of("subscription");
        subscription["id"] = subscription_id.as_str().into();
        subscription["customer"] = new.customer.as_str().into();
        subscription["created"] = now.into();
        subscription["start_date"] = now.into();
        subscription["billing_cycle_anchor"] = trial.unwrap_or(now).into();
        subscription["currency"] = currency.as_str().into();
        subscription["metadata"] = if new.metadata.is_object() { new.metadata.clone() } else { json!({}) };
        subscription["default_payment_method"] = new.method.as_deref().into();
        subscription["automatic_tax"]["enabled"] = new.tax.into();
        subscription["items"] = list(&format!("/v1/subscription_items?subscription={subscription_id}"), items);
        subscription["status"] = if trial.is_some() { "trialing" } else { "incomplete" }.into();
        if let Some(act) = &new.without_card {
            subscription["trial_settings"]["end_behavior"]["missing_payment_method"] = act.as_str().into();
        }
        if let Some(end) = trial {
            subscription["trial_start"] = now.into();
            subscription["trial_end"] = end.into();
        }
        let mut discounts = Vec::new();
        for (coupon, promotion) in &new.discounts {
            discounts.push(self.new_discount(&new.customer, &subscription_id, coupon, promotion.as_deref())?);
        }
        subscription["discounts"] = discounts.into();
        self.objects.insert(subscription.clone());
        let lines = self.lines_of(&subscription, trial.is_some());
        let invoice = self.bill(&subscription_id, "subscription_create", lines);
        let mut created = self.need("subscription", &subscription_id, "id")?;
        if first == First::Later && trial.is_none() {
            created = self.change("subscription", &subscription_id, None, |one| one["status"] = "active".into());
        }
        self.emit("customer.subscription.created", &created, None);
        self.finalize(&invoice);
        let verdict = match first {
            First::Attempt { owner } => self.attempt(&invoice, &Attempt { method: None, owner, dunning: false }),
            First::Wait | First::Later => Verdict::Pays,
        };
        if trial.is_some_and(|end| end - now <= NOTICE) {
            self.tell_trial_end(&subscription_id);
        }
        Ok((subscription_id, verdict))
    }

    /// The lines of a whole period; a trial's cost nothing.
    pub(super) fn lines_of(&self, subscription: &Value, trial: bool) -> Vec<Line> {
        let period = period(subscription);
        let currency = text(subscription, "currency");
        let line = |item: &Value| {
            let price = self.objects.get("price", text(&item["price"], "id")).cloned().unwrap_or_default();
            let quantity = int(item, "quantity");
            let amount = if trial { 0 } else { unit_amount(&price, currency).unwrap_or_default() * quantity };
            let name =
                self.objects.get("product", text(&price, "product")).map(|one| text(one, "name")).unwrap_or_default();
            let description = if trial {
                format!("Trial period for {name}")
            } else {
                format!("{quantity} × {name} (per {})", text(&price["recurring"], "interval"))
            };
            Line {
                amount,
                description,
                price,
                quantity,
                period,
                proration: false,
                item: text(item, "id").to_owned(),
                pending: None,
            }
        };
        data(subscription, "items").iter().map(line).collect()
    }

    pub(super) fn create_subscription(&mut self, params: &Params) -> Outcome {
        let customer = params.needed("customer")?.to_owned();
        self.customer(&customer, "customer")?;
        let items = params.list("items");
        if items.is_empty() {
            return Err(Problem::required("items"));
        }
        let mut new = Beginning { customer: customer.clone(), ..Beginning::default() };
        for (place, item) in items.iter().enumerate() {
            let quantity = item.int("quantity")?.unwrap_or(1);
            let price = self.price(item.needed("price")?, &format!("items[{place}][price]"))?;
            new.items.push((text(&price, "id").to_owned(), quantity));
        }
        new.currency = params.word("currency").unwrap_or_default().to_owned();
        params.metadata("metadata", &mut new.metadata);
        new.trial_end = self.trial_end(params, "trial_period_days", "trial_end")?;
        new.discounts = self.given_discounts(params)?;
        new.tax = params.flag("automatic_tax.enabled")?.unwrap_or(false);
        new.without_card = params.word("trial_settings.end_behavior.missing_payment_method").map(str::to_owned);
        if let Some(method) = params.word("default_payment_method") {
            new.method = Some(self.payment_method_of(&customer, method, "default_payment_method")?);
        }
        let behaviors = ["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"];
        let behavior = params.one_of("payment_behavior", &behaviors)?.unwrap_or("allow_incomplete");
        let first = if behavior == "default_incomplete" { First::Wait } else { First::Attempt { owner: false } };
        let found = self.customer(&customer, "customer")?;
        let pays = new.method.is_some() || found["invoice_settings"]["default_payment_method"].is_string();
        if first != First::Wait && !pays && new.trial_end.is_none() {
            return Err(Problem::rule(
                "This customer has no attached payment source or default payment method. Please consider adding a default payment method.",
            ));
        }
        let (id, verdict) = self.begin(&new, first)?;
        if behavior == "error_if_incomplete" && verdict != Verdict::Pays {
            return Err(verdict.problem());
        }
        if params.has("cancel_at_period_end") || params.has("cancel_at") || params.has("description") {
            let rest = Params(json!({ "cancel_at_period_end": params.text("cancel_at_period_end").unwrap_or("false"),
                "cancel_at": params.text("cancel_at"), "description": params.text("description") }));
            self.set_plain(&id, &rest)?;
        }
        self.need("subscription", &id, "id")
    }

    /// The end of a trial as parameters tell it: in days, or as a moment, or `now`.
    pub(super) fn trial_end(&self, params: &Params, days: &str, end: &str) -> Outcome<Option<i64>> {
        if params.word(end) == Some("now") {
            return Ok(None);
        }
        if let Some(end) = params.int(end)? {
            return Ok(Some(end));
        }
        match params.int(days)? {
            Some(given) if !(1..=730).contains(&given) => Err(Problem::invalid(
                "parameter_invalid_integer",
                "The minimum number of trial period days is 1.",
                days,
            )),
            given => Ok(given.map(|given| self.now() + given * DAY)),
        }
    }

    pub(super) fn given_discounts(&self, params: &Params) -> Outcome<Vec<(String, Option<String>)>> {
        let one = |one: &Params| {
            if let Some(promotion) = one.word("promotion_code") {
                let found = self.need("promotion_code", promotion, "discounts[0][promotion_code]")?;
                return Ok((text(&found["promotion"], "coupon").to_owned(), Some(promotion.to_owned())));
            }
            let coupon = one.needed("coupon")?;
            self.need("coupon", coupon, "discounts[0][coupon]")?;
            Ok((coupon.to_owned(), None))
        };
        params.list("discounts").iter().map(one).collect()
    }

    pub(super) fn list_subscriptions(&self, params: &Params) -> Outcome {
        if let Some(customer) = params.word("customer") {
            self.need("customer", customer, "customer")?;
        }
        let status = params.word("status");
        let matches = |one: &Value| {
            let of = text(one, "status");
            let wanted = match status {
                None => of != "canceled" && of != "incomplete_expired",
                Some("all") => true,
                Some("ended") => is_over(one),
                Some(wanted) => of == wanted,
            };
            wanted
                && ["customer", "collection_method"]
                    .iter()
                    .all(|name| params.word(name).is_none_or(|wanted| one[*name] == wanted))
                && params
                    .word("price")
                    .is_none_or(|price| data(one, "items").iter().any(|item| item["price"]["id"] == price))
        };
        let page = Page { kind: "subscription", url: "/v1/subscriptions" };
        listing::page(self.objects.all("subscription").rev(), matches, params, &page)
    }
}

/// A price as it stands within other objects: without what is shown only where it is asked for.
pub fn shown(price: &Value) -> Value {
    let mut shown = price.clone();
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("currency_options");
    }
    shown
}
