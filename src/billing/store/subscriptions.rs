use sqlx::{PgConnection, query};

use crate::{
    billing::entitlement::{Status, Subscription},
    kit::id::TeamId,
};

/// What decides about a team's entitlement: its subscriptions that are not over.
pub async fn of_team(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<Subscription>> {
    of_teams(connection, &[team]).await
}

/// The same of several teams together.
pub async fn of_teams(connection: &mut PgConnection, teams: &[TeamId]) -> sqlx::Result<Vec<Subscription>> {
    let rows = query!(
        "select plan, status, status_before, unclear_since, seats, created_at, period_end, trial_end, cancel_at, past_due_since
         from billing_subscriptions
         where team_id = any($1) and status not in ('canceled', 'incomplete_expired')
         order by created_at",
        teams as &[TeamId],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Subscription {
            plan: row.plan,
            status: Status::parse(&row.status),
            before: row.status_before.map(|word| Status::parse(&word)).zip(row.unclear_since),
            seats: u32::try_from(row.seats).unwrap_or(1),
            created_at: row.created_at,
            period_end: row.period_end,
            trial_end: row.trial_end,
            cancel_at: row.cancel_at,
            past_due_since: row.past_due_since,
        })
        .collect())
}
