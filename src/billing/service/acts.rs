//! What operators do about a team's money. The row of an act is written before Stripe is asked, together with a job that
//! does it; whoever comes first, the operator who waits or the job, asks Stripe under the row's id, and everybody else
//! finds it done. What follows from it is read anew from Stripe, as after an event.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Billing;
use crate::{
    billing::{
        BillingError, jobs,
        store::{
            acts::{self, ActRow, Settled},
            system::{self, desk},
        },
        stripe::{Stripe, StripeError},
    },
    identity::email::one_line,
    kit::{
        id::{BillingActId, TeamId, UserId},
        money::Money,
    },
    platform::audit,
};

const LONGEST_REASON: usize = 300;
pub(super) const REFUND: &str = "refund";
pub(super) const END: &str = "end";

/// What an act is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A payment goes back.
    Refund {
        /// Stripe's id of the invoice that it was for.
        invoice: String,
        amount: Option<Money>,
    },
    /// A plan ends.
    End {
        /// The plan's id.
        plan: String,
    },
}

/// An act, as operators are shown it.
#[derive(Clone, Debug)]
pub struct Act {
    pub id: BillingActId,
    pub team: TeamId,
    pub about: About,
    /// Who acted; none: they have left.
    pub by: Option<UserId>,
    pub because: String,
    /// `open`, `done` or `refused`.
    pub state: String,
    /// Stripe's word for why it refused.
    pub problem: Option<String>,
    pub at: OffsetDateTime,
}

impl From<ActRow> for Act {
    fn from(row: ActRow) -> Self {
        let amount = row.amount.zip(row.currency.as_deref().and_then(|code| code.parse().ok()));
        let about = match row.kind.as_str() {
            REFUND => About::Refund {
                invoice: row.stripe_invoice.unwrap_or_default(),
                amount: amount.map(|(minor, currency)| Money::new(minor, currency)),
            },
            _ => About::End { plan: row.plan.unwrap_or_default() },
        };
        Self {
            id: row.id,
            team: row.team,
            about,
            by: row.user,
            because: row.because,
            state: row.state,
            problem: row.problem,
            at: row.created_at,
        }
    }
}

impl Billing {
    /// Tries an act again that waits for Stripe. One that is over stays as it is.
    ///
    /// # Errors
    /// When there is none such, Stripe refuses it or still does not answer, or the database fails.
    pub async fn try_act_again(&self, id: BillingActId) -> Result<TeamId, BillingError> {
        let act = desk::act(&mut *self.parts.db.acquire().await?, id).await?.ok_or(BillingError::NotFound("act"))?;
        self.do_act(id).await?;
        Ok(act.team)
    }

    /// Does what was begun, as its job does: with all that follows, and again until that stands here.
    ///
    /// # Errors
    /// When Stripe or the database is away: then it is to be tried again.
    pub async fn finish_act(&self, id: BillingActId) -> Result<(), BillingError> {
        let Some(act) = self.ask_once(id).await? else { return Ok(()) };
        self.read_after(&act).await
    }

    /// The same for an operator who waits, and is told when Stripe refuses.
    pub(super) async fn do_act(&self, id: BillingActId) -> Result<(), BillingError> {
        let act = self.ask_once(id).await.map_err(|error| match error {
            BillingError::Stripe(error) => BillingError::ActWaits(error),
            other => other,
        })?;
        let act = act.ok_or(BillingError::NotFound("act"))?;
        if let Err(error) = self.read_after(&act).await {
            // It is done; its job reads again until that stands here as well.
            tracing::warn!(%error, act = %id, "what follows from an act could not be read yet");
        }
        match act.problem {
            Some(word) => Err(BillingError::ActRefused(word)),
            None => Ok(()),
        }
    }

    /// Writes an act down, with its job and a line of the log; Stripe is asked afterwards.
    pub(super) async fn begin_act(&self, tx: &mut PgConnection, new: &ActRow) -> Result<(), BillingError> {
        acts::begin(tx, new).await?;
        jobs::enqueue_act(&self.parts.jobs, tx, new.id).await?;
        self.note_act(tx, new, "asked").await
    }

    /// Asks Stripe for an act that is open. One at a time does; the others find out what became of it.
    async fn ask_once(&self, id: BillingActId) -> Result<Option<ActRow>, BillingError> {
        let stripe = self.stripe()?;
        let _turn = self.turns.acquire().await.ok();
        let mut tx = self.parts.db.begin().await?;
        system::lock(&mut tx, &format!("act {id}")).await?;
        let Some(act) = desk::act(&mut tx, id).await? else { return Ok(None) };
        if act.state != "open" {
            return Ok(Some(act));
        }
        let now = self.parts.clock.now();
        match self.ask(stripe, &act).await {
            Ok(refund) => {
                acts::settle(&mut tx, act.team, id, Settled::Done(refund.as_deref()), now).await?;
                self.note_act(&mut tx, &ActRow { stripe_refund: refund, ..act }, "done").await?;
            }
            Err(StripeError::Refused { code, kind, .. }) => {
                let word = [code, kind].into_iter().find(|word| !word.is_empty());
                let word = word.unwrap_or_else(|| "without a word".to_owned());
                acts::settle(&mut tx, act.team, id, Settled::Refused(&word), now).await?;
                self.note_act(&mut tx, &ActRow { problem: Some(word), ..act }, "refused").await?;
            }
            Err(error) => {
                if error.is_kept() {
                    acts::try_anew(&mut tx, act.team, id).await?;
                    tx.commit().await?;
                }
                return Err(error.into());
            }
        }
        let settled = desk::act(&mut tx, id).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// The refund that Stripe made; none where a plan ended.
    async fn ask(&self, stripe: &Stripe, act: &ActRow) -> Result<Option<String>, StripeError> {
        match act.kind.as_str() {
            REFUND => self.ask_for_refund(stripe, act).await.map(Some),
            _ => self.ask_for_end(stripe, act).await.map(|()| None),
        }
    }

    /// Reads anew what an act has changed, or what stood in its way.
    async fn read_after(&self, act: &ActRow) -> Result<(), BillingError> {
        match (&act.stripe_refund, &act.payment_intent, &act.stripe_customer) {
            (Some(refund), _, _) => self.sync_refund(refund).await,
            (None, Some(payment), _) => match self.sync_refunds_of(payment).await {
                // Stripe does not know the payment at all, which is why it refused.
                Err(BillingError::Stripe(error)) if error.is_missing() => Ok(()),
                other => other,
            },
            (None, None, Some(customer)) => self.sync_customer(customer).await.map(drop),
            (None, None, None) => Ok(()),
        }
    }

    /// A line about the owner of the team, where it has one, with the operator's name.
    async fn note_act(&self, tx: &mut PgConnection, act: &ActRow, step: &str) -> Result<(), BillingError> {
        let owner = self.parts.teams.owner_of(tx, act.team).await?;
        let Some(subject) = owner.or(act.user) else { return Ok(()) };
        let actor = act.user.map_or_else(|| "an operator who is gone".to_owned(), |user| user.to_string());
        let (kind, about) = match (act.kind.as_str(), step) {
            (REFUND, "asked") => ("billing_refund_asked", refunded(act)),
            (REFUND, "done") => ("billing_refunded", refunded(act)),
            (REFUND, _) => ("billing_refund_refused", refunded(act)),
            (_, "asked") => ("billing_end_asked", ended(act)),
            (_, "done") => ("billing_ended", ended(act)),
            (_, _) => ("billing_end_refused", ended(act)),
        };
        let now = self.parts.clock.now();
        Ok(audit::record_by(tx, &self.parts.random, now, subject, &actor, kind, about).await?)
    }
}

fn refunded(act: &ActRow) -> Value {
    json!({
        "act": act.id, "team": act.team, "invoice": act.stripe_invoice, "amount": act.amount, "currency": act.currency,
        "refund": act.stripe_refund, "problem": act.problem,
    })
}

fn ended(act: &ActRow) -> Value {
    json!({
        "act": act.id, "team": act.team, "subscription": act.stripe_subscription, "plan": act.plan, "problem": act.problem,
    })
}

/// Why, on one line.
pub(super) fn reason(typed: &str) -> Result<String, BillingError> {
    let because: String = one_line(typed).chars().take(LONGEST_REASON).collect();
    if because.is_empty() { Err(BillingError::NoReason) } else { Ok(because) }
}
