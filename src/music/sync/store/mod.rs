//! How far sources are read, and what they told beside plays.

mod lists;

use sqlx::{PgConnection, PgExecutor, query, query_as};
use time::OffsetDateTime;

use crate::{
    kit::id::{ConnectionId, MusicSourceId, UserId},
    music::{lastfm::Stretch, told::ToldAccount},
};
pub use lists::{ListRead, TopRow, keep_list, lists_read, tops};

/// A source that somebody has in hand.
pub struct Due {
    pub source: MusicSourceId,
    pub user: UserId,
    pub kind: String,
    pub account: String,
    pub connection: Option<ConnectionId>,
    pub cursor: String,
    pub stretch_from: Option<OffsetDateTime>,
    pub stretch_to: Option<OffsetDateTime>,
    pub page: Option<i32>,
    pub failures: i32,
    pub account_read_at: Option<OffsetDateTime>,
}

/// Takes sources that are due, or one if it is. It has no owner: only jobs call it.
pub async fn claim(
    db: impl PgExecutor<'_>,
    one: Option<MusicSourceId>,
    now: OffsetDateTime,
    until: OffsetDateTime,
    most: i64,
) -> Result<Vec<Due>, sqlx::Error> {
    query_as!(
        Due,
        r#"with taken as (
               update music_syncs set leased_until = $2, tried_at = $1
               where source_id in (
                   select source_id from music_syncs
                   where next_at <= $1 and (leased_until is null or leased_until <= $1)
                       and ($3::uuid is null or source_id = $3)
                   order by next_at limit $4 for update skip locked
               )
               returning source_id, user_id, cursor, stretch_from, stretch_to, page, failures
           )
           select t.source_id as "source!: MusicSourceId", t.user_id as "user!: UserId", s.kind as "kind!",
                  s.account as "account!", s.connection_id as "connection: ConnectionId", t.cursor as "cursor!",
                  t.stretch_from, t.stretch_to, t.page, t.failures as "failures!", a.read_at as "account_read_at?"
           from taken t join music_sources s on s.id = t.source_id
           left join music_accounts a on a.source_id = t.source_id"#,
        now,
        until,
        one as Option<MusicSourceId>,
        most,
    )
    .fetch_all(db)
    .await
}

/// How a reading ended.
pub struct Settled {
    pub next_at: OffsetDateTime,
    /// None: it did not end well.
    pub synced_at: Option<OffsetDateTime>,
    pub failures: i32,
    pub problem: Option<&'static str>,
}

pub async fn settle(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    settled: &Settled,
) -> Result<(), sqlx::Error> {
    query!(
        "update music_syncs set leased_until = null, next_at = $3, synced_at = coalesce($4, synced_at), failures = $5,
             problem = $6
         where user_id = $1 and source_id = $2",
        user as UserId,
        source as MusicSourceId,
        settled.next_at,
        settled.synced_at,
        settled.failures,
        settled.problem,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A source is read from now on.
pub async fn begin(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    query!(
        "insert into music_syncs (source_id, user_id, next_at)
         select id, user_id, $3 from music_sources where id = $2 and user_id = $1
         on conflict (source_id) do nothing",
        user as UserId,
        source as MusicSourceId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes those of a person's sources due that were last tried before a moment, without waiting for their time. Those
/// that rest because something went wrong are left, unless somebody insists. Gives those that it made due.
pub async fn make_due(
    connection: &mut PgConnection,
    user: UserId,
    one: Option<MusicSourceId>,
    now: OffsetDateTime,
    tried_before: OffsetDateTime,
) -> Result<Vec<MusicSourceId>, sqlx::Error> {
    let rows = query!(
        r#"update music_syncs set next_at = $3
           where user_id = $1 and ($2::uuid is null or source_id = $2) and next_at > $3
               and (tried_at is null or tried_at <= $4) and ($2::uuid is not null or problem is null)
               and (leased_until is null or leased_until <= $3)
           returning source_id as "source: MusicSourceId""#,
        user as UserId,
        one as Option<MusicSourceId>,
        now,
        tried_before,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| row.source).collect())
}

pub async fn open_stretch(
    db: impl PgExecutor<'_>,
    user: UserId,
    source: MusicSourceId,
    stretch: &Stretch,
) -> Result<(), sqlx::Error> {
    query!(
        "update music_syncs set stretch_from = $3, stretch_to = $4, page = $5, pages = null
         where user_id = $1 and source_id = $2",
        user as UserId,
        source as MusicSourceId,
        stretch.from,
        stretch.to,
        stretch.page,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The page that is next, of so many.
pub async fn turn_page(
    db: impl PgExecutor<'_>,
    user: UserId,
    source: MusicSourceId,
    page: i32,
    pages: i32,
) -> Result<(), sqlx::Error> {
    query!(
        "update music_syncs set page = $3, pages = $4 where user_id = $1 and source_id = $2",
        user as UserId,
        source as MusicSourceId,
        page,
        pages,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All of it is read: plays are known up to there.
pub async fn close_stretch(
    db: impl PgExecutor<'_>,
    user: UserId,
    source: MusicSourceId,
    cursor: &str,
) -> Result<(), sqlx::Error> {
    query!(
        "update music_syncs set cursor = $3, stretch_from = null, stretch_to = null, page = null, pages = null
         where user_id = $1 and source_id = $2",
        user as UserId,
        source as MusicSourceId,
        cursor,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn keep_account(
    db: impl PgExecutor<'_>,
    user: UserId,
    source: MusicSourceId,
    told: &ToldAccount,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    query!(
        "insert into music_accounts as a
             (source_id, user_id, name, plays, country, registered_at, url, image_url, read_at)
         select id, user_id, $3, $4, $5, $6, $7, $8, $9 from music_sources where id = $2 and user_id = $1
         on conflict (source_id) do update set name = excluded.name, plays = excluded.plays,
             country = excluded.country, registered_at = excluded.registered_at, url = excluded.url,
             image_url = excluded.image_url, read_at = excluded.read_at",
        user as UserId,
        source as MusicSourceId,
        told.name,
        told.plays,
        told.country,
        told.registered_at,
        told.url,
        told.image_url,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An app that has to wait.
pub struct Cooldown {
    pub until: OffsetDateTime,
    pub code: String,
}

/// Whether an app has to wait. It has no owner: it may be the installation's.
pub async fn cooldown(
    db: impl PgExecutor<'_>,
    app: &str,
    now: OffsetDateTime,
) -> Result<Option<Cooldown>, sqlx::Error> {
    query_as!(Cooldown, "select until, code from music_cooldowns where app = $1 and until > $2", app, now)
        .fetch_optional(db)
        .await
}

pub async fn cool_down(
    db: impl PgExecutor<'_>,
    app: &str,
    until: OffsetDateTime,
    code: &str,
) -> Result<(), sqlx::Error> {
    query!(
        "insert into music_cooldowns as c (app, until, code) values ($1, $2, $3)
         on conflict (app) do update set until = greatest(c.until, excluded.until), code = excluded.code",
        app,
        until,
        code,
    )
    .execute(db)
    .await?;
    Ok(())
}
