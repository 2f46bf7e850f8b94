//! The line of calls, in one row for all processes.

use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};

/// A place that was taken.
pub(super) struct Taken {
    pub(super) place: OffsetDateTime,
    /// Nobody may call until then, and no place was taken.
    pub(super) held_until: Option<OffsetDateTime>,
}

/// Takes the next place: `every` after the one before, but none earlier than `saved` before now.
pub(super) async fn take(
    db: impl PgExecutor<'_>,
    service: &str,
    now: OffsetDateTime,
    every: Duration,
    saved: Duration,
) -> Result<Taken, sqlx::Error> {
    let (every, earliest) = (every.as_seconds_f64(), now - saved);
    let row = sqlx::query!(
        r#"insert into music_paces as p (service, free_at) values ($1, $3::timestamptz + $4::float8 * interval '1 second')
           on conflict (service) do update set free_at = case
               when p.held_until > $2::timestamptz then p.free_at
               else greatest(p.free_at, $3::timestamptz) + $4::float8 * interval '1 second' end
           returning free_at - $4::float8 * interval '1 second' as "place!", held_until"#,
        service,
        now,
        earliest,
        every,
    )
    .fetch_one(db)
    .await?;
    Ok(Taken { place: row.place, held_until: row.held_until.filter(|until| *until > now) })
}

/// Nobody calls until then.
pub(super) async fn hold(db: impl PgExecutor<'_>, service: &str, until: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into music_paces as p (service, free_at, held_until) values ($1, $2, $2)
         on conflict (service) do update set held_until = greatest(p.held_until, excluded.held_until)",
        service,
        until,
    )
    .execute(db)
    .await?;
    Ok(())
}
