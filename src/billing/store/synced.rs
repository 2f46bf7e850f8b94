//! Subscriptions and the customer, written as Stripe has them.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::TeamId;

/// A subscription as it is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    pub stripe_subscription: String,
    pub stripe_customer: String,
    pub plan: String,
    pub period: &'static str,
    pub status: String,
    pub status_before: Option<String>,
    pub unclear_since: Option<OffsetDateTime>,
    pub stripe_item: String,
    pub stripe_price: String,
    pub seats: i32,
    pub currency: String,
    pub unit_amount: i64,
    pub created_at: OffsetDateTime,
    pub period_start: OffsetDateTime,
    pub period_end: OffsetDateTime,
    pub trial_end: Option<OffsetDateTime>,
    pub cancel_at: Option<OffsetDateTime>,
    pub past_due_since: Option<OffsetDateTime>,
    pub paused: bool,
    pub ended_at: Option<OffsetDateTime>,
    pub stripe_schedule: Option<String>,
    pub next_plan: Option<String>,
    pub next_period: Option<&'static str>,
    pub next_seats: Option<i32>,
    pub latest_invoice: Option<String>,
}

/// What of the row that is there goes on in the next one.
#[derive(Clone, Debug)]
pub struct Former {
    pub stripe_subscription: String,
    pub plan: String,
    pub period: String,
    pub status: String,
    pub status_before: Option<String>,
    pub unclear_since: Option<OffsetDateTime>,
    pub stripe_price: String,
    pub past_due_since: Option<OffsetDateTime>,
}

/// A team's subscriptions as they stand.
pub async fn former(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<Former>> {
    query_as!(
        Former,
        "select stripe_subscription, plan, period, status, status_before, unclear_since, stripe_price, past_due_since
         from billing_subscriptions where team_id = $1",
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// Writes a subscription; whether anything but the time of reading is new.
pub async fn upsert(
    connection: &mut PgConnection,
    team: TeamId,
    new: &NewSubscription,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let row = query!(
        r#"with former as (select * from billing_subscriptions where stripe_subscription = $1)
           insert into billing_subscriptions as b (stripe_subscription, team_id, stripe_customer, plan, period, status,
               status_before, unclear_since, stripe_item, stripe_price, seats, currency, unit_amount, created_at,
               period_start, period_end, trial_end, cancel_at, past_due_since, paused, ended_at, stripe_schedule,
               next_plan, next_period, next_seats, latest_invoice, synced_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
               $23, $24, $25, $26, $27)
           on conflict (stripe_subscription) do update set
               stripe_customer = excluded.stripe_customer, plan = excluded.plan, period = excluded.period,
               status = excluded.status, status_before = excluded.status_before, unclear_since = excluded.unclear_since,
               stripe_item = excluded.stripe_item, stripe_price = excluded.stripe_price, seats = excluded.seats,
               currency = excluded.currency, unit_amount = excluded.unit_amount, created_at = excluded.created_at,
               period_start = excluded.period_start, period_end = excluded.period_end, trial_end = excluded.trial_end,
               cancel_at = excluded.cancel_at, past_due_since = excluded.past_due_since, paused = excluded.paused,
               ended_at = excluded.ended_at, stripe_schedule = excluded.stripe_schedule, next_plan = excluded.next_plan,
               next_period = excluded.next_period, next_seats = excluded.next_seats,
               latest_invoice = excluded.latest_invoice, synced_at = excluded.synced_at
           where b.team_id = excluded.team_id
           returning to_jsonb(b) - 'synced_at'
               is distinct from (select to_jsonb(former) - 'synced_at' from former) as "changed!""#,
        new.stripe_subscription,
        team as TeamId,
        new.stripe_customer,
        new.plan,
        new.period,
        new.status,
        new.status_before,
        new.unclear_since,
        new.stripe_item,
        new.stripe_price,
        new.seats,
        new.currency,
        new.unit_amount,
        new.created_at,
        new.period_start,
        new.period_end,
        new.trial_end,
        new.cancel_at,
        new.past_due_since,
        new.paused,
        new.ended_at,
        new.stripe_schedule,
        new.next_plan,
        new.next_period,
        new.next_seats,
        new.latest_invoice,
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some_and(|row| row.changed))
}

/// A subscription of a team that is another customer's.
#[derive(Clone, Debug)]
pub struct OfAnother {
    pub stripe_subscription: String,
    pub stripe_customer: String,
    pub status: String,
    pub created_at: OffsetDateTime,
}

/// A team's subscriptions under other customers, without those that are over.
pub async fn of_others(connection: &mut PgConnection, team: TeamId, customer: &str) -> sqlx::Result<Vec<OfAnother>> {
    query_as!(
        OfAnother,
        "select stripe_subscription, stripe_customer, status, created_at from billing_subscriptions
         where team_id = $1 and stripe_customer <> $2 and status not in ('canceled', 'incomplete_expired')",
        team as TeamId,
        customer,
    )
    .fetch_all(connection)
    .await
}

/// Ends what Stripe no longer has of a customer; how many.
pub async fn end_others(
    connection: &mut PgConnection,
    team: TeamId,
    customer: &str,
    there: &[String],
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let done = query!(
        "update billing_subscriptions set status = 'canceled', ended_at = coalesce(ended_at, $4), synced_at = $4
         where team_id = $1 and stripe_customer = $2 and status not in ('canceled', 'incomplete_expired')
             and not stripe_subscription = any($3)",
        team as TeamId,
        customer,
        there,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// What is known of the customer's card and currency.
#[derive(Clone, Debug, Default)]
pub struct CustomerFacts {
    pub currency: Option<String>,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    pub card_expires: Option<String>,
    pub deleted: bool,
}

/// Writes down a team's customer. One that belongs to the team already stays its customer.
pub async fn customer(
    connection: &mut PgConnection,
    team: TeamId,
    customer: &str,
    facts: &CustomerFacts,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into billing_customers as b (team_id, stripe_customer, currency, card_brand, card_last4, card_expires,
             created_at, synced_at, deleted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, case when $8 then $7::timestamptz end)
         on conflict (team_id) do update set
             stripe_customer = excluded.stripe_customer,
             currency = coalesce(excluded.currency, b.currency),
             card_brand = excluded.card_brand, card_last4 = excluded.card_last4, card_expires = excluded.card_expires,
             synced_at = excluded.synced_at,
             deleted_at = case when $8 then coalesce(b.deleted_at, excluded.deleted_at) end
         where b.stripe_customer = excluded.stripe_customer or (b.stripe_customer is null and not $8)",
        team as TeamId,
        customer,
        facts.currency,
        facts.card_brand,
        facts.card_last4,
        facts.card_expires,
        now,
        facts.deleted,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The plan and the seats that everybody was last told of; none: the team never had a customer.
pub async fn told(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<(String, i32)>> {
    let row = query!("select plan, seats from billing_customers where team_id = $1", team as TeamId)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| (row.plan, row.seats)))
}

/// Notes what everybody is told of now.
pub async fn tell(connection: &mut PgConnection, team: TeamId, plan: &str, seats: i32) -> sqlx::Result<()> {
    query!("update billing_customers set plan = $2, seats = $3 where team_id = $1", team as TeamId, plan, seats)
        .execute(connection)
        .await?;
    Ok(())
}
