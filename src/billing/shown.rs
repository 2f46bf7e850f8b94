//! What the pages of billing show, in words and amounts, made on the server for whoever looks.

use serde::{Deserialize, Serialize};

use super::model::{Audience, OfferedPlan, Period, PlanLimits, Standing, UsedMonth};
use crate::kit::{id::TeamId, money::Money};

/// Where a browser goes for money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Stripe's page.
    pub url: String,
}

/// What stands between here and Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Stripe's page.
    pub url: String,
    /// The name of what is bought there, where something is.
    pub plan: Option<String>,
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Arrival {
    /// The plan is there.
    Done {
        /// Its name.
        plan: String,
        /// Until when nothing is paid and what comes then, as a sentence; where it begins with a trial.
        trial: Option<String>,
    },
    /// Stripe has not told yet; the page asks again.
    Confirming,
    /// It was confirmed, and the money takes days, as with a direct debit.
    Processing,
    /// The bank wants the owner of the card to confirm; where.
    Unfinished { pay: Option<String> },
    /// Nothing was paid yet, and it still can be.
    NotPaid,
    /// The money did not come.
    Failed,
    /// The page was open for too long.
    Expired,
    /// It was paid, and what was bought is over.
    Over,
}

/// What became of an attempt that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// Stripe's page is still open.
    CanGoOn,
    Over,
}

/// How a change comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Effect {
    /// At once, for this amount. What is confirmed names the moment and the amount, and both are looked at again.
    Now {
        due: Money,
        /// What it is paid from now on, each period.
        then: Money,
        /// Seconds since 1970: up to when the former plan counts.
        at: i64,
        /// The last day of the trial, in words, where it goes on: then `due` is paid on that day, and nothing before.
        trial: Option<String>,
    },
    /// At the end of what is paid.
    Later {
        /// In words.
        on: String,
        then: Money,
    },
    /// It is as it is asked for.
    Same,
}

/// A change, before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub team: TeamId,
    pub plan: String,
    pub name: String,
    pub period: Period,
    pub seats: u32,
    pub per_seat: bool,
    pub effect: Effect,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Changed {
    Done,
    /// It comes at the end of the period.
    Waits,
    /// The bank refused or wants a confirmation; the change comes with the payment.
    ToPay {
        pay: Option<String>,
    },
}

/// A team's plan, for everybody in the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub team: TeamId,
    pub team_name: String,
    pub personal: bool,
    /// Whether anything is sold here.
    pub on: bool,
    pub plan: String,
    pub name: String,
    pub per_seat: bool,
    pub standing: Standing,
    /// The day in `standing`, in words.
    pub until: Option<String>,
    pub limits: PlanLimits,
    pub seats: Seats,
    pub usage: UsedMonth,
    /// For the owner and admins alone.
    pub money: Option<MoneyView>,
}

/// Who sits where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    pub taken: u32,
    pub room: u32,
}

/// What only those see who answer for the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyView {
    /// Whether the viewer may change anything.
    pub owner: bool,
    pub subscription: Option<SubscriptionView>,
    pub card: Option<Card>,
    /// An invoice that waits to be paid.
    pub unpaid: Option<Unpaid>,
    /// An attempt to buy that is under way.
    pub checkout: Option<CheckoutView>,
    pub invoices: Vec<InvoiceView>,
    pub adjustments: Vec<AdjustmentView>,
    /// Whether there is anything to see at Stripe's portal.
    pub portal: bool,
}

/// What is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionView {
    pub plan: String,
    pub name: String,
    pub period: Period,
    pub seats: u32,
    pub per_seat: bool,
    /// Of one seat, each period.
    pub unit: Money,
    /// Of all seats, each period.
    pub total: Money,
    /// Whether it waits for its first payment.
    pub incomplete: bool,
    /// Whether it pays nothing, as nobody paid for too long.
    pub unpaid: bool,
    /// When it is renewed, in words.
    pub renews: String,
    /// When it ends, in words, where it is cancelled.
    pub ends: Option<String>,
    /// What waits for the end of the period, in words.
    pub next: Option<String>,
    /// For how many it is from then on.
    pub next_seats: Option<u32>,
}

impl SubscriptionView {
    /// What comes of a trial that ends on this day.
    #[must_use]
    pub fn after_trial(&self, until: &str) -> String {
        format!(
            "Nothing is paid until {until}. Then {} costs {} a {}, plus tax where it is due, unless you cancel before.",
            self.name,
            self.total.short(),
            self.period.noun()
        )
    }
}

/// A card, as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// «Visa ending 4242».
    pub name: String,
    pub expires: Option<String>,
}

/// An invoice that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpaid {
    pub due: Money,
    /// When it was made, in words.
    pub from: String,
    /// When it is tried again, in words.
    pub next_try: Option<String>,
    /// Where it can be paid at once.
    pub pay: Option<String>,
}

/// An attempt to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutView {
    /// The plan's name.
    pub name: String,
    /// It is confirmed, and the money is on its way.
    pub processing: bool,
}

/// A line of the list of invoices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    pub number: String,
    pub date: String,
    pub total: Money,
    pub tax: Money,
    pub state: InvoiceState,
    /// Stripe's page of it.
    pub page: Option<String>,
    pub pdf: Option<String>,
}

/// How an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    Paid,
    Open,
    /// It was tried, and did not work.
    Failed,
    Refunded,
    PartlyRefunded,
    Void,
    /// Nobody will pay it.
    WrittenOff,
    /// A word that this version does not know.
    Unknown,
}

impl InvoiceState {
    /// Of Stripe's word and what went back.
    #[must_use]
    pub fn of(status: &str, total: i64, refunded: i64, attempts: i32) -> Self {
        match status {
            "paid" if refunded > 0 && refunded >= total => Self::Refunded,
            "paid" if refunded > 0 => Self::PartlyRefunded,
            "paid" => Self::Paid,
            "open" if attempts > 0 => Self::Failed,
            "open" => Self::Open,
            "void" => Self::Void,
            "uncollectible" => Self::WrittenOff,
            _ => Self::Unknown,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Paid => "Paid",
            Self::Open => "Open",
            Self::Failed => "Failed",
            Self::Refunded => "Refunded",
            Self::PartlyRefunded => "Partly refunded",
            Self::Void => "Void",
            Self::WrittenOff => "Written off",
            Self::Unknown => "Unclear",
        }
    }
}

/// A refund or a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentView {
    /// «Refund», «Disputed payment».
    pub what: String,
    pub amount: Money,
    /// Stripe's word.
    pub status: String,
    pub date: String,
}

/// The page where a plan is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub team: TeamId,
    pub team_name: String,
    pub personal: bool,
    pub on: bool,
    /// Whether the viewer may buy.
    pub owner: bool,
    /// For how many at least.
    pub members: u32,
    /// The plan that the team has.
    pub plan: String,
    /// What is paid, where anything is.
    pub current: Option<SubscriptionView>,
    /// Those for such a team.
    pub plans: Vec<OfferedPlan>,
    /// Whether a first purchase begins with a trial.
    pub trial: bool,
    /// The change that was asked for.
    pub change: Option<Change>,
}

/// What every page says of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanNotice {
    /// Whether it is trouble.
    pub trouble: bool,
    pub text: String,
    /// Whether the viewer can do something about it.
    pub owner: bool,
}

impl OfferedPlan {
    /// Its price by the period.
    #[must_use]
    pub fn price(&self, period: Period) -> Option<Money> {
        match period {
            Period::Monthly => self.monthly,
            Period::Yearly => self.yearly,
        }
    }

    /// Whether it is for such a team.
    #[must_use]
    pub fn is_for(&self, personal: bool) -> bool {
        match self.audience {
            Audience::Everyone => true,
            Audience::Person => personal,
            Audience::Team => !personal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_called_what_it_is() {
        let of = |status, refunded, attempts| InvoiceState::of(status, 1_000, refunded, attempts);
        assert_eq!(of("paid", 0, 1), InvoiceState::Paid);
        assert_eq!(of("paid", 1_000, 1), InvoiceState::Refunded);
        assert_eq!(of("paid", 999, 1), InvoiceState::PartlyRefunded);
        assert_eq!(of("open", 0, 0), InvoiceState::Open);
        assert_eq!(of("open", 0, 2), InvoiceState::Failed);
        assert_eq!(of("new_word", 0, 0), InvoiceState::Unknown);
        // Nothing was paid, so nothing can have gone back.
        assert_eq!(InvoiceState::of("paid", 0, 0, 1), InvoiceState::Paid);
    }
}
