//! What the pages show of a team's money.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::TeamId;

/// A subscription that is not over.
#[derive(Clone, Debug)]
pub struct LiveRow {
    pub stripe_subscription: String,
    pub stripe_customer: String,
    pub plan: String,
    pub period: String,
    pub status: String,
    pub stripe_item: String,
    pub stripe_price: String,
    pub seats: i32,
    pub currency: String,
    pub unit_amount: i64,
    pub period_start: OffsetDateTime,
    pub period_end: OffsetDateTime,
    pub cancel_at: Option<OffsetDateTime>,
    pub stripe_schedule: Option<String>,
    pub next_plan: Option<String>,
    pub next_period: Option<String>,
    pub next_seats: Option<i32>,
    pub synced_at: OffsetDateTime,
}

/// A team's subscriptions that are not over: those that were paid before those that wait for their first payment, the
/// oldest first.
pub async fn live(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<LiveRow>> {
    query_as!(
        LiveRow,
        "select stripe_subscription, stripe_customer, plan, period, status, stripe_item, stripe_price, seats, currency,
             unit_amount, period_start, period_end, cancel_at, stripe_schedule, next_plan, next_period, next_seats,
             synced_at
         from billing_subscriptions
         where team_id = $1 and status not in ('canceled', 'incomplete_expired')
         order by status = 'incomplete', created_at, stripe_subscription",
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// A line of the list of invoices.
#[derive(Clone, Debug)]
pub struct InvoiceRow {
    pub number: Option<String>,
    pub status: String,
    pub currency: String,
    pub total: i64,
    pub tax: i64,
    pub amount_due: i64,
    pub amount_refunded: i64,
    pub hosted_url: Option<String>,
    pub pdf_url: Option<String>,
    pub attempts: i32,
    pub next_attempt_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
}

/// A team's newest invoices; drafts are not yet any.
pub async fn invoices(connection: &mut PgConnection, team: TeamId, limit: i64) -> sqlx::Result<Vec<InvoiceRow>> {
    query_as!(
        InvoiceRow,
        "select number, status, currency, total, tax, amount_due, amount_refunded, hosted_url, pdf_url, attempts,
             next_attempt_at, created_at
         from billing_invoices where team_id = $1 and status <> 'draft'
         order by created_at desc, stripe_invoice desc limit $2",
        team as TeamId,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The oldest invoice that waits to be paid.
pub async fn unpaid(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<InvoiceRow>> {
    query_as!(
        InvoiceRow,
        "select number, status, currency, total, tax, amount_due, amount_refunded, hosted_url, pdf_url, attempts,
             next_attempt_at, created_at
         from billing_invoices where team_id = $1 and status = 'open' and amount_due > 0
         order by created_at, stripe_invoice limit 1",
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// A refund or a dispute.
#[derive(Clone, Debug)]
pub struct AdjustmentRow {
    pub kind: String,
    pub currency: String,
    pub amount: i64,
    pub status: String,
    pub created_at: OffsetDateTime,
}

/// A team's newest refunds and disputes.
pub async fn adjustments(connection: &mut PgConnection, team: TeamId, limit: i64) -> sqlx::Result<Vec<AdjustmentRow>> {
    query_as!(
        AdjustmentRow,
        "select kind, currency, amount, status, created_at from billing_adjustments where team_id = $1
         order by created_at desc, stripe_id desc limit $2",
        team as TeamId,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Says that a subscription was changed, where it could not be read anew.
pub async fn touch(
    connection: &mut PgConnection,
    team: TeamId,
    subscription: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update billing_subscriptions set synced_at = greatest($3, synced_at + interval '1 microsecond')
         where team_id = $1 and stripe_subscription = $2",
        team as TeamId,
        subscription,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
