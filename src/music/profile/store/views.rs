//! Who looked at profiles.

use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};
use time::{Date, OffsetDateTime};

use crate::kit::id::UserId;

/// Notes a visitor of a day; the same one is there already.
pub async fn note(db: impl PgExecutor<'_>, user: UserId, day: Date, visitor: &[u8]) -> sqlx::Result<()> {
    query!(
        "insert into music_profile_views (user_id, day, visitor) values ($1, $2, $3) on conflict do nothing",
        user as UserId,
        day,
        visitor,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many visitors a profile had, each day's by themselves.
pub async fn count(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select (select count(*) from music_profile_views where user_id = $1)
                + (select coalesce(sum(views), 0)::bigint from music_profile_days where user_id = $1) as "views!""#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// Notes that somebody looked at this profile; only so many of theirs are kept.
pub async fn see(
    connection: &mut PgConnection,
    viewer: UserId,
    user: UserId,
    now: OffsetDateTime,
    kept: i64,
) -> sqlx::Result<()> {
    query!(
        "insert into music_profiles_seen (viewer_id, user_id, seen_at) values ($1, $2, $3)
         on conflict (viewer_id, user_id) do update set seen_at = excluded.seen_at",
        viewer as UserId,
        user as UserId,
        now,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "delete from music_profiles_seen where viewer_id = $1 and user_id in (
             select user_id from music_profiles_seen where viewer_id = $1 order by seen_at desc, user_id offset $2
         )",
        viewer as UserId,
        kept,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A profile that somebody has looked at.
pub struct SeenRow {
    pub handle: String,
    pub name: String,
    pub seen_at: OffsetDateTime,
}

/// The profiles that somebody has looked at and still could, the latest first.
pub async fn seen(connection: &mut PgConnection, viewer: UserId, most: i64) -> sqlx::Result<Vec<SeenRow>> {
    query_as!(
        SeenRow,
        r#"select h.handle::text as "handle!", u.display_name as name, s.seen_at
           from music_profiles_seen s
           join music_profiles p on p.user_id = s.user_id and p.shown is not null
           join users u on u.id = s.user_id and u.status = 'active'
           join handles h on h.user_id = s.user_id and h.is_current
           where s.viewer_id = $1
           order by s.seen_at desc, s.user_id
           limit $2"#,
        viewer as UserId,
        most,
    )
    .fetch_all(connection)
    .await
}

pub async fn forget_seen(db: impl PgExecutor<'_>, viewer: UserId) -> sqlx::Result<()> {
    query!("delete from music_profiles_seen where viewer_id = $1", viewer as UserId).execute(db).await?;
    Ok(())
}

/// Makes of the visitors of days that are over a number; how many rows that were.
pub async fn fold(db: impl PgExecutor<'_>, before: Date) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with gone as (
               delete from music_profile_views where day < $1 returning user_id, day
           ), counted as (
               insert into music_profile_days as d (user_id, day, views)
               select user_id, day, count(*) from gone group by user_id, day
               on conflict (user_id, day) do update set views = d.views + excluded.views
           )
           select count(*) as "gone!" from gone"#,
        before,
    )
    .fetch_one(db)
    .await
}
