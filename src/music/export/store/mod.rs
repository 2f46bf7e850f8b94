//! The rows of exports: whose turn it is, and how each stands.

mod lines;
mod parts;

use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{ConnectionId, MusicExportId, MusicPlaylistId, UserId},
    music::export::model::Counts,
};
pub use lines::{
    Answered, LeftRow, Line, Ready, answer, barred, choose, insert_lines, left, pending, ready, revive, tried, written,
};
pub use parts::{PartRow, adding, made, making, open_part, parts, read_back, removed, settled_adding};

/// An export that somebody has in hand.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: MusicExportId,
    pub user: UserId,
    pub playlist: MusicPlaylistId,
    pub connection: ConnectionId,
    pub public: bool,
    pub state: String,
    pub turn: i32,
    pub failures: i32,
    pub name: String,
    pub description: String,
}

/// Takes exports that are due, or one if it is. It has no owner: only jobs call it.
pub async fn claim(
    db: impl PgExecutor<'_>,
    one: Option<MusicExportId>,
    now: OffsetDateTime,
    until: OffsetDateTime,
    most: i64,
) -> sqlx::Result<Vec<Due>> {
    query_as!(
        Due,
        r#"with taken as (
               update music_exports set leased_until = $2, turn = turn + 1,
                   state = case state when 'waiting' then 'running' else state end
               where id in (
                   select id from music_exports
                   where state in ('waiting', 'running', 'undoing') and next_at <= $1
                       and (leased_until is null or leased_until <= $1) and ($3::uuid is null or id = $3)
                   order by next_at limit $4 for update skip locked
               )
               returning id, user_id, playlist_id, connection_id, public, state, turn, failures
           )
           select t.id as "id!: MusicExportId", t.user_id as "user!: UserId", t.playlist_id as "playlist!: MusicPlaylistId",
                  t.connection_id as "connection!: ConnectionId", t.public as "public!", t.state as "state!",
                  t.turn as "turn!", t.failures as "failures!", p.name as "name!", p.description as "description!"
           from taken t join music_playlists p on p.id = t.playlist_id"#,
        now,
        until,
        one as Option<MusicExportId>,
        most,
    )
    .fetch_all(db)
    .await
}

/// Those whose time has come. It has no owner: only jobs call it.
pub async fn due(connection: &mut PgConnection, now: OffsetDateTime, most: i64) -> sqlx::Result<Vec<MusicExportId>> {
    query_scalar!(
        r#"select id as "id: MusicExportId" from music_exports
           where state in ('waiting', 'running', 'undoing') and next_at <= $1
               and (leased_until is null or leased_until <= $1) order by next_at limit $2"#,
        now,
        most,
    )
    .fetch_all(connection)
    .await
}

/// Keeps it in hand for longer; false where somebody else has it, or nobody is to go on with it.
pub async fn beat(db: impl PgExecutor<'_>, due: &Due, until: OffsetDateTime) -> sqlx::Result<bool> {
    let kept = query!(
        "update music_exports set leased_until = $4 where id = $1 and user_id = $2 and turn = $3 and state = $5",
        due.id as MusicExportId,
        due.user as UserId,
        due.turn,
        until,
        due.state,
    )
    .execute(db)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// How a turn ended.
pub struct Settled {
    pub state: &'static str,
    pub next_at: OffsetDateTime,
    pub failures: i32,
    pub problem: Option<&'static str>,
    pub ended_at: Option<OffsetDateTime>,
}

/// Gives it out of hand. False where somebody else has it, or its person wanted something else meanwhile.
pub async fn settle(connection: &mut PgConnection, due: &Due, settled: &Settled) -> sqlx::Result<bool> {
    let ours = query!(
        "update music_exports set leased_until = null, state = $5, next_at = $6, failures = $7, problem = $8, ended_at = $9
         where id = $1 and user_id = $2 and turn = $3 and state = $4",
        due.id as MusicExportId,
        due.user as UserId,
        due.turn,
        due.state,
        settled.state,
        settled.next_at,
        settled.failures,
        settled.problem,
        settled.ended_at,
    )
    .execute(connection)
    .await?;
    Ok(ours.rows_affected() == 1)
}

pub struct NewExport {
    pub id: MusicExportId,
    pub user: UserId,
    pub playlist: MusicPlaylistId,
    pub connection: ConnectionId,
    pub public: bool,
    pub now: OffsetDateTime,
}

pub async fn insert(connection: &mut PgConnection, new: &NewExport) -> sqlx::Result<()> {
    query!(
        "insert into music_exports (id, user_id, playlist_id, connection_id, public, state, next_at, created_at)
         values ($1, $2, $3, $4, $5, 'waiting', $6, $6)",
        new.id as MusicExportId,
        new.user as UserId,
        new.playlist as MusicPlaylistId,
        new.connection as ConnectionId,
        new.public,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One of the same playlist to the same account that is under way or made: a form that is sent twice begins one.
pub async fn standing(
    connection: &mut PgConnection,
    user: UserId,
    playlist: MusicPlaylistId,
    through: ConnectionId,
) -> sqlx::Result<Option<MusicExportId>> {
    query_scalar!(
        r#"select id as "id: MusicExportId" from music_exports
           where user_id = $1 and playlist_id = $2 and connection_id = $3 and state <> 'undone' order by id desc limit 1"#,
        user as UserId,
        playlist as MusicPlaylistId,
        through as ConnectionId,
    )
    .fetch_optional(connection)
    .await
}

pub async fn count_open(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "open!" from music_exports
           where user_id = $1 and state in ('waiting', 'running', 'undoing')"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// Gives it out of hand after something else was wished of it.
pub async fn release(db: impl PgExecutor<'_>, due: &Due) -> sqlx::Result<()> {
    query!(
        "update music_exports set leased_until = null where id = $1 and user_id = $2 and turn = $3",
        due.id as MusicExportId,
        due.user as UserId,
        due.turn,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has it gone on with, or undone. Whoever has it in hand keeps it until they notice: two never ask the account at once.
pub async fn wish(
    connection: &mut PgConnection,
    user: UserId,
    export: MusicExportId,
    from: &[&str],
    to: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let from: Vec<String> = from.iter().map(|state| (*state).to_owned()).collect();
    let changed = query!(
        "update music_exports set state = $4, next_at = $5, problem = null, failures = 0, ended_at = null
         where id = $1 and user_id = $2 and state = any($3)",
        export as MusicExportId,
        user as UserId,
        &from,
        to,
        now,
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// One export, with what became of its lines.
pub struct ExportRow {
    pub id: MusicExportId,
    pub playlist: MusicPlaylistId,
    pub connection: ConnectionId,
    pub account: String,
    pub state: String,
    pub problem: Option<String>,
    pub next_at: OffsetDateTime,
    pub created_at: OffsetDateTime,
    pub counts: Counts,
}

/// A person's exports of a playlist, the newest first; or one of them.
pub async fn list(
    db: impl PgExecutor<'_>,
    user: UserId,
    playlist: Option<MusicPlaylistId>,
    one: Option<MusicExportId>,
    most: i64,
) -> sqlx::Result<Vec<ExportRow>> {
    let rows = query!(
        r#"select e.id as "id: MusicExportId", e.playlist_id as "playlist: MusicPlaylistId",
                  e.connection_id as "connection: ConnectionId", c.account_label, e.state, e.problem, e.next_at, e.created_at,
                  l.lines as "lines!", l.pending as "pending!", l.matched as "matched!", l.ambiguous as "ambiguous!",
                  l.not_found as "not_found!", l.not_allowed as "not_allowed!", l.failed as "failed!", l.written as "written!"
           from music_exports e join connections c on c.id = e.connection_id and c.user_id = e.user_id
           cross join lateral (
               select count(*) as lines, count(*) filter (where state = 'pending') as pending,
                      count(*) filter (where state = 'matched') as matched,
                      count(*) filter (where state = 'ambiguous') as ambiguous,
                      count(*) filter (where state = 'not_found') as not_found,
                      count(*) filter (where state = 'not_allowed') as not_allowed,
                      count(*) filter (where state = 'failed_retryable') as failed,
                      count(*) filter (where written) as written
               from music_export_lines where export_id = e.id and user_id = e.user_id
           ) l
           where e.user_id = $1 and ($2::uuid is null or e.playlist_id = $2) and ($3::uuid is null or e.id = $3)
           order by e.id desc limit $4"#,
        user as UserId,
        playlist as Option<MusicPlaylistId>,
        one as Option<MusicExportId>,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ExportRow {
            id: row.id,
            playlist: row.playlist,
            connection: row.connection,
            account: row.account_label,
            state: row.state,
            problem: row.problem,
            next_at: row.next_at,
            created_at: row.created_at,
            counts: Counts {
                lines: row.lines,
                pending: row.pending,
                matched: row.matched,
                ambiguous: row.ambiguous,
                not_found: row.not_found,
                not_allowed: row.not_allowed,
                failed_retryable: row.failed,
                written: row.written,
            },
        })
        .collect())
}
