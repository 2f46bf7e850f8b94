//! Money that goes back, and plans that end by an operator's hand.

use super::{Admin, AdminError, written};
use crate::{
    admin::model::{ActLine, ActState, BackLine, Endable, Left, Money, PaymentLine, TeamLine, TeamMoney},
    billing::{About, Act, Back, BillingError, EndWanted, Known, Payment, RefundWanted},
    identity::service::operators::Operator,
    kit::id::{BillingActId, TeamId, UserId},
};

impl Admin {
    /// Refunds and disputes, the newest first, from before one of them on; what waits for Stripe; and the teams that the
    /// words name, if there are words.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn money(&self, words: &str, before: &str) -> Result<Money, AdminError> {
        let found = match words.trim() {
            "" => None,
            words => Some(self.billing.teams_about(words).await?.into_iter().map(team_line).collect()),
        };
        let (backs, more) = self.billing.backs(Some(before).filter(|before| !before.is_empty())).await?;
        let older = backs.last().filter(|_| more).map(|back| back.stripe_id.clone());
        Ok(Money {
            is_on: self.billing.is_on(),
            found,
            waits: self.billing.open_acts().await?.into_iter().map(act_line).collect(),
            backs: backs.into_iter().map(back_line).collect(),
            older,
        })
    }

    /// All about one team's money.
    ///
    /// # Errors
    /// When there never was such a team, or when the database is away.
    pub async fn team_money(&self, team: TeamId) -> Result<TeamMoney, AdminError> {
        let books = self.billing.books(team).await?;
        let plan = books.subscription.filter(|_| self.billing.is_on());
        Ok(TeamMoney {
            team: team_line(books.team),
            plan: plan.map(|(subscription, until)| Endable { subscription, paid_until: written(until) }),
            payments: books.payments.into_iter().map(payment_line).collect(),
            acts: books.acts.into_iter().map(act_line).collect(),
            backs: books.backs.into_iter().map(back_line).collect(),
            act: books.act,
        })
    }

    /// Gives a payment back, or a part of it.
    ///
    /// # Errors
    /// As [`crate::billing::Billing::refund`].
    pub async fn refund(&self, by: Operator, wanted: &RefundWanted) -> Result<(), AdminError> {
        Ok(self.billing.refund(person(by)?, wanted).await?)
    }

    /// Ends a team's plan at once.
    ///
    /// # Errors
    /// As [`crate::billing::Billing::end_now`].
    pub async fn end_plan(&self, by: Operator, wanted: &EndWanted) -> Result<(), AdminError> {
        Ok(self.billing.end_now(person(by)?, wanted).await?)
    }

    /// Asks Stripe again for what it has not answered; the team that it is about.
    ///
    /// # Errors
    /// As [`crate::billing::Billing::try_act_again`].
    pub async fn try_money_again(&self, by: Operator, id: BillingActId) -> Result<TeamId, AdminError> {
        let team = self.billing.try_act_again(id).await?;
        self.identity.note_operation(by, "money_tried_again", serde_json::json!({ "act": id })).await?;
        Ok(team)
    }
}

/// Money is moved by people, who are named; no command does it.
fn person(by: Operator) -> Result<UserId, BillingError> {
    match by {
        Operator::Person(user) => Ok(user),
        Operator::Command => Err(BillingError::NotOwner),
    }
}

pub(super) fn team_line(known: Known) -> TeamLine {
    let name = known.name.unwrap_or_else(|| "A team that is gone".to_owned());
    TeamLine { id: known.id, name, owner: known.owner, plan: known.plan }
}

fn back_line(back: Back) -> BackLine {
    BackLine {
        id: back.stripe_id,
        team: team_line(back.team),
        is_dispute: back.is_dispute,
        amount: back.amount.map(|amount| amount.to_string()).unwrap_or_default(),
        state: back.status.replace('_', " "),
        reason: back.reason,
        invoice: back.invoice,
        at: written(back.at),
        page: back.page,
    }
}

fn act_line(act: Act) -> ActLine {
    let what = match act.about {
        About::Refund { amount: Some(amount), .. } => format!("Refund of {amount}"),
        About::Refund { amount: None, invoice } => format!("Refund of {invoice}"),
        About::End { plan } => format!("End of the plan {plan}"),
    };
    ActLine {
        id: act.id,
        team: act.team,
        what,
        state: match act.state.as_str() {
            "done" => ActState::Done,
            "refused" => ActState::Refused,
            _ => ActState::Waits,
        },
        by: act.by.map_or_else(|| "somebody who is gone".to_owned(), |by| by.to_string()),
        because: act.because,
        problem: act.problem,
        at: written(act.at),
    }
}

fn payment_line(payment: Payment) -> PaymentLine {
    let left = payment.left;
    PaymentLine {
        number: payment.number.unwrap_or_else(|| payment.invoice.clone()),
        invoice: payment.invoice,
        state: payment.status,
        total: payment.total.to_string(),
        refunded: (payment.refunded.minor != 0).then(|| payment.refunded.to_string()),
        left: (left.minor > 0).then(|| Left { minor: left.minor, told: left.to_string(), typed: left.plain() }),
        at: written(payment.at),
        page: payment.page,
    }
}
