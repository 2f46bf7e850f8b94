//! What asks for no team: events name customers, and the reconciler compares everything.

pub mod desk;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{CheckoutId, TeamId},
    platform::db::Db,
};

/// Nobody else reads or writes what this names until the transaction ends.
pub async fn lock(connection: &mut PgConnection, what: &str) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtextextended('aura billing ' || $1, 0))", what)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The team whose customer this is or was.
pub async fn team_of_customer(connection: &mut PgConnection, customer: &str) -> sqlx::Result<Option<TeamId>> {
    query_scalar!(
        r#"select team_id as "team!: TeamId" from (
               select team_id, 0 as place from billing_customers where stripe_customer = $1
               union all
               (select team_id, 1 from billing_subscriptions where stripe_customer = $1 limit 1)
           ) found order by place limit 1"#,
        customer,
    )
    .fetch_optional(connection)
    .await
}

/// The customers of a team, the present one and those of its subscriptions.
pub async fn customers_of_team(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        r#"select stripe_customer as "customer!" from billing_customers
           where team_id = $1 and stripe_customer is not null and deleted_at is null
           union
           select stripe_customer from billing_subscriptions
           where team_id = $1 and status not in ('canceled', 'incomplete_expired')"#,
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// A team's subscriptions that are not over.
pub async fn live_of_team(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "select stripe_subscription from billing_subscriptions
         where team_id = $1 and status not in ('canceled', 'incomplete_expired') order by created_at, stripe_subscription",
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// Whose invoice a payment was for.
pub async fn team_of_payment(connection: &mut PgConnection, payment_intent: &str) -> sqlx::Result<Option<TeamId>> {
    query_scalar!(
        r#"select team_id as "team: TeamId" from billing_invoices where payment_intent = $1 limit 1"#,
        payment_intent,
    )
    .fetch_optional(connection)
    .await
}

/// The attempt to buy that has this session at Stripe.
pub async fn checkout_of_session(
    connection: &mut PgConnection,
    session: &str,
) -> sqlx::Result<Option<(CheckoutId, TeamId)>> {
    let row = query!(
        r#"select id as "id: CheckoutId", team_id as "team: TeamId" from billing_checkouts where stripe_session = $1"#,
        session,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.id, row.team)))
}

/// Sessions of attempts that should be over by now, the oldest first.
pub async fn stale_sessions(db: &Db, now: OffsetDateTime, limit: i64) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        r#"select stripe_session as "session!" from billing_checkouts
           where state in ('open', 'processing') and stripe_session is not null and expires_at <= $1
           order by expires_at limit $2"#,
        now,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Ends attempts that never got an answer of Stripe's and are past their time; how many.
pub async fn expire_unanswered(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let done = query!(
        "update billing_checkouts set state = 'expired', settled_at = $1
         where state = 'open' and stripe_session is null and expires_at <= $1",
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// A subscription as far as it is compared with Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub stripe_subscription: String,
    pub stripe_customer: String,
    pub status: String,
    pub stripe_price: String,
    pub seats: i32,
    pub period_end: OffsetDateTime,
    pub cancel_at: Option<OffsetDateTime>,
    pub trial_end: Option<OffsetDateTime>,
    pub paused: bool,
    pub stripe_schedule: Option<String>,
    pub latest_invoice: Option<String>,
}

/// Those of these that are known.
pub async fn compared(db: &Db, ids: &[String]) -> sqlx::Result<Vec<Compared>> {
    query_as!(
        Compared,
        "select stripe_subscription, stripe_customer, status, stripe_price, seats, period_end, cancel_at, trial_end, paused,
             stripe_schedule, latest_invoice
         from billing_subscriptions where stripe_subscription = any($1)",
        ids,
    )
    .fetch_all(db)
    .await
}

/// Customers with a subscription that is not over by our books and that Stripe did not list, or with an invoice that is
/// not settled and that was read last before a time.
pub async fn unlisted(
    db: &Db,
    listed: &[String],
    read_before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        r#"select stripe_customer as "customer!" from billing_subscriptions
           where status not in ('canceled', 'incomplete_expired') and not stripe_subscription = any($1)
           union
           select c.stripe_customer from billing_customers c
           where c.stripe_customer is not null and c.deleted_at is null and c.synced_at < $2
               and exists (select from billing_invoices i where i.team_id = c.team_id and i.status in ('draft', 'open'))
           limit $3"#,
        listed,
        read_before,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Teams whose plan may have changed by time alone: a grace time, an end, an unknown word, a trial near its end.
pub async fn due(db: &Db, now: OffsetDateTime, trial_until: OffsetDateTime, limit: i64) -> sqlx::Result<Vec<TeamId>> {
    query_scalar!(
        r#"select distinct s.team_id as "team: TeamId" from billing_subscriptions s
           join billing_customers c on c.team_id = s.team_id
           where s.status not in ('canceled', 'incomplete_expired')
               and ((c.plan <> 'free' and (s.status = 'past_due' or s.unclear_since is not null or s.cancel_at <= $1))
                   or (s.status = 'trialing' and s.trial_end <= $2))
           limit $3"#,
        now,
        trial_until,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Whether a trial of a team ends by then, and nobody has said so yet.
pub async fn trial_ends_untold(
    connection: &mut PgConnection,
    team: TeamId,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from billing_subscriptions s
               where s.team_id = $1 and s.status = 'trialing' and s.cancel_at is null
                   and s.trial_end > $2 and s.trial_end <= $3
                   and not exists (
                       select from billing_notices n
                       where n.key = 'trial:' || s.stripe_subscription || ':' || extract(epoch from s.trial_end)::bigint
                   )
           ) as "soon!""#,
        team as TeamId,
        now,
        until,
    )
    .fetch_one(connection)
    .await
}

/// What is remembered under a name.
pub async fn mark(db: &Db, name: &str) -> sqlx::Result<Option<String>> {
    query_scalar!("select value from billing_marks where name = $1", name).fetch_optional(db).await
}

/// Remembers something under a name.
pub async fn set_mark(db: &Db, name: &str, value: &str, now: OffsetDateTime) -> sqlx::Result<()> {
    query!(
        "insert into billing_marks (name, value, marked_at) values ($1, $2, $3)
         on conflict (name) do update set value = excluded.value, marked_at = excluded.marked_at",
        name,
        value,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what was told before a time; how many lines.
pub async fn purge_notices(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from billing_notices where told_at < $1", before).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Forgets attempts to buy that were over before a time; how many.
pub async fn purge_checkouts(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone =
        query!("delete from billing_checkouts where created_at < $1 and state not in ('open', 'processing')", before,)
            .execute(db)
            .await?;
    Ok(gone.rows_affected())
}
