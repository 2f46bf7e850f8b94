//! What operators are shown of all teams.

use sqlx::{PgConnection, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    billing::store::acts::ActRow,
    kit::id::{BillingActId, TeamId, UserId},
};

/// An act of any operator's.
pub async fn act(connection: &mut PgConnection, id: BillingActId) -> sqlx::Result<Option<ActRow>> {
    query_as!(
        ActRow,
        r#"select id as "id: BillingActId", team_id as "team: TeamId", kind, user_id as "user: UserId", because,
               stripe_invoice, payment_intent, currency, amount, stripe_subscription, stripe_customer, plan, attempt, state,
               stripe_refund, problem, created_at
           from billing_acts where id = $1"#,
        id as BillingActId,
    )
    .fetch_optional(connection)
    .await
}

/// The acts that Stripe has not answered yet, the oldest first.
pub async fn open_acts(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<ActRow>> {
    query_as!(
        ActRow,
        r#"select id as "id: BillingActId", team_id as "team: TeamId", kind, user_id as "user: UserId", because,
               stripe_invoice, payment_intent, currency, amount, stripe_subscription, stripe_customer, plan, attempt, state,
               stripe_refund, problem, created_at
           from billing_acts where state = 'open' order by created_at, id limit $1"#,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// How many those are.
pub async fn count_open_acts(connection: &mut PgConnection) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from billing_acts where state = 'open'"#).fetch_one(connection).await
}

/// A refund or a dispute, with what it is about.
#[derive(Clone, Debug)]
pub struct BackRow {
    pub stripe_id: String,
    pub team: TeamId,
    /// `refund` or `dispute`.
    pub kind: String,
    pub currency: String,
    pub amount: i64,
    pub status: String,
    /// The operator's, else Stripe's.
    pub reason: Option<String>,
    pub created_at: OffsetDateTime,
    pub number: Option<String>,
    pub payment_intent: Option<String>,
}

/// The newest refunds and disputes of all teams or of one; from before one of them on, where it is named.
pub async fn backs(
    connection: &mut PgConnection,
    team: Option<TeamId>,
    before: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<BackRow>> {
    query_as!(
        BackRow,
        r#"select b.stripe_id, b.team_id as "team: TeamId", b.kind, b.currency, b.amount, b.status,
               coalesce(a.because, b.reason) as reason, b.created_at, i.number as "number?",
               i.payment_intent as "payment_intent?"
           from billing_adjustments b
           left join billing_acts a on a.stripe_refund = b.stripe_id
           left join billing_invoices i on i.stripe_invoice = b.stripe_invoice
           where ($1::uuid is null or b.team_id = $1)
               and ($2::text is null or (b.created_at, b.stripe_id)
                   < (select c.created_at, c.stripe_id from billing_adjustments c where c.stripe_id = $2))
           order by b.created_at desc, b.stripe_id desc limit $3"#,
        team as Option<TeamId>,
        before,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The teams that something of Stripe's is about: the number or the id of an invoice, the id of a payment, of a refund, of
/// a dispute, of a subscription or of a customer; or the team's own id.
pub async fn teams_about(connection: &mut PgConnection, words: &str, limit: i64) -> sqlx::Result<Vec<TeamId>> {
    query_scalar!(
        r#"select team_id as "team!: TeamId" from billing_invoices
           where lower(number) = lower($1) or stripe_invoice = $1 or payment_intent = $1
           union
           select team_id from billing_adjustments where stripe_id = $1
           union
           select team_id from billing_subscriptions where stripe_subscription = $1 or stripe_customer = $1
           union
           select team_id from billing_customers where stripe_customer = $1 or team_id::text = lower($1)
           limit $2"#,
        words,
        limit,
    )
    .fetch_all(connection)
    .await
}
