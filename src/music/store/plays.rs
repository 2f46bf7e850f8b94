//! Plays and who tells of them, many at a time.

use std::collections::HashSet;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::{Duration, OffsetDateTime};

use crate::{
    kit::id::{MusicImportId, MusicPlayId, MusicSourceId, MusicTrackId, UserId},
    music::moment::{LONGEST_TRACK, TOLERANCE},
};

/// What of this a source has told before. `at` and `tracks` belong together.
pub async fn known(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    at: &[OffsetDateTime],
    tracks: &[MusicTrackId],
) -> sqlx::Result<HashSet<(OffsetDateTime, MusicTrackId)>> {
    // Each is looked up by itself (`limit`): as a join it was planned over all that the source ever told, for each of them.
    let rows = query!(
        r#"select s.at as "at!", s.track_id as "track_id!: MusicTrackId"
           from unnest($3::timestamptz[], $4::uuid[]) as t (at, track_id)
           cross join lateral (
               select at, track_id from music_sightings
               where source_id = $2 and at = t.at and track_id = t.track_id and user_id = $1 limit 1) s"#,
        user as UserId,
        source as MusicSourceId,
        at as &[OffsetDateTime],
        tracks as &[MusicTrackId],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.at, row.track_id)).collect())
}

/// What another source tells of a play that may be meant.
pub struct Candidate {
    pub play: MusicPlayId,
    pub match_key: String,
    pub told: String,
    pub at: OffsetDateTime,
    pub milliseconds: Option<i32>,
    pub duration_ms: Option<i32>,
}

/// What other sources tell of plays around these moments, and of recordings of the same key, that this source has not told
/// of. `match_keys` and `began` belong together.
pub async fn candidates(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    match_keys: &[String],
    began: &[OffsetDateTime],
) -> sqlx::Result<Vec<Candidate>> {
    let reach: Duration = TOLERANCE + LONGEST_TRACK;
    let (from, to): (Vec<_>, Vec<_>) = began.iter().map(|at| (*at - reach, *at + reach)).unzip();
    query_as!(
        Candidate,
        r#"with meant as (
               select distinct p.id, k.match_key, k.duration_ms
               from unnest($3::text[], $4::timestamptz[], $5::timestamptz[]) as t (match_key, after, before)
               join music_tracks k on k.user_id = $1 and k.match_key = t.match_key
               join music_plays p on p.track_id = k.id and p.started_at between t.after and t.before and p.user_id = $1
           )
           select m.id as "play!: MusicPlayId", m.match_key as "match_key!", s.told as "told!", s.at as "at!",
                  s.milliseconds, m.duration_ms
           from meant m
           join music_sightings s on s.play_id = m.id and s.user_id = $1
           where not exists (select from music_sightings o where o.play_id = m.id and o.source_id = $2)"#,
        user as UserId,
        source as MusicSourceId,
        match_keys,
        &from as &[OffsetDateTime],
        &to as &[OffsetDateTime],
    )
    .fetch_all(connection)
    .await
}

/// Plays that nobody had told of.
#[derive(Default)]
pub struct NewPlays {
    pub ids: Vec<MusicPlayId>,
    pub tracks: Vec<MusicTrackId>,
    pub began: Vec<OffsetDateTime>,
    pub milliseconds: Vec<Option<i32>>,
}

pub async fn insert_plays(connection: &mut PgConnection, user: UserId, new: &NewPlays) -> sqlx::Result<()> {
    query!(
        "insert into music_plays (id, user_id, track_id, started_at, milliseconds)
         select t.id, $1, t.track_id, t.started_at, t.milliseconds
         from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::int[]) as t (id, track_id, started_at, milliseconds)",
        user as UserId,
        &new.ids as &[MusicPlayId],
        &new.tracks as &[MusicTrackId],
        &new.began as &[OffsetDateTime],
        &new.milliseconds as &[Option<i32>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What one source tells of plays.
#[derive(Default)]
pub struct Sightings {
    pub plays: Vec<MusicPlayId>,
    pub tracks: Vec<MusicTrackId>,
    pub at: Vec<OffsetDateTime>,
    pub told: Vec<&'static str>,
    pub began: Vec<OffsetDateTime>,
    pub milliseconds: Vec<Option<i32>>,
}

pub async fn insert_sightings(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    import: Option<MusicImportId>,
    new: &Sightings,
) -> sqlx::Result<()> {
    query!(
        "insert into music_sightings
             (source_id, track_id, at, user_id, play_id, import_id, told, milliseconds, began_at)
         select $2, t.track_id, t.at, $1, t.play_id, $3, t.told, t.milliseconds, t.began_at
         from unnest($4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[], $8::timestamptz[], $9::int[])
             as t (play_id, track_id, at, told, began_at, milliseconds)",
        user as UserId,
        source as MusicSourceId,
        import as Option<MusicImportId>,
        &new.plays as &[MusicPlayId],
        &new.tracks as &[MusicTrackId],
        &new.at as &[OffsetDateTime],
        &new.told as &[&str],
        &new.began as &[OffsetDateTime],
        &new.milliseconds as &[Option<i32>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets plays be what those who tell of them say, now that one more does.
pub async fn settle(connection: &mut PgConnection, plays: &[MusicPlayId]) -> sqlx::Result<()> {
    query!("select music_settle($1)", plays as &[MusicPlayId]).execute(connection).await?;
    Ok(())
}

/// Takes back what a source told, at most so many; how many there were.
pub async fn remove_sightings(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    most: i64,
) -> sqlx::Result<u64> {
    let removed = query!(
        "delete from music_sightings s using (
             select source_id, at, track_id from music_sightings where source_id = $2 and user_id = $1 limit $3
         ) t where s.source_id = t.source_id and s.at = t.at and s.track_id = t.track_id",
        user as UserId,
        source as MusicSourceId,
        most,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}

/// How many plays a person has.
pub async fn count(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select coalesce(sum(plays), 0)::bigint as "plays!" from music_quarters where user_id = $1"#,
        user as UserId
    )
    .fetch_one(connection)
    .await
}
