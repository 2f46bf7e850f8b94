//! What was told once, and who has had a trial.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::TeamId;

/// Notes that something is told; whether it was not told before.
pub async fn note(connection: &mut PgConnection, team: TeamId, key: &str, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = query!(
        "insert into billing_notices (key, team_id, told_at) values ($2, $1, $3) on conflict (key) do nothing",
        team as TeamId,
        key,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a trial of a subscription under its keys; whether one of them has had another.
pub async fn note_trial(
    connection: &mut PgConnection,
    keys: &[String],
    subscription: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    query!(
        "insert into billing_trials (key, stripe_subscription, used_at) select key, $2, $3 from unnest($1::text[]) given (key)
         on conflict (key) do nothing",
        keys,
        subscription,
        now,
    )
    .execute(&mut *connection)
    .await?;
    query_scalar!(
        r#"select exists (select from billing_trials where key = any($1) and stripe_subscription <> $2) as "other!""#,
        keys,
        subscription,
    )
    .fetch_one(connection)
    .await
}

/// Whether one of these has had a trial.
pub async fn had_trial(connection: &mut PgConnection, keys: &[String]) -> sqlx::Result<bool> {
    query_scalar!(r#"select exists (select from billing_trials where key = any($1)) as "had!""#, keys)
        .fetch_one(connection)
        .await
}
