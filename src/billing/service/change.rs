//! Changing what is paid for. What costs more is done at once, for an amount that Stripe has worked out and the owner has
//! agreed to; what takes something away waits until the end of what is paid (`waiting`).

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use stripe_billing::{
    invoice::{
        CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails, CreatePreviewInvoiceSubscriptionDetailsItems,
        CreatePreviewInvoiceSubscriptionDetailsProrationBehavior as PreviewProration,
    },
    subscription::{
        CancelSubscription, UpdateSubscription, UpdateSubscriptionItems, UpdateSubscriptionPaymentBehavior,
        UpdateSubscriptionProrationBehavior,
    },
};
use time::{Duration, OffsetDateTime};

use super::{
    Billing,
    checkout::{Wanted, is_for, seats_of},
};
use crate::{
    billing::{
        BillingError,
        model::Period,
        plans::{Plan, Plans},
        shown::{Change, Changed, Effect},
        store::{self, prices::PriceRow, shown::LiveRow},
        stripe::{StripeError, objects::Done},
    },
    identity::{moment, session::Session},
    kit::{id::TeamId, money::Money},
    platform::audit,
    team::Facts,
};

/// For how long an amount that was shown can be agreed to.
const OFFER_LASTS: Duration = Duration::hours(1);

/// What the owner agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Seconds since 1970.
    pub at: i64,
    pub due: Money,
}

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Same,
    Now,
    Later,
}

/// All that a change is made of.
struct Planned<'a> {
    live: LiveRow,
    plan: &'a Plan,
    period: Period,
    seats: u32,
    price: PriceRow,
    way: Way,
}

#[derive(Deserialize)]
struct Preview {
    currency: String,
    amount_due: i64,
}

#[derive(Deserialize)]
struct Updated {
    /// There as long as a payment is missing for the change.
    #[serde(default)]
    pending_update: Option<IgnoredAny>,
    #[serde(default)]
    latest_invoice: Option<Latest>,
}

/// An invoice that was asked for as a whole.
#[derive(Deserialize)]
struct Latest {
    #[serde(default)]
    hosted_invoice_url: Option<String>,
}

impl Billing {
    /// What a change would cost and when it would come. Stripe works the amount out, and keeps nothing.
    ///
    /// # Errors
    /// When somebody else owns the team, nothing is paid, it cannot be changed to this, or Stripe is away.
    pub async fn preview_change(&self, session: &Session, wanted: &Wanted) -> Result<Change, BillingError> {
        let facts = self.owned(session.user, wanted.team).await?;
        let planned = self.plan_change(wanted, &facts).await?;
        let now = self.parts.clock.now();
        let then = total(&planned.price, planned.seats)?;
        let end = moment::day(planned.live.period_end, now, &session.time_zone);
        let effect = match planned.way {
            Way::Same => Effect::Same,
            Way::Later => Effect::Later { on: end, then },
            Way::Now => {
                let at = now.unix_timestamp();
                // A trial goes on when its plan changes: Stripe then previews the invoice that ends it.
                let trial = Some(end).filter(|_| planned.live.status == "trialing");
                Effect::Now { due: self.due(&planned, at).await?, then, at, trial }
            }
        };
        Ok(Change {
            team: wanted.team,
            plan: planned.plan.id.clone(),
            name: planned.plan.name.clone(),
            period: wanted.period,
            seats: planned.seats,
            per_seat: planned.plan.per_seat,
            effect,
        })
    }

    /// Changes what is paid for. What is done at once needs the amount that was agreed to; where Stripe works out another
    /// one now, nothing is done.
    ///
    /// # Errors
    /// Those of [`Self::preview_change`], and [`BillingError::Changed`].
    pub async fn change(
        &self,
        session: &Session,
        wanted: &Wanted,
        agreed: Option<Agreed>,
    ) -> Result<Changed, BillingError> {
        let facts = self.owned(session.user, wanted.team).await?;
        let planned = self.plan_change(wanted, &facts).await?;
        let done = match planned.way {
            Way::Same => return Ok(Changed::Done),
            Way::Later => {
                self.wait_with(&planned.live, planned.plan, planned.period, &planned.price, planned.seats).await?;
                Changed::Waits
            }
            Way::Now => self.change_now(&planned, agreed.ok_or(BillingError::Changed)?).await?,
        };
        let told = json!({ "plan": planned.plan.id, "period": planned.period.as_str(), "seats": planned.seats });
        self.tell_change(session, wanted.team, "billing_changed", told).await?;
        self.read_again(wanted.team, &planned.live).await?;
        Ok(done)
    }

    async fn plan_change(&self, wanted: &Wanted, facts: &Facts) -> Result<Planned<'_>, BillingError> {
        self.stripe()?;
        let live = self.subscription(wanted.team).await?;
        let plan = self.parts.plans.get(&wanted.plan).filter(|plan| is_for(plan, facts));
        let plan = plan.ok_or(BillingError::UnknownPlan)?;
        let seats = seats_of(plan, wanted.seats, facts)?;
        let way = way(&self.parts.plans, &live, plan, wanted.period, seats);
        let price = self.price(plan, wanted.period).await?;
        // Who subscribed before a price changed keeps the former one as long as only the seats change.
        let kept = way != Way::Same && live.plan == plan.id && live.period == wanted.period.as_str();
        let price = match kept {
            true => PriceRow { stripe_price: live.stripe_price.clone(), amount: live.unit_amount, ..price },
            false => price,
        };
        if way != Way::Same {
            if !matches!(live.status.as_str(), "active" | "trialing") {
                return Err(BillingError::PayFirst);
            }
            if live.cancel_at.is_some() {
                return Err(BillingError::Ends);
            }
            if price.currency != live.currency {
                return Err(BillingError::UnknownPlan);
            }
        }
        Ok(Planned { live, plan, period: wanted.period, seats, price, way })
    }

    async fn due(&self, planned: &Planned<'_>, at: i64) -> Result<Money, BillingError> {
        let item = CreatePreviewInvoiceSubscriptionDetailsItems {
            id: Some(planned.live.stripe_item.clone()),
            price: Some(planned.price.stripe_price.clone()),
            quantity: Some(planned.seats.into()),
            ..CreatePreviewInvoiceSubscriptionDetailsItems::new()
        };
        let details = CreatePreviewInvoiceSubscriptionDetails {
            items: Some(vec![item]),
            proration_behavior: Some(PreviewProration::AlwaysInvoice),
            proration_date: Some(at),
            ..CreatePreviewInvoiceSubscriptionDetails::new()
        };
        let request = CreatePreviewInvoice::new()
            .customer(planned.live.stripe_customer.clone())
            .subscription(planned.live.stripe_subscription.clone())
            .subscription_details(details);
        // It keeps nothing, so it may be repeated as if it only read.
        let preview: Preview = self.stripe()?.read(&request).await?;
        let currency = preview.currency.parse().map_err(|_| StripeError::Unreadable("currency".to_owned()))?;
        Ok(Money::new(preview.amount_due, currency))
    }

    async fn change_now(&self, planned: &Planned<'_>, agreed: Agreed) -> Result<Changed, BillingError> {
        let now = self.parts.clock.now();
        let at = OffsetDateTime::from_unix_timestamp(agreed.at).map_err(|_| BillingError::Changed)?;
        if at > now || at + OFFER_LASTS < now || at < planned.live.period_start {
            return Err(BillingError::Changed);
        }
        if self.due(planned, agreed.at).await? != agreed.due {
            return Err(BillingError::Changed);
        }
        self.withdraw(&planned.live).await?;
        let item = UpdateSubscriptionItems {
            id: Some(planned.live.stripe_item.clone()),
            price: Some(planned.price.stripe_price.clone()),
            quantity: Some(planned.seats.into()),
            ..UpdateSubscriptionItems::new()
        };
        let request = UpdateSubscription::new(planned.live.stripe_subscription.clone())
            .items(vec![item])
            .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
            .proration_date(agreed.at)
            // The change comes with the money: a card that is refused changes nothing.
            .payment_behavior(UpdateSubscriptionPaymentBehavior::PendingIfIncomplete)
            .expand(vec!["latest_invoice".to_owned()]);
        let key = format!(
            "change:{}:{}:{}:{}",
            planned.live.stripe_subscription, planned.price.stripe_price, planned.seats, agreed.at
        );
        let updated: Updated = self.stripe()?.write(&request, &key).await?;
        if updated.pending_update.is_none() {
            return Ok(Changed::Done);
        }
        let page = updated.latest_invoice.and_then(|invoice| invoice.hosted_invoice_url);
        Ok(Changed::ToPay { pay: page.map(|url| self.outside(&url)) })
    }

    /// Lets the plan end with what is paid; what is not paid ends at once.
    ///
    /// # Errors
    /// When somebody else owns the team, nothing is paid, or Stripe refuses or is away.
    pub async fn cancel(&self, session: &Session, team: TeamId) -> Result<(), BillingError> {
        self.owned(session.user, team).await?;
        let live = self.subscription(team).await?;
        let stripe = self.stripe()?;
        self.withdraw(&live).await?;
        let key = format!("cancel:{}:{}", live.stripe_subscription, live.synced_at.unix_timestamp_nanos());
        if matches!(live.status.as_str(), "active" | "trialing" | "past_due") {
            let request = UpdateSubscription::new(live.stripe_subscription.clone()).cancel_at_period_end(true);
            stripe.write::<Done>(&request, &key).await?;
        } else {
            stripe.write::<Done>(&CancelSubscription::new(live.stripe_subscription.clone()), &key).await?;
        }
        self.tell_change(session, team, "billing_cancelled", json!({ "plan": live.plan })).await?;
        self.read_again(team, &live).await
    }

    /// Lets the plan go on that was to end or to change.
    ///
    /// # Errors
    /// When somebody else owns the team, nothing is paid, or Stripe refuses or is away.
    pub async fn resume(&self, session: &Session, team: TeamId) -> Result<(), BillingError> {
        self.owned(session.user, team).await?;
        let live = self.subscription(team).await?;
        self.withdraw(&live).await?;
        if live.cancel_at.is_some() {
            let request = UpdateSubscription::new(live.stripe_subscription.clone()).cancel_at_period_end(false);
            let key = format!("resume:{}:{}", live.stripe_subscription, live.synced_at.unix_timestamp_nanos());
            self.stripe()?.write::<Done>(&request, &key).await?;
        }
        self.tell_change(session, team, "billing_resumed", json!({ "plan": live.plan })).await?;
        self.read_again(team, &live).await
    }

    /// What a team pays for; one that waits for its first payment only where there is no other.
    pub(super) async fn subscription(&self, team: TeamId) -> Result<LiveRow, BillingError> {
        let live = store::shown::live(&mut *self.parts.db.acquire().await?, team).await?;
        live.into_iter().next().ok_or(BillingError::NotSubscribed)
    }

    /// Reads anew what has just been changed. Where Stripe does not answer any more, an event or the reconciler brings it.
    pub(super) async fn read_again(&self, team: TeamId, live: &LiveRow) -> Result<(), BillingError> {
        match self.sync_customer(&live.stripe_customer).await {
            Err(BillingError::Stripe(error)) => {
                tracing::warn!(%error, "a change could not be read anew");
                // The next act is another request at Stripe, also while this one is not read.
                let now = self.parts.clock.now();
                let mut connection = self.parts.db.acquire().await?;
                store::shown::touch(&mut connection, team, &live.stripe_subscription, now).await?;
                Ok(())
            }
            other => other.map(drop),
        }
    }

    async fn tell_change(
        &self,
        session: &Session,
        team: TeamId,
        kind: &str,
        mut detail: Value,
    ) -> Result<(), BillingError> {
        detail["team"] = json!(team);
        let now = self.parts.clock.now();
        let mut connection = self.parts.db.acquire().await?;
        audit::record(&mut connection, &self.parts.random, now, session.user, kind, detail).await?;
        Ok(())
    }
}

/// Of so many seats, each period.
pub(super) fn total(price: &PriceRow, seats: u32) -> Result<Money, BillingError> {
    let unit = price.money().ok_or(BillingError::UnknownPlan)?;
    let minor = unit.minor.checked_mul(seats.into()).ok_or(BillingError::UnknownPlan)?;
    Ok(Money::new(minor, unit.currency))
}

/// Whatever takes something away waits for the end of what is paid, also where the same change adds something else.
fn way(plans: &Plans, live: &LiveRow, plan: &Plan, period: Period, seats: u32) -> Way {
    let now = (plans.rank(&live.plan), live.period == Period::Yearly.as_str(), u32::try_from(live.seats).unwrap_or(1));
    let then = (plans.rank(&plan.id), period == Period::Yearly, seats);
    let less = then.0 < now.0 || then.0 == now.0 && (!then.1 && now.1 || then.2 < now.2);
    let waits = live.next_plan.is_some() || live.next_period.is_some() || live.next_seats.is_some();
    match () {
        () if now == then && !waits => Way::Same,
        // To stay as it is withdraws what waits, which takes and costs nothing now.
        () if now == then => Way::Later,
        () if less => Way::Later,
        () => Way::Now,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn live(period: &str, seats: i32) -> LiveRow {
        LiveRow {
            stripe_subscription: "sub_1".into(),
            stripe_customer: "cus_1".into(),
            plan: "team".into(),
            period: period.into(),
            status: "active".into(),
            stripe_item: "si_1".into(),
            stripe_price: "price_1".into(),
            seats,
            currency: "eur".into(),
            unit_amount: 2_400,
            period_start: datetime!(2026-03-01 0:00 UTC),
            period_end: datetime!(2026-04-01 0:00 UTC),
            cancel_at: None,
            stripe_schedule: None,
            next_plan: None,
            next_period: None,
            next_seats: None,
            synced_at: datetime!(2026-03-01 0:00 UTC),
        }
    }

    #[test]
    fn more_is_done_now_and_less_waits() {
        let plans = Plans::read(None).unwrap();
        let team = plans.get("team").unwrap();
        let way = |from: (&str, i32), to: (Period, u32)| way(&plans, &live(from.0, from.1), team, to.0, to.1);
        assert_eq!(way(("monthly", 3), (Period::Monthly, 3)), Way::Same);
        assert_eq!(way(("monthly", 3), (Period::Monthly, 4)), Way::Now);
        assert_eq!(way(("monthly", 3), (Period::Yearly, 3)), Way::Now);
        assert_eq!(way(("monthly", 3), (Period::Monthly, 2)), Way::Later);
        assert_eq!(way(("yearly", 3), (Period::Monthly, 3)), Way::Later);
        // One part takes something away, so all of it waits.
        assert_eq!(way(("yearly", 3), (Period::Monthly, 5)), Way::Later);
        assert_eq!(way(("monthly", 3), (Period::Yearly, 2)), Way::Later);
        let pro = plans.get("pro").unwrap();
        assert_eq!(super::way(&plans, &live("monthly", 3), pro, Period::Yearly, 9), Way::Later);
    }
}
