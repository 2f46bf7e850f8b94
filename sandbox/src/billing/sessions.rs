//! Checkout sessions: made, read, listed, expired. What their page does is in [`super::checkout`].

use super::Stripe;
use super::calendar::DAY;
use super::catalogue::unit_amount;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{self, id, int, list, text};
use serde_json::{Value, json};

/// What making one takes.
pub const SESSION: [&str; 42] = [
    "mode",
    "ui_mode",
    "customer",
    "customer_email",
    "client_reference_id",
    "currency",
    "locale",
    "success_url",
    "cancel_url",
    "expires_at",
    "metadata.*",
    "line_items.*.price",
    "line_items.*.quantity",
    "line_items.*.adjustable_quantity.enabled",
    "line_items.*.adjustable_quantity.minimum",
    "line_items.*.adjustable_quantity.maximum",
    "allow_promotion_codes",
    "discounts.*.coupon",
    "discounts.*.promotion_code",
    "automatic_tax.enabled",
    "tax_id_collection.enabled",
    "tax_id_collection.required",
    "billing_address_collection",
    "phone_number_collection.enabled",
    "customer_update.address",
    "customer_update.name",
    "customer_update.shipping",
    "payment_method_types.*",
    "payment_method_collection",
    "payment_method_options.card.request_three_d_secure",
    "submit_type",
    "consent_collection.terms_of_service",
    "saved_payment_method_options.payment_method_save",
    "subscription_data.metadata.*",
    "subscription_data.description",
    "subscription_data.trial_period_days",
    "subscription_data.trial_end",
    "subscription_data.trial_settings.end_behavior.missing_payment_method",
    "subscription_data.billing_mode.type",
    "subscription_data.proration_behavior",
    "custom_text.submit.message",
    "adaptive_pricing.enabled",
];
/// Filters of the list.
pub const FILTERS: [&str; 4] = ["customer", "status", "subscription", "payment_intent"];

/// What a session remembers that the API does not show: how the subscription will begin.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Prices and how many of each.
    pub items: Vec<(String, i64)>,
    /// Metadata of the subscription.
    pub metadata: Value,
    /// Days of trial.
    pub trial_days: Option<i64>,
    /// End of the trial.
    pub trial_end: Option<i64>,
    /// Coupon and promotion code.
    pub discounts: Vec<(String, Option<String>)>,
    /// At the end of a trial without a card.
    pub without_card: Option<String>,
    /// Whether name and address go to the customer.
    pub updates_customer: bool,
    /// When the money comes, where it comes later.
    pub settles: Option<i64>,
}

impl Stripe {
    pub(super) fn create_session(&mut self, params: &Params) -> Outcome {
        let mode = params.needed("mode")?;
        if mode != "subscription" {
            return Err(Problem::rule("Only mode=subscription is played here."));
        }
        let success = params.needed("success_url")?.to_owned();
        for name in ["success_url", "cancel_url"] {
            if params.word(name).is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
                return Err(Problem::invalid("url_invalid", "Not a valid URL", name));
            }
        }
        let given = params.list("line_items");
        if given.is_empty() {
            return Err(Problem::required("line_items"));
        }
        let customer = params.word("customer");
        if let Some(customer) = customer {
            self.customer(customer, "customer")?;
            if params.has("customer_email") {
                return Err(Problem::rule("You may only specify one of these parameters: customer, customer_email."));
            }
            if params.flag("tax_id_collection.enabled")? == Some(true)
                && params.word("customer_update.name") != Some("auto")
            {
                return Err(Problem::rule(
                    "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.",
                ));
            }
        } else if params.has("customer_update") {
            return Err(Problem::rule("`customer_update` can only be used with `customer`."));
        }
        if params.has("discounts") && params.flag("allow_promotion_codes")? == Some(true) {
            return Err(Problem::rule(
                "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            ));
        }
        let now = self.now();
        // A minute of grace: clocks differ.
        let good = |moment: i64| (now + 29 * 60..=now + DAY + 60).contains(&moment);
        let expires = self.by_either_clock(params.int("expires_at")?.unwrap_or(now + DAY), good);
        let expires = expires.ok_or_else(|| {
            Problem::invalid(
                "invalid_request",
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
                "expires_at",
            )
        })?;
        let mut order = Order { metadata: json!({}), ..Order::default() };
        let (mut currency, mut total) = (params.word("currency").unwrap_or_default().to_lowercase(), 0);
        for (place, item) in given.iter().enumerate() {
            let price = self.price(item.needed("price")?, &format!("line_items[{place}][price]"))?;
            if currency.is_empty() {
                text(&price, "currency").clone_into(&mut currency);
            }
            let quantity =
                item.int("quantity")?.ok_or_else(|| Problem::required(&format!("line_items[{place}][quantity]")))?;
            if quantity < 1 {
                return Err(Problem::invalid(
                    "parameter_invalid_integer",
                    "This value must be greater than or equal to 1.",
                    &format!("line_items[{place}][quantity]"),
                ));
            }
            let unit = unit_amount(&price, &currency).ok_or_else(|| {
                Problem::rule(format!("The price specified does not support the currency `{currency}`."))
            })?;
            total += unit * quantity;
            order.items.push((text(&price, "id").to_owned(), quantity));
        }
        params.metadata("subscription_data.metadata", &mut order.metadata);
        order.trial_days = params.int("subscription_data.trial_period_days")?;
        if order.trial_days.is_some_and(|days| !(1..=730).contains(&days)) {
            return Err(Problem::invalid(
                "parameter_invalid_integer",
                "The minimum number of trial period days is 1.",
                "subscription_data[trial_period_days]",
            ));
        }
        order.trial_end = params.int("subscription_data.trial_end")?;
        if order.trial_end.is_some_and(|end| end < now + 2 * DAY) {
            return Err(Problem::rule("The `trial_end` date has to be at least 2 days in the future."));
        }
        order.discounts = self.given_discounts(params)?;
        order.without_card =
            params.word("subscription_data.trial_settings.end_behavior.missing_payment_method").map(str::to_owned);
        order.updates_customer = params.word("customer_update.name") == Some("auto")
            || params.word("customer_update.address") == Some("auto");
        if let Some(customer) = customer {
            let of_customer = self.customer(customer, "customer")?;
            if of_customer["currency"].as_str().is_some_and(|other| other != currency) {
                self.settle_currency(customer, &currency)?;
            }
        }
        let mut session = template::of("checkout.session");
        let session_id = id("cs_test_");
        session["id"] = session_id.as_str().into();
        session["created"] = now.into();
        session["expires_at"] = expires.into();
        session["url"] = format!("https://checkout.stripe.com/c/pay/{session_id}").into();
        session["success_url"] = success.into();
        session["currency"] = currency.into();
        session["amount_subtotal"] = total.into();
        session["amount_total"] = total.into();
        for name in [
            "customer",
            "customer_email",
            "client_reference_id",
            "cancel_url",
            "locale",
            "billing_address_collection",
            "submit_type",
        ] {
            session[name] = params.word(name).into();
        }
        session["allow_promotion_codes"] = params.flag("allow_promotion_codes")?.into();
        session["automatic_tax"]["enabled"] = params.flag("automatic_tax.enabled")?.unwrap_or(false).into();
        session["phone_number_collection"]["enabled"] =
            params.flag("phone_number_collection.enabled")?.unwrap_or(false).into();
        if let Some(enabled) = params.flag("tax_id_collection.enabled")? {
            session["tax_id_collection"] =
                json!({ "enabled": enabled, "required": params.word("tax_id_collection.required").unwrap_or("never") });
        }
        let collection = params.one_of("payment_method_collection", &["always", "if_required"])?;
        session["payment_method_collection"] = collection.unwrap_or("always").into();
        session["customer_creation"] = if customer.is_some() { Value::Null } else { "always".into() };
        params.metadata("metadata", &mut session["metadata"]);
        self.orders.insert(session_id.clone(), order);
        self.objects.insert(session.clone());
        Ok(session)
    }

    pub(super) fn list_sessions(&self, params: &Params) -> Outcome {
        if let Some(customer) = params.word("customer") {
            self.need("customer", customer, "customer")?;
        }
        let matches =
            |one: &Value| FILTERS.iter().all(|name| params.word(name).is_none_or(|wanted| one[*name] == wanted));
        let page = Page { kind: "checkout.session", url: "/v1/checkout/sessions" };
        listing::page(self.objects.all("checkout.session").rev(), matches, params, &page)
    }

    /// `POST /v1/checkout/sessions/{id}/expire`.
    pub(super) fn expire(&mut self, id: &str) -> Outcome {
        let found = self.need("checkout.session", id, "id")?;
        if found["status"] != "open" {
            return Err(Problem::rule(format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{}`.",
                text(&found, "status")
            )));
        }
        self.expire_session(id);
        self.need("checkout.session", id, "id")
    }

    /// An open session ends.
    pub(super) fn expire_session(&mut self, id: &str) {
        let expired = self.change("checkout.session", id, None, |one| {
            one["status"] = "expired".into();
            one["url"] = Value::Null;
        });
        self.emit("checkout.session.expired", &expired, None);
    }

    /// When the money of a session comes that was paid later.
    pub(super) fn settles_at(&self, id: &str) -> Option<i64> {
        self.orders.get(id)?.settles
    }

    /// `GET /v1/checkout/sessions/{id}/line_items`.
    pub(super) fn line_items(&self, id: &str) -> Outcome {
        let session = self.need("checkout.session", id, "id")?;
        let items = self.orders.get(id).map(|order| order.items.clone()).unwrap_or_default();
        let rows = items.iter().map(|(price, quantity)| {
            let price = self.objects.get("price", price).cloned().unwrap_or_default();
            let amount = unit_amount(&price, text(&session, "currency")).unwrap_or_default() * quantity;
            let name =
                self.objects.get("product", text(&price, "product")).map(|one| text(one, "name")).unwrap_or_default();
            let mut row = template::of("item");
            row["id"] = format!("li_{}", text(&price, "id")).into();
            row["description"] = name.into();
            row["quantity"] = (*quantity).into();
            row["currency"] = session["currency"].clone();
            row["amount_subtotal"] = amount.into();
            row["amount_total"] = amount.into();
            row["price"] = super::subscriptions::shown(&price);
            row
        });
        Ok(list(&format!("/v1/checkout/sessions/{id}/line_items"), rows.collect()))
    }

    /// A price's product and the amount of a session, for its page.
    pub fn summary(&self, id: &str) -> Option<(String, i64, String)> {
        let rows = self.line_items(id).ok()?;
        let rows = rows["data"].as_array()?;
        let words: Vec<String> = rows
            .iter()
            .map(|row| {
                let every = text(&row["price"]["recurring"], "interval");
                format!("{} × {}, every {every}", int(row, "quantity"), text(row, "description"))
            })
            .collect();
        let total = rows.iter().map(|row| int(row, "amount_total")).sum();
        Some((words.join(" and "), total, text(self.objects.get("checkout.session", id)?, "currency").to_owned()))
    }
}
