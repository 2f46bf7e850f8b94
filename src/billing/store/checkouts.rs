//! Attempts to buy a plan.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::{CheckoutId, TeamId, UserId};

/// An attempt.
#[derive(Clone, Debug)]
pub struct CheckoutRow {
    pub id: CheckoutId,
    pub team: TeamId,
    pub user: UserId,
    pub plan: String,
    pub period: String,
    pub seats: i32,
    pub stripe_customer: String,
    pub stripe_price: String,
    pub trial_days: i32,
    /// Under which key Stripe is asked for it.
    pub attempt: i32,
    /// Absent until Stripe has answered.
    pub stripe_session: Option<String>,
    /// Where it is paid.
    pub url: Option<String>,
    pub state: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// The one that is under way.
pub async fn open(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<CheckoutRow>> {
    query_as!(
        CheckoutRow,
        r#"select id as "id: CheckoutId", team_id as "team: TeamId", user_id as "user: UserId", plan, period, seats,
               stripe_customer, stripe_price, trial_days, attempt, stripe_session, url, state, created_at, expires_at
           from billing_checkouts where team_id = $1 and state = 'open'"#,
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// One of a team's.
pub async fn find(connection: &mut PgConnection, team: TeamId, id: CheckoutId) -> sqlx::Result<Option<CheckoutRow>> {
    query_as!(
        CheckoutRow,
        r#"select id as "id: CheckoutId", team_id as "team: TeamId", user_id as "user: UserId", plan, period, seats,
               stripe_customer, stripe_price, trial_days, attempt, stripe_session, url, state, created_at, expires_at
           from billing_checkouts where team_id = $1 and id = $2"#,
        team as TeamId,
        id as CheckoutId,
    )
    .fetch_optional(connection)
    .await
}

/// The one with this session at Stripe, of one of these teams.
pub async fn of_session(
    connection: &mut PgConnection,
    teams: &[TeamId],
    session: &str,
) -> sqlx::Result<Option<CheckoutRow>> {
    query_as!(
        CheckoutRow,
        r#"select id as "id: CheckoutId", team_id as "team: TeamId", user_id as "user: UserId", plan, period, seats,
               stripe_customer, stripe_price, trial_days, attempt, stripe_session, url, state, created_at, expires_at
           from billing_checkouts where team_id = any($1) and stripe_session = $2"#,
        teams as &[TeamId],
        session,
    )
    .fetch_optional(connection)
    .await
}

/// The newest one that is not over without having been paid: it was confirmed, and the money may be on its way.
pub async fn processing(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<CheckoutRow>> {
    query_as!(
        CheckoutRow,
        r#"select id as "id: CheckoutId", team_id as "team: TeamId", user_id as "user: UserId", plan, period, seats,
               stripe_customer, stripe_price, trial_days, attempt, stripe_session, url, state, created_at, expires_at
           from billing_checkouts where team_id = $1 and state = 'processing'
           order by created_at desc limit 1"#,
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// Writes an attempt down, before Stripe is asked; not if the team has one under way.
pub async fn begin(connection: &mut PgConnection, new: &CheckoutRow) -> sqlx::Result<bool> {
    let done = query!(
        "insert into billing_checkouts (id, team_id, user_id, plan, period, seats, stripe_customer, stripe_price,
             trial_days, attempt, state, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', $11, $12)
         on conflict (team_id) where state = 'open' do nothing",
        new.id as CheckoutId,
        new.team as TeamId,
        new.user as UserId,
        new.plan,
        new.period,
        new.seats,
        new.stripe_customer,
        new.stripe_price,
        new.trial_days,
        new.attempt,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what Stripe answered, while the attempt is under way. The first answer stays.
pub async fn made(
    connection: &mut PgConnection,
    team: TeamId,
    id: CheckoutId,
    session: &str,
    url: &str,
) -> sqlx::Result<()> {
    query!(
        "update billing_checkouts set stripe_session = $3, url = $4
         where team_id = $1 and id = $2 and state = 'open' and stripe_session is null",
        team as TeamId,
        id as CheckoutId,
        session,
        url,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next try is made under another key, for Stripe answers this one as it did.
pub async fn try_anew(connection: &mut PgConnection, team: TeamId, id: CheckoutId, attempt: i32) -> sqlx::Result<()> {
    query!(
        "update billing_checkouts set attempt = attempt + 1
         where team_id = $1 and id = $2 and attempt = $3 and stripe_session is null",
        team as TeamId,
        id as CheckoutId,
        attempt,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What became of it. One that is over stays as it is.
pub async fn settle(
    connection: &mut PgConnection,
    team: TeamId,
    id: CheckoutId,
    state: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "update billing_checkouts set state = $3, settled_at = $4
         where team_id = $1 and id = $2 and state in ('open', 'processing') and state <> $3",
        team as TeamId,
        id as CheckoutId,
        state,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
