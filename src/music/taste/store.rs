//! What is counted for a model, and what it wrote.

use serde_json::Value;
use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::UserId;

/// Plays since a moment that some of these kinds of sources tell of, as JSON in the shape of `Facts`.
pub(super) async fn facts(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
    kinds: &[String],
) -> sqlx::Result<Value> {
    query_scalar!(
        r#"with played as materialized (
               select p.track_id, count(*) as plays, coalesce(sum(p.milliseconds), 0)::bigint as milliseconds
               from music_plays p
               where p.user_id = $1 and p.started_at >= $2
                   and exists (select from music_sightings g join music_sources s on s.id = g.source_id
                               where g.play_id = p.id and s.kind = any($3))
               group by p.track_id
           ), named as materialized (
               select p.plays, p.milliseconds, t.title, t.key, a.id as artist_id, a.name, a.key as artist_key, a.genres,
                      b.released
               from played p
               join music_tracks t on t.id = p.track_id
               join music_artists a on a.id = t.artist_id
               left join music_albums b on b.id = t.album_id
           ), artists as (
               select name, sum(plays)::bigint as plays, artist_key from named group by artist_id, name, artist_key
               order by 2 desc, artist_key collate "C" limit 15
           ), tracks as (
               select title, name as artist, plays from named order by plays desc, key collate "C", artist_key collate "C"
               limit 10
           ), genres as (
               select g.name, sum(n.plays)::bigint as plays from named n cross join unnest(n.genres) as g (name)
               group by 1 order by 2 desc, 1 limit 8
           ), decades as (
               select (released / 10 * 10)::smallint as decade, sum(plays)::bigint as plays
               from named where released is not null group by 1 order by 2 desc, 1
           )
           select jsonb_build_object(
               'plays', (select coalesce(sum(plays), 0) from named),
               'hours', (select coalesce(sum(milliseconds), 0)::bigint / 3600000 from named),
               'artist_count', (select count(distinct artist_id) from named),
               'track_count', (select count(*) from named),
               'artists', (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'plays', plays)), '[]') from artists),
               'tracks', (select coalesce(jsonb_agg(to_jsonb(tracks)), '[]') from tracks),
               'genres', (select coalesce(jsonb_agg(to_jsonb(genres)), '[]') from genres),
               'decades', (select coalesce(jsonb_agg(to_jsonb(decades)), '[]') from decades)
           ) as "facts!""#,
        user as UserId,
        since,
        kinds,
    )
    .fetch_one(connection)
    .await
}

/// The sources of these kinds that a person has.
pub(super) async fn sources(connection: &mut PgConnection, user: UserId, kinds: &[String]) -> sqlx::Result<Vec<Uuid>> {
    query_scalar!("select id from music_sources where user_id = $1 and kind = any($2)", user as UserId, kinds)
        .fetch_all(connection)
        .await
}

/// Which of these are what somebody here plays, whoever that is.
pub(super) async fn known(connection: &mut PgConnection, keys: &[String]) -> sqlx::Result<Vec<String>> {
    query_scalar!("select distinct key from music_artists where key = any($1)", keys).fetch_all(connection).await
}

/// A text to keep.
pub(super) struct NewText<'a> {
    pub kind: &'static str,
    pub body: &'a Value,
    pub model: &'a str,
    pub prompt_version: &'static str,
    pub snapshot: &'a Value,
    pub sources: &'a [Uuid],
}

/// Keeps a text in the place of the one before.
pub(super) async fn keep(
    connection: &mut PgConnection,
    user: UserId,
    text: &NewText<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into music_texts (user_id, kind, body, model, prompt_version, snapshot, sources, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (user_id, kind) do update set body = excluded.body, model = excluded.model,
             prompt_version = excluded.prompt_version, snapshot = excluded.snapshot, sources = excluded.sources,
             created_at = excluded.created_at",
        user as UserId,
        text.kind,
        text.body,
        text.model,
        text.prompt_version,
        text.snapshot,
        text.sources,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A text that is kept.
pub(super) struct TextRow {
    pub kind: String,
    pub body: Value,
    pub model: String,
    pub snapshot: Value,
    pub created_at: OffsetDateTime,
}

/// A person's texts.
pub(super) async fn texts(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<TextRow>> {
    query_as!(
        TextRow,
        "select kind, body, model, snapshot, created_at from music_texts where user_id = $1",
        user as UserId
    )
    .fetch_all(connection)
    .await
}

/// Removes a text; whether it was there.
pub(super) async fn remove(connection: &mut PgConnection, user: UserId, kind: &str) -> sqlx::Result<bool> {
    let done = query!("delete from music_texts where user_id = $1 and kind = $2", user as UserId, kind);
    Ok(done.execute(connection).await?.rows_affected() > 0)
}
