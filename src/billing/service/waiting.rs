//! Changes that wait for the end of what is paid: a schedule at Stripe with the present phase and the next one.

use serde::Deserialize;
use stripe_billing::subscription_schedule::{
    CreateSubscriptionSchedule, ReleaseSubscriptionSchedule, RetrieveSubscriptionSchedule, UpdateSubscriptionSchedule,
    UpdateSubscriptionSchedulePhases, UpdateSubscriptionSchedulePhasesDiscounts,
    UpdateSubscriptionSchedulePhasesDuration, UpdateSubscriptionSchedulePhasesDurationInterval,
    UpdateSubscriptionSchedulePhasesEndDate, UpdateSubscriptionSchedulePhasesItems,
    UpdateSubscriptionSchedulePhasesProrationBehavior, UpdateSubscriptionSchedulePhasesStartDate,
    UpdateSubscriptionSchedulePhasesTrialEnd,
};
use stripe_shared::SubscriptionScheduleEndBehavior;

use super::Billing;
use crate::{
    billing::{
        BillingError,
        model::Period,
        plans::Plan,
        store::{prices::PriceRow, shown::LiveRow},
        stripe::{
            StripeError,
            objects::{Done, Named, Reference},
        },
    },
    kit::id::TeamId,
};

#[derive(Deserialize)]
struct Schedule {
    id: String,
    #[serde(default)]
    phases: Vec<Phase>,
}

#[derive(Deserialize)]
struct Phase {
    start_date: i64,
    end_date: i64,
    #[serde(default)]
    trial_end: Option<i64>,
    #[serde(default)]
    discounts: Vec<Discount>,
}

#[derive(Deserialize)]
struct Discount {
    #[serde(default)]
    coupon: Option<Reference<Named>>,
    #[serde(default)]
    discount: Option<Reference<Named>>,
}

impl Billing {
    /// Lets a subscription become something else at the end of what is paid, in place of what waited before.
    pub(super) async fn wait_with(
        &self,
        live: &LiveRow,
        plan: &Plan,
        period: Period,
        price: &PriceRow,
        seats: u32,
    ) -> Result<(), BillingError> {
        let same = live.plan == plan.id && live.period == period.as_str() && u32::try_from(live.seats) == Ok(seats);
        if same {
            return self.withdraw(live).await;
        }
        let stripe = self.stripe()?;
        let at = live.synced_at.unix_timestamp_nanos();
        let schedule: Schedule = match &live.stripe_schedule {
            Some(schedule) => stripe.read(&RetrieveSubscriptionSchedule::new(schedule.clone())).await?,
            None => {
                let request = CreateSubscriptionSchedule::new().from_subscription(live.stripe_subscription.clone());
                stripe.write(&request, &format!("schedule:{}:{at}", live.stripe_subscription)).await?
            }
        };
        let end = live.period_end.unix_timestamp();
        // A schedule that went on for some phases is at the one that ends with the period.
        let present = schedule.phases.iter().find(|phase| phase.start_date < end && end <= phase.end_date);
        let present = present.or(schedule.phases.first()).ok_or(BillingError::Changed)?;
        let discounts = || {
            let kept = present.discounts.iter().map(|discount| UpdateSubscriptionSchedulePhasesDiscounts {
                discount: discount.discount.as_ref().map(|found| found.id().to_owned()),
                coupon: discount
                    .coupon
                    .as_ref()
                    .filter(|_| discount.discount.is_none())
                    .map(|found| found.id().to_owned()),
                ..UpdateSubscriptionSchedulePhasesDiscounts::new()
            });
            Some(kept.collect::<Vec<_>>()).filter(|kept| !kept.is_empty())
        };
        let now = UpdateSubscriptionSchedulePhases {
            start_date: Some(UpdateSubscriptionSchedulePhasesStartDate::Timestamp(present.start_date)),
            end_date: Some(UpdateSubscriptionSchedulePhasesEndDate::Timestamp(end)),
            trial_end: present.trial_end.map(UpdateSubscriptionSchedulePhasesTrialEnd::Timestamp),
            discounts: discounts(),
            ..UpdateSubscriptionSchedulePhases::new(vec![item(
                &live.stripe_price,
                u32::try_from(live.seats).unwrap_or(1),
            )])
        };
        let interval = match period {
            Period::Monthly => UpdateSubscriptionSchedulePhasesDurationInterval::Month,
            Period::Yearly => UpdateSubscriptionSchedulePhasesDurationInterval::Year,
        };
        let next = UpdateSubscriptionSchedulePhases {
            duration: Some(UpdateSubscriptionSchedulePhasesDuration {
                interval_count: Some(1),
                ..UpdateSubscriptionSchedulePhasesDuration::new(interval)
            }),
            proration_behavior: Some(UpdateSubscriptionSchedulePhasesProrationBehavior::None),
            discounts: discounts(),
            ..UpdateSubscriptionSchedulePhases::new(vec![item(&price.stripe_price, seats)])
        };
        let request = UpdateSubscriptionSchedule::new(schedule.id.clone())
            .phases(vec![now, next])
            .end_behavior(SubscriptionScheduleEndBehavior::Release);
        let key = format!("wait:{}:{}:{seats}:{at}", schedule.id, price.stripe_price);
        stripe.write::<Done>(&request, &key).await?;
        Ok(())
    }

    /// Takes back what waits. What has ended by itself meanwhile is as good.
    pub(super) async fn withdraw(&self, live: &LiveRow) -> Result<(), BillingError> {
        let Some(schedule) = &live.stripe_schedule else { return Ok(()) };
        let request = ReleaseSubscriptionSchedule::new(schedule.clone());
        match self.stripe()?.write::<Done>(&request, &format!("release:{schedule}")).await {
            Ok(Done {}) | Err(StripeError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the seats follow the members: when somebody has left, those that nobody sits on are not paid again after what
    /// is paid now; when somebody has come in meanwhile, theirs is.
    ///
    /// # Errors
    /// When Stripe refuses or is away, or the database fails: then it is to be tried again.
    pub async fn follow_members(&self, team: TeamId, somebody_left: bool) -> Result<(), BillingError> {
        if !self.is_on() {
            return Ok(());
        }
        let facts = self.parts.teams.facts(&mut *self.parts.db.acquire().await?, team).await?;
        let Some(facts) = facts.filter(|facts| !facts.closed && !facts.personal) else { return Ok(()) };
        let live = match self.subscription(team).await {
            Err(BillingError::NotSubscribed) => return Ok(()),
            other => other?,
        };
        let Some(plan) = self.parts.plans.get(&live.plan).filter(|plan| plan.per_seat) else { return Ok(()) };
        if live.cancel_at.is_some() || !matches!(live.status.as_str(), "active" | "trialing") {
            return Ok(());
        }
        let members = u32::try_from(facts.members).unwrap_or(u32::MAX).max(1);
        let paid = u32::try_from(live.seats).unwrap_or(1);
        let next = live.next_seats.and_then(|seats| u32::try_from(seats).ok()).unwrap_or(paid);
        let wanted = match somebody_left {
            true => members.min(next),
            false => next.max(members.min(paid)),
        };
        if wanted == next {
            return Ok(());
        }
        // What waits beside the seats goes on waiting.
        let plan = live.next_plan.as_deref().and_then(|next| self.parts.plans.get(next)).unwrap_or(plan);
        let period = live.next_period.as_deref().unwrap_or(&live.period);
        let period = Period::parse(period).unwrap_or(Period::Monthly);
        let same_price = plan.id == live.plan && period.as_str() == live.period;
        let price = match same_price {
            true => PriceRow {
                lookup_key: String::new(),
                stripe_price: live.stripe_price.clone(),
                currency: live.currency.clone(),
                amount: live.unit_amount,
            },
            false => self.price(plan, period).await?,
        };
        self.wait_with(&live, plan, period, &price, wanted).await?;
        self.read_again(team, &live).await
    }
}

fn item(price: &str, seats: u32) -> UpdateSubscriptionSchedulePhasesItems {
    UpdateSubscriptionSchedulePhasesItems {
        price: Some(price.to_owned()),
        quantity: Some(seats.into()),
        ..UpdateSubscriptionSchedulePhasesItems::new()
    }
}
