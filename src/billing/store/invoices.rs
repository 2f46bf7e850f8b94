//! Invoices, refunds and disputes, written as Stripe has them.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::TeamId;

/// An invoice as it is to be written.
#[derive(Clone, Debug)]
pub struct NewInvoice {
    pub stripe_invoice: String,
    pub stripe_subscription: Option<String>,
    pub payment_intent: Option<String>,
    pub number: Option<String>,
    pub status: String,
    pub billing_reason: Option<String>,
    pub currency: String,
    pub total: i64,
    pub tax: i64,
    pub amount_due: i64,
    pub amount_paid: i64,
    pub hosted_url: Option<String>,
    pub pdf_url: Option<String>,
    pub attempts: i32,
    pub next_attempt_at: Option<OffsetDateTime>,
    pub period_start: OffsetDateTime,
    pub period_end: OffsetDateTime,
    pub created_at: OffsetDateTime,
    pub paid_at: Option<OffsetDateTime>,
}

/// Which of these are not known yet.
pub async fn unknown(connection: &mut PgConnection, team: TeamId, ids: &[String]) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from unnest($2::text[]) as given (id)
           where not exists (select from billing_invoices where team_id = $1 and stripe_invoice = given.id)"#,
        team as TeamId,
        ids,
    )
    .fetch_one(connection)
    .await
}

/// Writes an invoice. What was refunded is counted from the refunds.
pub async fn upsert(
    connection: &mut PgConnection,
    team: TeamId,
    new: &NewInvoice,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into billing_invoices as b (stripe_invoice, team_id, stripe_subscription, payment_intent, number, status,
             billing_reason, currency, total, tax, amount_due, amount_paid, hosted_url, pdf_url, attempts,
             next_attempt_at, period_start, period_end, created_at, paid_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         on conflict (stripe_invoice) do update set
             stripe_subscription = excluded.stripe_subscription,
             payment_intent = coalesce(excluded.payment_intent, b.payment_intent), number = excluded.number,
             status = excluded.status, billing_reason = excluded.billing_reason, currency = excluded.currency,
             total = excluded.total, tax = excluded.tax, amount_due = excluded.amount_due,
             amount_paid = excluded.amount_paid, hosted_url = excluded.hosted_url, pdf_url = excluded.pdf_url,
             attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
             period_start = excluded.period_start, period_end = excluded.period_end, created_at = excluded.created_at,
             paid_at = excluded.paid_at, synced_at = excluded.synced_at
         where b.team_id = excluded.team_id",
        new.stripe_invoice,
        team as TeamId,
        new.stripe_subscription,
        new.payment_intent,
        new.number,
        new.status,
        new.billing_reason,
        new.currency,
        new.total,
        new.tax,
        new.amount_due,
        new.amount_paid,
        new.hosted_url,
        new.pdf_url,
        new.attempts,
        new.next_attempt_at,
        new.period_start,
        new.period_end,
        new.created_at,
        new.paid_at,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A refund or a dispute as it is to be written.
#[derive(Clone, Debug)]
pub struct NewAdjustment {
    pub stripe_id: String,
    /// `refund` or `dispute`.
    pub kind: &'static str,
    pub stripe_invoice: Option<String>,
    pub currency: String,
    pub amount: i64,
    pub status: String,
    pub reason: Option<String>,
    pub created_at: OffsetDateTime,
}

/// How a refund or a dispute of a team stood; none: it is not known yet.
pub async fn status_of(connection: &mut PgConnection, team: TeamId, stripe_id: &str) -> sqlx::Result<Option<String>> {
    query_scalar!(
        "select status from billing_adjustments where team_id = $1 and stripe_id = $2",
        team as TeamId,
        stripe_id,
    )
    .fetch_optional(connection)
    .await
}

/// Writes a refund or a dispute; whether it is new.
pub async fn adjust(
    connection: &mut PgConnection,
    team: TeamId,
    new: &NewAdjustment,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"insert into billing_adjustments as b
             (stripe_id, team_id, kind, stripe_invoice, currency, amount, status, reason, created_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (stripe_id) do update set
             stripe_invoice = coalesce(excluded.stripe_invoice, b.stripe_invoice), amount = excluded.amount,
             status = excluded.status, reason = excluded.reason, synced_at = excluded.synced_at
         where b.team_id = excluded.team_id
         returning xmax = 0 as "new!""#,
        new.stripe_id,
        team as TeamId,
        new.kind,
        new.stripe_invoice,
        new.currency,
        new.amount,
        new.status,
        new.reason,
        new.created_at,
        now,
    )
    .fetch_optional(connection)
    .await
    .map(|new| new.unwrap_or(false))
}

/// Counts what went back of each invoice of a team.
pub async fn count_refunds(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<()> {
    query!(
        "update billing_invoices i set amount_refunded = counted.amount
         from (
             select b.stripe_invoice, coalesce(sum(a.amount) filter (where a.status not in ('failed', 'canceled')), 0)::bigint
                 as amount
             from billing_invoices b
             join billing_adjustments a
                 on a.team_id = b.team_id and a.stripe_invoice = b.stripe_invoice and a.kind = 'refund'
             where b.team_id = $1
             group by b.stripe_invoice
         ) counted
         where i.team_id = $1 and i.stripe_invoice = counted.stripe_invoice and i.amount_refunded <> counted.amount",
        team as TeamId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The invoice of a team that a payment was for.
pub async fn of_payment(
    connection: &mut PgConnection,
    team: TeamId,
    payment_intent: &str,
) -> sqlx::Result<Option<String>> {
    query_scalar!(
        "select stripe_invoice from billing_invoices where team_id = $1 and payment_intent = $2",
        team as TeamId,
        payment_intent,
    )
    .fetch_optional(connection)
    .await
}
