//! What is sold: products, prices with their lookup keys, coupons and promotion codes; the first of them are there from
//! the beginning, as if somebody had made them in the dashboard.

use super::Stripe;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::template::{self, id, text};
use serde_json::{Value, json};

/// The beginning of 2026, when the seeded things were made.
const MADE: i64 = 1_767_225_600;
/// Product, name, what one unit is called, and one month's amounts in minor units: EUR, USD, GBP, JPY (no decimals), KWD
/// (three).
const SOLD: [(&str, &str, Option<&str>, [i64; 5]); 2] = [
    ("pro", "Aura Pro", None, [1_800, 1_900, 1_600, 2_900, 6_000]),
    ("team", "Aura Team", Some("seat"), [2_400, 2_600, 2_100, 3_900, 8_000]),
];
const CURRENCIES: [&str; 5] = ["eur", "usd", "gbp", "jpy", "kwd"];
/// A year costs ten months.
const MONTHS_OF_A_YEAR: i64 = 10;

/// Fields of a price that its making takes.
pub const PRICE: [&str; 13] = [
    "currency",
    "unit_amount",
    "product",
    "recurring.interval",
    "recurring.interval_count",
    "recurring.usage_type",
    "lookup_key",
    "transfer_lookup_key",
    "nickname",
    "active",
    "tax_behavior",
    "metadata.*",
    "currency_options.*.unit_amount",
];
/// Filters of the list of prices.
pub const PRICES: [&str; 6] = ["active", "lookup_keys.*", "product", "currency", "type", "recurring.interval"];
/// Fields of a product.
pub const PRODUCT: [&str; 7] = ["name", "description", "active", "id", "metadata.*", "unit_label", "tax_code"];
/// Fields of a coupon.
pub const COUPON: [&str; 9] = [
    "id",
    "duration",
    "duration_in_months",
    "percent_off",
    "amount_off",
    "currency",
    "name",
    "max_redemptions",
    "metadata.*",
];
/// Fields of a promotion code.
pub const PROMOTION_CODE: [&str; 9] = [
    "promotion.type",
    "promotion.coupon",
    "code",
    "active",
    "customer",
    "expires_at",
    "max_redemptions",
    "restrictions.first_time_transaction",
    "metadata.*",
];

/// Fills a fresh world.
pub fn seed(stripe: &mut Stripe) {
    for (key, name, unit, month) in SOLD {
        let mut product = template::of("product");
        product["id"] = format!("prod_aura_{key}").into();
        product["name"] = name.into();
        product["unit_label"] = unit.into();
        product["created"] = MADE.into();
        product["updated"] = MADE.into();
        stripe.objects.insert(product);
        for (term, interval, times) in [("monthly", "month", 1), ("yearly", "year", MONTHS_OF_A_YEAR)] {
            let mut price = template::of("price");
            price["id"] = format!("price_aura_{key}_{term}").into();
            price["lookup_key"] = format!("aura_{key}_{term}").into();
            price["product"] = format!("prod_aura_{key}").into();
            price["recurring"]["interval"] = interval.into();
            price["created"] = MADE.into();
            price["currency"] = CURRENCIES[0].into();
            set_amount(&mut price, month[0] * times);
            let options =
                CURRENCIES.iter().zip(month).map(|(currency, amount)| ((*currency).to_owned(), option(amount * times)));
            price["currency_options"] = Value::Object(options.collect());
            stripe.objects.insert(price);
        }
    }
    for (code, coupon) in [
        ("WELCOME20", json!({ "percent_off": 20.0, "duration": "once", "name": "20% off the first invoice" })),
        (
            "FRIENDS50",
            json!({ "percent_off": 50.0, "duration": "repeating", "duration_in_months": 3, "name": "Half price for 3 months" }),
        ),
        ("FIVE", json!({ "amount_off": 500, "currency": "eur", "duration": "once", "name": "€5 off" })),
    ] {
        let mut object = template::of("coupon");
        object["id"] = format!("coupon_{}", code.to_ascii_lowercase()).into();
        object["created"] = MADE.into();
        for (name, value) in coupon.as_object().into_iter().flatten() {
            object[name.as_str()] = value.clone();
        }
        let mut promotion = template::of("promotion_code");
        promotion["id"] = format!("promo_{}", code.to_ascii_lowercase()).into();
        promotion["created"] = MADE.into();
        promotion["code"] = code.into();
        promotion["promotion"]["coupon"] = object["id"].clone();
        stripe.objects.insert(object);
        stripe.objects.insert(promotion);
    }
}

fn option(amount: i64) -> Value {
    json!({ "custom_unit_amount": null, "tax_behavior": "exclusive", "unit_amount": amount, "unit_amount_decimal": amount.to_string() })
}

fn set_amount(price: &mut Value, amount: i64) {
    price["unit_amount"] = amount.into();
    price["unit_amount_decimal"] = amount.to_string().into();
}

/// The amount of one unit in a currency; none where the price is not sold in it.
pub fn unit_amount(price: &Value, currency: &str) -> Option<i64> {
    if price["currency"] == currency {
        return price["unit_amount"].as_i64();
    }
    price["currency_options"][currency]["unit_amount"].as_i64()
}

/// The older object of the same price, which items still carry.
pub fn plan_of(price: &Value) -> Value {
    let mut plan = template::of("plan");
    for field in ["id", "created", "currency", "livemode", "metadata", "nickname", "product", "active"] {
        plan[field] = price[field].clone();
    }
    plan["amount"] = price["unit_amount"].clone();
    plan["amount_decimal"] = price["unit_amount_decimal"].clone();
    for field in ["interval", "interval_count", "usage_type"] {
        plan[field] = price["recurring"][field].clone();
    }
    plan
}

impl Stripe {
    /// A price that is for sale, as a parameter names it.
    pub(super) fn price(&self, id: &str, param: &str) -> Outcome {
        let price = self.need("price", id, param)?;
        if price["active"] != true {
            return Err(Problem::rule(format!(
                "The price specified is inactive. This field only accepts active prices: {id}"
            )));
        }
        Ok(price)
    }

    pub(super) fn prices(&self, params: &Params) -> Outcome {
        let active = params.flag("active")?;
        let keys = params.words("lookup_keys");
        if keys.len() > 10 {
            return Err(Problem::rule("You may only specify up to 10 lookup keys."));
        }
        let matches = |price: &Value| {
            active.is_none_or(|active| price["active"] == active)
                && (keys.is_empty() || keys.contains(&text(price, "lookup_key")))
                && ["product", "currency", "type"]
                    .iter()
                    .all(|name| params.word(name).is_none_or(|wanted| price[*name] == wanted))
                && params.word("recurring.interval").is_none_or(|wanted| price["recurring"]["interval"] == wanted)
        };
        listing::page(self.objects.all("price").rev(), matches, params, &Page { kind: "price", url: "/v1/prices" })
    }

    pub(super) fn create_price(&mut self, params: &Params) -> Outcome {
        let mut price = template::of("price");
        price["id"] = id("price_").into();
        price["created"] = self.now().into();
        price["currency"] = params.needed("currency")?.into();
        price["product"] = self.need("product", params.needed("product")?, "product")?["id"].clone();
        let amount = params.int("unit_amount")?.ok_or_else(|| Problem::required("unit_amount"))?;
        set_amount(&mut price, amount);
        price["recurring"]["interval"] = params.needed("recurring.interval")?.into();
        if let Some(count) = params.int("recurring.interval_count")? {
            price["recurring"]["interval_count"] = count.into();
        }
        let mut options = json!({ price["currency"].as_str().unwrap_or_default(): option(amount) });
        for (currency, given) in params.at("currency_options").and_then(Value::as_object).into_iter().flatten() {
            let amount = given["unit_amount"].as_str().and_then(|text| text.parse().ok());
            options[currency.as_str()] = option(amount.ok_or_else(|| Problem::required("currency_options"))?);
        }
        price["currency_options"] = options;
        self.set_price(&mut price, params)?;
        self.objects.insert(price.clone());
        self.emit("price.created", &price, None);
        Ok(price)
    }

    pub(super) fn update_price(&mut self, id: &str, params: &Params) -> Outcome {
        let mut price = self.need("price", id, "id")?;
        self.set_price(&mut price, params)?;
        Ok(self.change("price", id, Some("price.updated"), |object| *object = price))
    }

    fn set_price(&mut self, price: &mut Value, params: &Params) -> Outcome<()> {
        if let Some(active) = params.flag("active")? {
            price["active"] = active.into();
        }
        if let Some(key) = params.word("lookup_key") {
            let holder = self.objects.having("price", "lookup_key", key).find(|other| other["id"] != price["id"]);
            if let Some(holder) = holder.map(|holder| text(holder, "id").to_owned()) {
                if params.flag("transfer_lookup_key")? != Some(true) {
                    return Err(Problem::rule(format!("A price (`{holder}`) already uses that lookup key.")));
                }
                self.change("price", &holder, Some("price.updated"), |other| other["lookup_key"] = Value::Null);
            }
            price["lookup_key"] = key.into();
        }
        if let Some(nickname) = params.text("nickname") {
            price["nickname"] = nickname.into();
        }
        params.metadata("metadata", &mut price["metadata"]);
        Ok(())
    }

    pub(super) fn products(&self, params: &Params) -> Outcome {
        let active = params.flag("active")?;
        let ids = params.words("ids");
        let matches = |product: &Value| {
            active.is_none_or(|active| product["active"] == active)
                && (ids.is_empty() || ids.contains(&text(product, "id")))
        };
        listing::page(
            self.objects.all("product").rev(),
            matches,
            params,
            &Page { kind: "product", url: "/v1/products" },
        )
    }

    pub(super) fn create_product(&mut self, params: &Params) -> Outcome {
        let mut product = template::of("product");
        product["id"] = params.word("id").map_or_else(|| id("prod_"), str::to_owned).into();
        product["name"] = params.needed("name")?.into();
        product["created"] = self.now().into();
        product["updated"] = self.now().into();
        for field in ["description", "unit_label", "tax_code"] {
            product[field] = params.word(field).into();
        }
        params.metadata("metadata", &mut product["metadata"]);
        self.objects.insert(product.clone());
        self.emit("product.created", &product, None);
        Ok(product)
    }

    pub(super) fn create_coupon(&mut self, params: &Params) -> Outcome {
        let mut coupon = template::of("coupon");
        coupon["id"] = params.word("id").map_or_else(|| id("coupon_"), str::to_owned).into();
        coupon["created"] = self.now().into();
        let duration = params.one_of("duration", &["once", "repeating", "forever"])?.unwrap_or("once");
        coupon["duration"] = duration.into();
        coupon["duration_in_months"] = params.int("duration_in_months")?.into();
        let percent = params.word("percent_off").and_then(|text| text.parse::<f64>().ok());
        coupon["percent_off"] = percent.into();
        coupon["amount_off"] = params.int("amount_off")?.into();
        coupon["currency"] = params.word("currency").into();
        if percent.is_some() == params.has("amount_off") {
            return Err(Problem::rule("You must pass either percent_off or amount_off."));
        }
        coupon["name"] = params.word("name").into();
        coupon["max_redemptions"] = params.int("max_redemptions")?.into();
        params.metadata("metadata", &mut coupon["metadata"]);
        self.objects.insert(coupon.clone());
        Ok(coupon)
    }

    pub(super) fn create_promotion_code(&mut self, params: &Params) -> Outcome {
        let coupon = self.need("coupon", params.needed("promotion.coupon")?, "promotion[coupon]")?;
        let mut promotion = template::of("promotion_code");
        promotion["id"] = id("promo_").into();
        promotion["created"] = self.now().into();
        let code =
            params.word("code").map_or_else(|| id("").get(..8).unwrap_or_default().to_uppercase(), str::to_owned);
        promotion["code"] = code.into();
        promotion["promotion"]["coupon"] = coupon["id"].clone();
        promotion["customer"] = params.word("customer").into();
        promotion["expires_at"] = params.int("expires_at")?.into();
        promotion["max_redemptions"] = params.int("max_redemptions")?.into();
        promotion["restrictions"]["first_time_transaction"] =
            params.flag("restrictions.first_time_transaction")?.unwrap_or(false).into();
        params.metadata("metadata", &mut promotion["metadata"]);
        self.objects.insert(promotion.clone());
        Ok(promotion)
    }

    pub(super) fn promotion_codes(&self, params: &Params) -> Outcome {
        let active = params.flag("active")?;
        let matches = |one: &Value| {
            active.is_none_or(|active| one["active"] == active)
                && params.word("code").is_none_or(|code| one["code"] == code)
        };
        let page = Page { kind: "promotion_code", url: "/v1/promotion_codes" };
        listing::page(self.objects.all("promotion_code").rev(), matches, params, &page)
    }
}
