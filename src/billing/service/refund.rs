//! A payment goes back by the hand of an operator, in whole or in part.

use std::collections::HashMap;

use stripe_core::refund::CreateRefund;
use time::Duration;

use super::{
    Billing,
    acts::{self, REFUND},
    adjust::refunds_of,
};
use crate::{
    billing::{
        BillingError,
        store::{
            acts::{ActRow, payments, under_way},
            system::{self, desk},
        },
        stripe::{Stripe, StripeError, objects::Adjustment},
    },
    kit::{
        id::{BillingActId, TeamId, UserId},
        money::{Currency, Money},
    },
};

/// Stripe keeps a key for a day; what is older is looked for first.
const KEY_LASTS: Duration = Duration::hours(20);
const ACT: &str = "act_id";

/// What an operator wants to give back.
#[derive(Clone, Debug)]
pub struct RefundWanted {
    /// Made with the form: the same form, sent again, is the same refund.
    pub id: BillingActId,
    pub team: TeamId,
    /// Stripe's id of the invoice.
    pub invoice: String,
    /// As it was typed.
    pub amount: String,
    /// What was left of the payment when the form was shown, in minor units.
    pub left: i64,
    pub because: String,
}

impl Billing {
    /// Gives a payment back, or a part of it, once.
    ///
    /// # Errors
    /// When no reason is given, it was not paid, less is left, or more or less than was shown; when Stripe refuses, or does
    /// not answer: then it goes on by itself.
    pub async fn refund(&self, by: UserId, wanted: &RefundWanted) -> Result<(), BillingError> {
        self.stripe()?;
        let because = acts::reason(&wanted.because)?;
        let mut tx = self.parts.db.begin().await?;
        system::lock(&mut tx, &format!("team {}", wanted.team)).await?;
        let payment = payments(&mut tx, wanted.team, Some(&wanted.invoice), 1).await?.pop();
        let payment = payment.ok_or(BillingError::NotFound("payment"))?;
        let currency: Currency = payment.currency.parse().map_err(|_| BillingError::NothingToRefund)?;
        let amount = Money::read(&wanted.amount, currency);
        if let Some(begun) = desk::act(&mut tx, wanted.id).await? {
            drop(tx);
            let same = begun.team == wanted.team
                && begun.stripe_invoice.as_deref() == Some(wanted.invoice.as_str())
                && begun.amount == amount.map(|amount| amount.minor);
            return if same { self.do_act(wanted.id).await } else { Err(BillingError::Changed) };
        }
        if under_way(&mut tx, wanted.team, &wanted.invoice).await? {
            return Err(BillingError::ActUnderWay);
        }
        let Some(intent) = payment.payment_intent.filter(|_| payment.left > 0) else {
            return Err(BillingError::NothingToRefund);
        };
        if payment.left != wanted.left {
            return Err(BillingError::Changed);
        }
        let left = Money::new(payment.left, currency);
        let amount = amount.filter(|amount| can_be(*amount, left)).ok_or(BillingError::Amount { left })?;
        let act = ActRow {
            id: wanted.id,
            team: wanted.team,
            kind: REFUND.to_owned(),
            user: Some(by),
            because,
            stripe_invoice: Some(wanted.invoice.clone()),
            payment_intent: Some(intent),
            currency: Some(payment.currency),
            amount: Some(amount.minor),
            stripe_subscription: None,
            stripe_customer: None,
            plan: None,
            attempt: 1,
            state: "open".to_owned(),
            stripe_refund: None,
            problem: None,
            created_at: self.parts.clock.now(),
        };
        self.begin_act(&mut tx, &act).await?;
        tx.commit().await?;
        self.do_act(act.id).await
    }

    /// Asks Stripe for the refund of an act; its id.
    pub(super) async fn ask_for_refund(&self, stripe: &Stripe, act: &ActRow) -> Result<String, StripeError> {
        let (Some(intent), Some(amount)) = (&act.payment_intent, act.amount) else {
            return Err(StripeError::Unreadable("a refund of ours names no payment".to_owned()));
        };
        let id = act.id.to_string();
        if act.attempt > 1 || act.created_at + KEY_LASTS < self.parts.clock.now() {
            // What an earlier try has made in spite of its answer is taken up; there is no second refund.
            let made = refunds_of(stripe, intent).await?.into_iter().find(|refund| {
                refund.metadata.as_ref().and_then(|written| written.get(ACT)).is_some_and(|written| *written == id)
            });
            if let Some(made) = made {
                return Ok(made.id);
            }
        }
        let request = CreateRefund::new()
            .payment_intent(intent.clone())
            .amount(amount)
            .metadata(HashMap::from([(ACT.to_owned(), id)]));
        let made: Adjustment = stripe.write(&request, &format!("act:{}:{}", act.id, act.attempt)).await?;
        Ok(made.id)
    }
}

/// At least the smallest unit, and at most what is left. Of currencies with three digits Stripe takes tens alone
/// (<https://docs.stripe.com/currencies#three-decimal>), unless it is all that is left.
fn can_be(amount: Money, left: Money) -> bool {
    let whole = amount.minor == left.minor || amount.currency.digits() < 3 || amount.minor % 10 == 0;
    amount.minor >= 1 && amount.minor <= left.minor && whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_is_never_nothing_and_never_more_than_is_left() {
        let can = |amount, left, currency: &str| {
            let currency = currency.parse().unwrap();
            can_be(Money::new(amount, currency), Money::new(left, currency))
        };
        assert!(can(1, 1_800, "eur") && can(1_800, 1_800, "eur"));
        assert!(!can(0, 1_800, "eur") && !can(-1, 1_800, "eur") && !can(1_801, 1_800, "eur"));
        assert!(can(1, 1_800, "jpy"));
        assert!(can(5_250, 7_995, "kwd") && can(7_995, 7_995, "kwd") && !can(5_255, 7_995, "kwd"));
    }
}
