use thiserror::Error;

use super::stripe::StripeError;
use crate::{
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    kit::money::Money,
    platform::{crypto::VaultError, jobs::JobsError, mail::MailError, telemetry, webhooks::WebhookError},
    team::service::TeamError,
};

/// Why something about money was not done.
#[derive(Debug, Error)]
pub enum BillingError {
    /// This installation sells nothing.
    #[error("billing is not set up")]
    NotSetUp,
    /// There is no such plan, or it cannot be bought this way.
    #[error("no such plan or price")]
    UnknownPlan,
    /// Only the owner of a team decides about its money.
    #[error("only the owner may do this")]
    NotOwner,
    /// Not there, or of another team.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The team pays already.
    #[error("the team has a subscription")]
    Subscribed,
    /// The team pays for nothing.
    #[error("the team has no subscription")]
    NotSubscribed,
    /// The team has a payment that Stripe has not confirmed yet.
    #[error("a payment is under way")]
    PaymentUnderWay,
    /// A payment is missing.
    #[error("a payment is missing")]
    PayFirst,
    /// The plan is cancelled.
    #[error("the plan ends")]
    Ends,
    /// It cannot be bought for so many.
    #[error("not so many seats")]
    Seats {
        /// For so many at least.
        members: u32,
        most: u32,
    },
    /// What was shown is no longer true: it has to be shown again.
    #[error("what was agreed to has changed")]
    Changed,
    /// The plan's month is used up.
    #[error("the {what} of the month are used up")]
    UsedUp {
        /// `messages` or `tokens`.
        what: &'static str,
        /// The plan's name.
        plan: String,
        /// When there are new ones.
        again: time::OffsetDateTime,
    },
    /// Stripe says a status of a subscription that we do not know; the one before counts for a day.
    #[error("Stripe says that a subscription is `{0}`, which this version does not know")]
    UnknownStatus(String),
    /// Somebody has bought for a team that pays already.
    #[error("a team was paid for twice: {kept} stays, {closed} was closed")]
    PaidTwice { kept: String, closed: String },
    /// An operator says why.
    #[error("no reason was given")]
    NoReason,
    /// Nothing was paid by this invoice, or all of it went back.
    #[error("there is nothing to give back")]
    NothingToRefund,
    /// It cannot be so much.
    #[error("not that amount")]
    Amount {
        /// What is left of the payment.
        left: Money,
    },
    /// The same payment or plan is being dealt with.
    #[error("an act about it is under way")]
    ActUnderWay,
    /// Stripe has not said what became of an operator's act.
    #[error("an act waits for Stripe: {0}")]
    ActWaits(#[source] StripeError),
    /// Stripe refused an operator's act.
    #[error("Stripe refused an act: {0}")]
    ActRefused(String),
    /// A payment that nobody owes could not be given back.
    #[error("the payment of the invoice {0} has to be given back by hand, in Stripe's dashboard")]
    NotRefunded(String),
    /// Stripe failed or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// The team could not be used.
    #[error("billing: {0}")]
    Team(#[from] TeamError),
    /// The owner could not be looked up.
    #[error("billing: {0}")]
    Identity(#[from] IdentityError),
    /// An event could not be kept.
    #[error("billing: {0}")]
    Event(#[from] WebhookError),
    /// The mail could not be written.
    #[error("billing: {0}")]
    Mail(#[from] MailError),
    /// Something could not be sealed.
    #[error("billing: {0}")]
    Vault(#[from] VaultError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] JobsError),
    /// The database failed.
    #[error("billing: the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<BillingError> for AppError {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::NotSetUp => Self::new(
                ErrorKind::NotSetUp,
                "billing_off",
                "Billing is off here: there is nothing to buy, and everybody has the free plan.",
            ),
            BillingError::UnknownPlan => Self::new(
                ErrorKind::Unprocessable,
                "plan_unknown",
                "This plan cannot be bought here. Choose one of the plans on the billing page.",
            ),
            BillingError::NotOwner => Self::new(
                ErrorKind::Forbidden,
                "not_owner",
                "Only the owner of this team decides about its plan. Ask them, or have them make you the owner.",
            ),
            BillingError::NotFound(what) => Self::not_found(what),
            BillingError::Subscribed => Self::new(
                ErrorKind::Conflict,
                "already_subscribed",
                "This team has a plan already. Change it on the billing page; nothing was charged.",
            ),
            BillingError::NotSubscribed => Self::new(
                ErrorKind::Conflict,
                "not_subscribed",
                "This team has no paid plan, so there is nothing to change.",
            ),
            BillingError::PaymentUnderWay => Self::new(
                ErrorKind::Conflict,
                "payment_under_way",
                "A payment of this team is being confirmed. Wait until it is done; a second one would be charged as well.",
            ),
            BillingError::PayFirst => Self::new(
                ErrorKind::Conflict,
                "pay_first",
                "A payment is missing. Pay it on the billing page first; then the plan can be changed.",
            ),
            BillingError::Ends => Self::new(
                ErrorKind::Conflict,
                "plan_ends",
                "This plan is cancelled. Resume it on the billing page first; then it can be changed.",
            ),
            BillingError::Seats { members, most } => Self::new(
                ErrorKind::Unprocessable,
                "seats_wrong",
                format!("Choose from {members} to {most} seats: each member of the team takes one."),
            )
            .on_field("seats"),
            BillingError::Changed => Self::new(
                ErrorKind::Conflict,
                "offer_changed",
                "Something changed since this was shown, so nothing was done. Look at the new amount and confirm again.",
            ),
            BillingError::UsedUp { what, plan, again } => Self::new(
                ErrorKind::Forbidden,
                "plan_used_up",
                format!(
                    "This team has used the {what} that the plan {plan} has for a month. There are new ones on {} {} (UTC); a \
                     bigger plan has more at once. Your text is kept.",
                    again.day(),
                    again.month(),
                ),
            ),
            BillingError::NoReason => Self::new(
                ErrorKind::Unprocessable,
                "reason_missing",
                "Say why, in a few words: other operators will read it.",
            )
            .on_field("because"),
            BillingError::NothingToRefund => Self::new(
                ErrorKind::Conflict,
                "nothing_to_refund",
                "Nothing of this payment is left to give back: it was never paid by Stripe, or all of it went back already.",
            ),
            BillingError::Amount { left } => Self::new(
                ErrorKind::Unprocessable,
                "amount_wrong",
                format!(
                    "Type an amount of {}, as «{}», and not more than {left}: that is what is left.",
                    left.currency,
                    left.plain()
                ),
            )
            .on_field("amount"),
            BillingError::ActUnderWay => Self::new(
                ErrorKind::Conflict,
                "act_under_way",
                "This is being done already, and waits for Stripe. Nothing was done a second time; see below what becomes of it.",
            ),
            BillingError::ActWaits(_) => {
                telemetry::report(&error, "Stripe");
                Self::new(
                    ErrorKind::Unavailable,
                    "act_waits",
                    "Stripe does not answer, so it is not known yet what became of this. It is written down and goes on by \
                     itself; it is done once, however often it is tried. Reload the page in a minute, or press «Try again».",
                )
            }
            BillingError::ActRefused(word) => Self::new(
                ErrorKind::Upstream,
                "act_refused",
                format!(
                    "Stripe refused this ({word}), so nothing was done. What it says now stands below; look at the payment in \
                     Stripe's dashboard before you try again.",
                ),
            ),
            BillingError::Stripe(ref refused) if !refused.is_passing() => {
                telemetry::report(&error, "Stripe");
                Self::new(
                    ErrorKind::Upstream,
                    "stripe_refused",
                    "Our payment service did not accept this. Nothing was charged; if it stays so, write to us with the number below.",
                )
            }
            BillingError::Stripe(_) => Self::new(
                ErrorKind::Unavailable,
                "stripe_unavailable",
                "Our payment service does not answer at the moment. Try again in a minute: nothing is ever charged twice.",
            ),
            BillingError::Team(error) => error.into(),
            other => {
                telemetry::report(&other, "billing");
                Self::internal()
            }
        }
    }
}
