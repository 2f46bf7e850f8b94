//! Stripe's objects as rows.

use time::OffsetDateTime;

use super::sync::unclear;
use crate::billing::{
    entitlement::Status,
    model::Period,
    plans::Plans,
    store::{
        invoices::NewInvoice,
        prices::PriceRow,
        synced::{Former, NewSubscription},
    },
    stripe::objects::{Invoice, Price, Subscription},
};

const LONGEST_ADDRESS: usize = 2_000;

/// What is known here of plans and prices.
pub(super) struct Books<'a> {
    pub(super) plans: &'a Plans,
    pub(super) prices: &'a [PriceRow],
    pub(super) now: OffsetDateTime,
}

impl Books<'_> {
    /// A subscription to one of our plans; none: it is to something else that is sold with the same account.
    pub(super) fn subscription(&self, read: &Subscription, former: Option<&Former>) -> Option<NewSubscription> {
        let (item, (plan, period)) = read.items.data.iter().find_map(|item| {
            let sold = self.sold(&item.price, former).or_else(|| {
                let plan = self.plans.get(read.metadata.get("plan")?)?;
                Some((plan.id.clone(), period_of(&item.price)?))
            })?;
            Some((item, sold))
        })?;
        let status = word(&read.status, 40);
        let unknown = Status::parse(&status) == Status::Unknown;
        let (status_before, since) = unclear(former, self.now);
        let owed_since = former.and_then(|row| row.past_due_since);
        let past_due_since = match Status::parse(&status) {
            Status::PastDue => Some(owed_since.unwrap_or(self.now)),
            Status::Unknown => owed_since,
            _ => None,
        };
        let seats = seats(item.quantity);
        let next = read.schedule.as_ref().and_then(|schedule| schedule.whole()?.next(self.now)).and_then(|item| {
            let (next_plan, next_period) = self.sold_by_id(item.price.id(), item.price.whole(), former)?;
            Some((next_plan, next_period, self::seats(item.quantity)))
        });
        let next = next.filter(|next| (&next.0, next.1, next.2) != (&plan, period, seats));
        Some(NewSubscription {
            stripe_subscription: read.id.clone(),
            stripe_customer: read.customer.id().to_owned(),
            plan,
            period: period.as_str(),
            status,
            status_before: status_before.filter(|_| unknown),
            unclear_since: Some(since).filter(|_| unknown),
            stripe_item: item.id.clone(),
            stripe_price: item.price.id.clone(),
            seats,
            currency: item.price.currency.to_ascii_lowercase(),
            unit_amount: item.price.unit_amount.unwrap_or(0),
            created_at: read.created,
            period_start: item.current_period_start,
            period_end: item.current_period_end,
            trial_end: read.trial_end,
            cancel_at: read.ends(),
            past_due_since,
            paused: read.pause_collection.is_some(),
            ended_at: read.ended_at,
            stripe_schedule: read.schedule.as_ref().map(|schedule| schedule.id().to_owned()),
            next_plan: next.as_ref().map(|next| next.0.clone()),
            next_period: next.as_ref().map(|next| next.1.as_str()),
            next_seats: next.as_ref().map(|next| next.2),
            latest_invoice: read.latest_invoice.as_ref().map(|invoice| invoice.id().to_owned()),
        })
    }

    fn sold(&self, price: &Price, former: Option<&Former>) -> Option<(String, Period)> {
        self.sold_by_id(&price.id, Some(price), former)
    }

    /// The plan and the period of a price: by its lookup key, by the price that has the key here, or by what the row said
    /// while the price was the same. The key moves on when the amount of a plan changes; who has the old price keeps it.
    fn sold_by_id(&self, id: &str, price: Option<&Price>, former: Option<&Former>) -> Option<(String, Period)> {
        let key = price.and_then(|price| price.lookup_key.as_deref());
        let known = || self.prices.iter().find(|row| row.stripe_price == id).map(|row| row.lookup_key.as_str());
        let by_key = key.or_else(known).and_then(|key| self.plans.of_lookup_key(key));
        by_key.map(|(plan, period)| (plan.id.clone(), period)).or_else(|| {
            let row = former.filter(|row| row.stripe_price == id)?;
            Some((row.plan.clone(), Period::parse(&row.period)?))
        })
    }
}

fn period_of(price: &Price) -> Option<Period> {
    match price.recurring.as_ref()?.interval.as_str() {
        "month" => Some(Period::Monthly),
        "year" => Some(Period::Yearly),
        _ => None,
    }
}

fn seats(quantity: Option<u32>) -> i32 {
    i32::try_from(quantity.unwrap_or(1).max(1)).unwrap_or(i32::MAX)
}

/// An invoice; none: it has not begun to be one.
pub(super) fn invoice(read: &Invoice) -> Option<NewInvoice> {
    let currency = read.currency.to_ascii_lowercase();
    (currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_lowercase())).then(|| NewInvoice {
        stripe_invoice: read.id.clone(),
        stripe_subscription: read.subscription().map(str::to_owned),
        payment_intent: read.payment_intent().map(|intent| intent.id().to_owned()),
        number: read.number.as_deref().map(|number| word(number, 60)),
        status: read.status.as_deref().map_or_else(|| "draft".to_owned(), |status| word(status, 40)),
        billing_reason: read.billing_reason.as_deref().map(|reason| word(reason, 60)),
        currency,
        total: read.total,
        tax: read.tax(),
        amount_due: read.amount_due,
        amount_paid: read.amount_paid,
        hosted_url: read.hosted_invoice_url.as_deref().and_then(address),
        pdf_url: read.invoice_pdf.as_deref().and_then(address),
        attempts: read.attempt_count,
        next_attempt_at: read.next_payment_attempt,
        period_start: read.period_start,
        period_end: read.period_end,
        created_at: read.created,
        paid_at: read.status_transitions.paid_at,
    })
}

/// A word of Stripe's, without what cannot be shown.
pub(super) fn word(text: &str, longest: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(longest).collect()
}

fn address(text: &str) -> Option<String> {
    (text.len() <= LONGEST_ADDRESS && text.starts_with("https://")).then(|| text.to_owned())
}
