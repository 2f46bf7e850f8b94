//! The prices of the plans: read from Stripe in the background, kept in the database, shown from there.

use serde::Deserialize;
use stripe_product::price::ListPrice;
use time::Duration;

use super::Billing;
use crate::{
    billing::{
        BillingError,
        model::{OfferedPlan, Period},
        plans::Plan,
        store::{self, prices::PriceRow},
    },
    kit::money::{Currency, Money},
};

/// For how long prices are taken as they were read.
const FRESH_FOR: Duration = Duration::hours(1);
/// How many lookup keys Stripe takes at once (<https://docs.stripe.com/api/prices/list>).
const KEYS_AT_ONCE: usize = 10;

/// What of a price counts (<https://docs.stripe.com/api/prices/object>).
#[derive(Deserialize)]
struct Price {
    id: String,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    livemode: bool,
    lookup_key: Option<String>,
    currency: String,
    /// In minor units; absent where it has a fraction, or tiers.
    unit_amount: Option<i64>,
    #[serde(default)]
    billing_scheme: String,
    recurring: Option<Recurring>,
}

#[derive(Deserialize)]
struct Recurring {
    interval: String,
    #[serde(default = "one")]
    interval_count: i64,
    #[serde(default)]
    usage_type: String,
}

fn one() -> i64 {
    1
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Price>,
}

impl Billing {
    /// Reads the prices of all plans from Stripe, and keeps those that can be bought. What does not fit its plan is
    /// refused and logged: nobody can buy it until it is put right at Stripe.
    ///
    /// # Errors
    /// When nothing is sold here, Stripe does not answer, or the database fails. Then the former prices stay.
    pub async fn refresh_prices(&self) -> Result<(), BillingError> {
        let stripe = self.stripe()?;
        let keys = self.parts.plans.lookup_keys();
        let mut fitting: Vec<PriceRow> = Vec::new();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
            let page: Page = stripe.read(&ListPrice::new().lookup_keys(keys).active(true).limit(100)).await?;
            for price in page.data {
                let name = price.id.clone();
                match fit(&self.parts.plans, price, stripe.is_live()) {
                    Ok(row) => fitting.push(row),
                    Err(why) => tracing::error!(price = name, why, "a price at Stripe does not fit its plan"),
                }
            }
        }
        let currency = fitting.first().map(|price| price.currency.clone());
        fitting.retain(|price| {
            let same = Some(&price.currency) == currency.as_ref();
            if !same {
                tracing::error!(
                    price = price.stripe_price,
                    why = "its currency is another than that of the first price",
                    "a price at Stripe does not fit its plan"
                );
            }
            same
        });
        for missing in keys.iter().filter(|key| !fitting.iter().any(|price| price.lookup_key == **key)) {
            tracing::error!(lookup_key = missing, "Stripe has no price that fits: this plan cannot be bought");
        }
        let mut tx = self.parts.db.begin().await?;
        store::prices::replace(&mut tx, &fitting, self.parts.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The same, where they were not read for an hour and anything is sold.
    ///
    /// # Errors
    /// Those of [`Self::refresh_prices`].
    pub async fn refresh_stale_prices(&self) -> Result<(), BillingError> {
        if !self.is_on() {
            return Ok(());
        }
        let after = self.parts.clock.now() - FRESH_FOR;
        if store::prices::are_fresh(&mut *self.parts.db.acquire().await?, after).await? {
            return Ok(());
        }
        self.refresh_prices().await
    }

    /// For how many days a plan stays after a payment failed.
    #[must_use]
    pub fn grace_days(&self) -> i64 {
        self.parts.grace.whole_days()
    }

    /// All plans with the prices that are known. Nothing is asked of Stripe for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offered(&self) -> Result<Vec<OfferedPlan>, BillingError> {
        let prices = match self.is_on() {
            true => store::prices::all(&mut *self.parts.db.acquire().await?).await?,
            false => Vec::new(),
        };
        let price = |key: &str| prices.iter().find(|price| price.lookup_key == key).and_then(PriceRow::money);
        Ok(self.parts.plans.iter().map(|plan| plan.offered(price)).collect())
    }

    /// The price of a plan, for which Stripe is asked only where none was ever read.
    pub(super) async fn price(&self, plan: &Plan, period: Period) -> Result<PriceRow, BillingError> {
        let key = plan.lookup_key(period).ok_or(BillingError::UnknownPlan)?;
        let mut known = store::prices::all(&mut *self.parts.db.acquire().await?).await?;
        if known.is_empty() {
            self.refresh_prices().await?;
            known = store::prices::all(&mut *self.parts.db.acquire().await?).await?;
        }
        known.into_iter().find(|price| price.lookup_key == key).ok_or(BillingError::UnknownPlan)
    }
}

impl PriceRow {
    /// Of one seat.
    pub(super) fn money(&self) -> Option<Money> {
        self.currency.parse().ok().map(|currency: Currency| Money::new(self.amount, currency))
    }
}

/// The price as it is kept, or why it cannot be sold.
fn fit(plans: &crate::billing::plans::Plans, price: Price, live: bool) -> Result<PriceRow, &'static str> {
    let key = price.lookup_key.ok_or("it has no lookup key")?;
    let (_, period) = plans.of_lookup_key(&key).ok_or("no plan names its lookup key")?;
    if !price.active {
        return Err("it is not active");
    }
    if price.livemode != live {
        return Err("it is of another mode than the key");
    }
    let recurring = price.recurring.ok_or("it is paid once")?;
    let interval = match period {
        Period::Monthly => "month",
        Period::Yearly => "year",
    };
    if recurring.interval != interval || recurring.interval_count != 1 {
        return Err("it is paid at other intervals than its plan");
    }
    if recurring.usage_type == "metered" || price.billing_scheme == "tiered" {
        return Err("its amount is not fixed");
    }
    let amount =
        price.unit_amount.filter(|amount| *amount >= 0).ok_or("its amount is no whole number of minor units")?;
    let currency: Currency = price.currency.parse().map_err(|_| "its currency is none")?;
    Ok(PriceRow { lookup_key: key, stripe_price: price.id, currency: currency.code().to_owned(), amount })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::billing::plans::Plans;

    fn fitted(change: Value) -> Result<PriceRow, &'static str> {
        let mut price = json!({
            "id": "price_1", "active": true, "livemode": false, "lookup_key": "aura_pro_monthly", "currency": "EUR",
            "unit_amount": 1_800, "billing_scheme": "per_unit", "recurring": {
                "interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": null
            }
        });
        let (Value::Object(price_map), Value::Object(change)) = (&mut price, change) else { unreachable!() };
        price_map.extend(change);
        fit(&Plans::read(None).unwrap(), serde_json::from_value(price).unwrap(), false)
    }

    #[test]
    fn a_price_fits_its_plan_or_is_refused() {
        let price = fitted(json!({})).unwrap();
        assert_eq!((price.amount, price.currency.as_str()), (1_800, "eur"));
        for wrong in [
            json!({ "lookup_key": null }),
            json!({ "lookup_key": "aura_gold" }),
            json!({ "lookup_key": "aura_pro_yearly" }),
            json!({ "active": false }),
            json!({ "livemode": true }),
            json!({ "recurring": null }),
            json!({ "recurring": { "interval": "month", "interval_count": 3 } }),
            json!({ "recurring": { "interval": "month", "usage_type": "metered" } }),
            json!({ "billing_scheme": "tiered" }),
            json!({ "unit_amount": null }),
            json!({ "unit_amount": -1 }),
            json!({ "currency": "euros" }),
        ] {
            assert!(fitted(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
