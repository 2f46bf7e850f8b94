//! What a team may do, as one pure function of its subscriptions and the time. Nothing is asked of Stripe.

use time::{Duration, OffsetDateTime};

use super::{
    model::{Entitlement, Standing},
    plans::{Plan, Plans},
};

/// For how long the former status counts when Stripe says one that we do not know.
pub const UNCLEAR_FOR: Duration = Duration::hours(24);

/// How a subscription stands, in Stripe's words
/// (<https://docs.stripe.com/api/subscriptions/object#subscription_object-status>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Trialing,
    Active,
    PastDue,
    Unpaid,
    Canceled,
    Incomplete,
    IncompleteExpired,
    /// A trial ended without a card; not the same as payments that rest (`pause_collection`).
    Paused,
    /// A word that this version does not know.
    Unknown,
}

impl Status {
    /// Of Stripe's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "trialing" => Self::Trialing,
            "active" => Self::Active,
            "past_due" => Self::PastDue,
            "unpaid" => Self::Unpaid,
            "canceled" => Self::Canceled,
            "incomplete" => Self::Incomplete,
            "incomplete_expired" => Self::IncompleteExpired,
            "paused" => Self::Paused,
            _ => Self::Unknown,
        }
    }

    /// Whether nothing follows any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// What of a subscription decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The plan's id.
    pub plan: String,
    pub status: Status,
    /// The last status that we knew, where this one is unknown, and since when it is not known.
    pub before: Option<(Status, OffsetDateTime)>,
    pub seats: u32,
    pub created_at: OffsetDateTime,
    pub period_end: OffsetDateTime,
    pub trial_end: Option<OffsetDateTime>,
    /// When it ends, if it is to end.
    pub cancel_at: Option<OffsetDateTime>,
    /// Since when a payment is missing.
    pub past_due_since: Option<OffsetDateTime>,
}

/// What the subscriptions of a team allow at a time. Payments that rest by our own decision (`pause_collection`) take
/// nothing away: the status decides. Of several subscriptions the best counts, then the oldest.
#[must_use]
pub fn entitlement(plans: &Plans, subscriptions: &[Subscription], now: OffsetDateTime, grace: Duration) -> Entitlement {
    subscriptions
        .iter()
        .filter_map(|subscription| {
            let plan = plans.get(&subscription.plan)?;
            Some((plan, subscription, standing(subscription, subscription.status, now, grace)?))
        })
        .min_by_key(|(plan, subscription, _)| (std::cmp::Reverse(plans.rank(&plan.id)), subscription.created_at))
        .map_or_else(
            || granted(plans.free(), 1, Standing::Free),
            |(plan, subscription, standing)| granted(plan, subscription.seats, standing),
        )
}

fn granted(plan: &Plan, seats: u32, standing: Standing) -> Entitlement {
    let seats = if plan.per_seat { seats.max(1) } else { 1 };
    Entitlement { plan: plan.id.clone(), name: plan.name.clone(), seats, limits: plan.limits(seats), standing }
}

/// `None`: it allows nothing.
fn standing(subscription: &Subscription, status: Status, now: OffsetDateTime, grace: Duration) -> Option<Standing> {
    if subscription.cancel_at.is_some_and(|end| end <= now) {
        return None;
    }
    match status {
        Status::Trialing | Status::Active => Some(match (subscription.cancel_at, status) {
            (Some(end), _) => Standing::Ends(end.into()),
            (None, Status::Trialing) => {
                Standing::Trial(subscription.trial_end.unwrap_or(subscription.period_end).into())
            }
            (None, _) => Standing::Active(subscription.period_end.into()),
        }),
        Status::PastDue => {
            let until = subscription.past_due_since.unwrap_or(subscription.period_end) + grace;
            (now < until).then(|| Standing::PastDue(until.into()))
        }
        Status::Unknown => {
            let (before, since) = subscription.before?;
            let until = since + UNCLEAR_FOR;
            if before == Status::Unknown || now >= until {
                return None;
            }
            standing(subscription, before, now, grace).map(|_| Standing::Unclear(until.into()))
        }
        Status::Unpaid | Status::Canceled | Status::Incomplete | Status::IncompleteExpired | Status::Paused => None,
    }
}
