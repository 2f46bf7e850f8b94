//! Which artists' genres are known.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// An artist whose genres nobody has read.
pub(super) struct Unread {
    pub key: String,
    pub name: String,
}

/// Takes over what was read for others since a moment.
pub(super) async fn take_over(connection: &mut PgConnection, user: UserId, since: OffsetDateTime) -> sqlx::Result<()> {
    query!(
        "update music_artists a set genres = k.genres, genres_at = k.genres_at
         from (select distinct on (own.id) own.id, known.genres, known.genres_at
               from music_artists own
               join music_artists known on known.key = own.key and known.genres_at > $2
               where own.user_id = $1 and (own.genres_at is null or own.genres_at <= $2)
               order by own.id, known.genres_at desc) k
         where a.id = k.id",
        user as UserId,
        since,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Some of the artists whom a person played most, as they are told of by these kinds of sources.
pub(super) async fn unread(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
    kinds: &[String],
    (of_first, limit): (i64, i64),
) -> sqlx::Result<Vec<Unread>> {
    query_as!(
        Unread,
        r#"select a.key, a.name
           from (select t.artist_id, sum(c.plays) as plays
                 from music_track_totals c join music_tracks t on t.id = c.track_id
                 where c.user_id = $1 group by 1 order by 2 desc, 1 limit $4) played
           join music_artists a on a.id = played.artist_id
           where (a.genres_at is null or a.genres_at <= $2)
               and exists (select from music_tracks t
                           join music_sightings g on g.track_id = t.id
                           join music_sources s on s.id = g.source_id
                           where t.artist_id = a.id and s.kind = any($3))
           order by played.plays desc, a.id
           limit $5"#,
        user as UserId,
        since,
        kinds,
        of_first,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Keeps what was read of an artist, for whoever plays them.
pub(super) async fn keep(
    connection: &mut PgConnection,
    key: &str,
    genres: &[String],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!("update music_artists set genres = $2, genres_at = $3 where key = $1", key, genres, now)
        .execute(connection)
        .await?;
    Ok(())
}
