//! What operators do about a team's money.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{BillingActId, TeamId, UserId};

/// An act. What it is about stands in the fields of its kind.
#[derive(Clone, Debug)]
pub struct ActRow {
    pub id: BillingActId,
    pub team: TeamId,
    /// `refund` or `end`.
    pub kind: String,
    /// Who acts; none: they have left.
    pub user: Option<UserId>,
    pub because: String,
    pub stripe_invoice: Option<String>,
    pub payment_intent: Option<String>,
    pub currency: Option<String>,
    /// In minor units.
    pub amount: Option<i64>,
    pub stripe_subscription: Option<String>,
    pub stripe_customer: Option<String>,
    pub plan: Option<String>,
    /// Under which key Stripe is asked for it.
    pub attempt: i32,
    /// `open`, `done` or `refused`.
    pub state: String,
    /// The refund that Stripe made.
    pub stripe_refund: Option<String>,
    /// Stripe's word for why it refused.
    pub problem: Option<String>,
    pub created_at: OffsetDateTime,
}

/// Writes an act down, before Stripe is asked.
pub async fn begin(connection: &mut PgConnection, new: &ActRow) -> sqlx::Result<()> {
    query!(
        "insert into billing_acts (id, team_id, kind, user_id, because, stripe_invoice, payment_intent, currency, amount,
             stripe_subscription, stripe_customer, plan, state, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13)",
        new.id as BillingActId,
        new.team as TeamId,
        new.kind,
        new.user as Option<UserId>,
        new.because,
        new.stripe_invoice,
        new.payment_intent,
        new.currency,
        new.amount,
        new.stripe_subscription,
        new.stripe_customer,
        new.plan,
        new.created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether something is under way about an invoice or a subscription of a team.
pub async fn under_way(connection: &mut PgConnection, team: TeamId, about: &str) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from billing_acts
               where team_id = $1 and state = 'open' and coalesce(stripe_invoice, stripe_subscription) = $2
           ) as "open!""#,
        team as TeamId,
        about,
    )
    .fetch_one(connection)
    .await
}

/// What became of an act.
#[derive(Clone, Copy, Debug)]
pub enum Settled<'a> {
    /// The refund that Stripe made; none where a plan ended.
    Done(Option<&'a str>),
    /// Stripe's word for why not.
    Refused(&'a str),
}

/// Writes down what became of an act. One that is over stays as it is.
pub async fn settle(
    connection: &mut PgConnection,
    team: TeamId,
    id: BillingActId,
    settled: Settled<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (state, refund, problem) = match settled {
        Settled::Done(refund) => ("done", refund, None),
        Settled::Refused(problem) => ("refused", None, Some(problem)),
    };
    query!(
        "update billing_acts set state = $3, stripe_refund = $4, problem = $5, settled_at = $6
         where team_id = $1 and id = $2 and state = 'open'",
        team as TeamId,
        id as BillingActId,
        state,
        refund,
        problem,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next try is made under another key, for Stripe answers this one as it did.
pub async fn try_anew(connection: &mut PgConnection, team: TeamId, id: BillingActId) -> sqlx::Result<()> {
    query!(
        "update billing_acts set attempt = attempt + 1 where team_id = $1 and id = $2 and state = 'open'",
        team as TeamId,
        id as BillingActId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest acts about a team.
pub async fn of_team(connection: &mut PgConnection, team: TeamId, limit: i64) -> sqlx::Result<Vec<ActRow>> {
    query_as!(
        ActRow,
        r#"select id as "id: BillingActId", team_id as "team: TeamId", kind, user_id as "user: UserId", because,
               stripe_invoice, payment_intent, currency, amount, stripe_subscription, stripe_customer, plan, attempt, state,
               stripe_refund, problem, created_at
           from billing_acts where team_id = $1 order by created_at desc, id desc limit $2"#,
        team as TeamId,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// A payment, as far as it can go back.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    pub stripe_invoice: String,
    pub number: Option<String>,
    pub payment_intent: Option<String>,
    pub status: String,
    pub currency: String,
    pub total: i64,
    pub amount_refunded: i64,
    /// What has neither gone back nor is about to.
    pub left: i64,
    pub created_at: OffsetDateTime,
}

/// A team's newest invoices, or the one that is named, with what is left of each payment.
pub async fn payments(
    connection: &mut PgConnection,
    team: TeamId,
    one: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<PaymentRow>> {
    query_as!(
        PaymentRow,
        r#"select i.stripe_invoice, i.number, i.payment_intent, i.status, i.currency, i.total,
               i.amount_refunded, i.created_at,
               greatest(0, i.amount_paid - i.amount_refunded - coalesce((
                   select sum(a.amount) from billing_acts a
                   where a.team_id = i.team_id and a.stripe_invoice = i.stripe_invoice
                       and (a.state = 'open' or a.state = 'done' and not exists (
                           select from billing_adjustments b where b.stripe_id = a.stripe_refund
                       ))
               ), 0))::bigint as "left!"
           from billing_invoices i
           where i.team_id = $1 and i.status <> 'draft' and ($2::text is null or i.stripe_invoice = $2)
           order by i.created_at desc, i.stripe_invoice desc limit $3"#,
        team as TeamId,
        one,
        limit,
    )
    .fetch_all(connection)
    .await
}
