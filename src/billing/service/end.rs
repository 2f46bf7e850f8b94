//! A plan ends at once by the hand of an operator. Nothing goes back by it; what is to go back is refunded.

use stripe_billing::subscription::CancelSubscription;

use super::{
    Billing,
    acts::{self, END},
};
use crate::{
    billing::{
        BillingError,
        store::{
            acts::{ActRow, under_way},
            shown,
            system::{self, desk},
        },
        stripe::{Stripe, StripeError, objects::Done},
    },
    kit::id::{BillingActId, TeamId, UserId},
};

/// What an operator wants to end.
#[derive(Clone, Debug)]
pub struct EndWanted {
    /// Made with the form: the same form, sent again, is the same act.
    pub id: BillingActId,
    pub team: TeamId,
    /// Stripe's id of the subscription that was shown.
    pub subscription: String,
    pub because: String,
}

impl Billing {
    /// Ends a team's plan at once: nothing is billed and nothing goes back.
    ///
    /// # Errors
    /// When no reason is given, nothing is paid, or something else than was shown; when Stripe refuses, or does not answer:
    /// then it goes on by itself.
    pub async fn end_now(&self, by: UserId, wanted: &EndWanted) -> Result<(), BillingError> {
        self.stripe()?;
        let because = acts::reason(&wanted.because)?;
        let mut tx = self.parts.db.begin().await?;
        system::lock(&mut tx, &format!("team {}", wanted.team)).await?;
        if let Some(begun) = desk::act(&mut tx, wanted.id).await? {
            drop(tx);
            let same =
                begun.team == wanted.team && begun.stripe_subscription.as_deref() == Some(wanted.subscription.as_str());
            return if same { self.do_act(wanted.id).await } else { Err(BillingError::Changed) };
        }
        if under_way(&mut tx, wanted.team, &wanted.subscription).await? {
            return Err(BillingError::ActUnderWay);
        }
        let live = shown::live(&mut tx, wanted.team).await?.into_iter().next().ok_or(BillingError::NotSubscribed)?;
        if live.stripe_subscription != wanted.subscription {
            return Err(BillingError::Changed);
        }
        let act = ActRow {
            id: wanted.id,
            team: wanted.team,
            kind: END.to_owned(),
            user: Some(by),
            because,
            stripe_invoice: None,
            payment_intent: None,
            currency: None,
            amount: None,
            stripe_subscription: Some(live.stripe_subscription),
            stripe_customer: Some(live.stripe_customer),
            plan: Some(live.plan),
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

    /// Asks Stripe to end the subscription of an act. What waits for the end of its period ends with it.
    pub(super) async fn ask_for_end(&self, stripe: &Stripe, act: &ActRow) -> Result<(), StripeError> {
        let subscription = act.stripe_subscription.clone().unwrap_or_default();
        let request = CancelSubscription::new(subscription).invoice_now(false).prorate(false);
        match stripe.write::<Done>(&request, &format!("act:{}:{}", act.id, act.attempt)).await {
            // It is over already.
            Err(error) if error.is_missing() => Ok(()),
            other => other.map(|Done {}| ()),
        }
    }
}
