//! The rows of playlists.

use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::Line;
use crate::kit::id::{MusicPlaylistId, UserId};

/// A playlist without its lines.
pub struct HeadRow {
    pub id: MusicPlaylistId,
    pub name: String,
    pub description: String,
    pub origin: String,
    pub created_at: OffsetDateTime,
    pub lines: i64,
}

pub async fn count(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "all!" from music_playlists where user_id = $1"#, user as UserId)
        .fetch_one(connection)
        .await
}

pub async fn exists(connection: &mut PgConnection, user: UserId, id: MusicPlaylistId) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from music_playlists where user_id = $1 and id = $2) as "there!""#,
        user as UserId,
        id as MusicPlaylistId,
    )
    .fetch_one(connection)
    .await
}

/// A playlist that is to be made.
pub struct NewRow<'a> {
    pub id: MusicPlaylistId,
    pub name: &'a str,
    pub description: &'a str,
    pub origin: &'a str,
    pub now: OffsetDateTime,
}

pub async fn insert(connection: &mut PgConnection, user: UserId, new: &NewRow<'_>, lines: &[Line]) -> sqlx::Result<()> {
    query!(
        "insert into music_playlists (id, user_id, name, description, origin, created_at) values ($1, $2, $3, $4, $5, $6)",
        new.id as MusicPlaylistId,
        user as UserId,
        new.name,
        new.description,
        new.origin,
        new.now,
    )
    .execute(&mut *connection)
    .await?;
    let titles: Vec<String> = lines.iter().map(|line| line.title.clone()).collect();
    // A list of lists cannot be sent; no name has this character.
    let artists: Vec<String> = lines.iter().map(|line| line.artists.join("\u{1f}")).collect();
    let albums: Vec<Option<String>> = lines.iter().map(|line| line.album.clone()).collect();
    let durations: Vec<Option<i32>> = lines.iter().map(|line| line.duration_ms).collect();
    let isrcs: Vec<Option<String>> = lines.iter().map(|line| line.isrc.clone()).collect();
    let sources: Vec<String> = lines.iter().map(|line| line.source.clone()).collect();
    query!(
        "insert into music_playlist_lines (playlist_id, user_id, place, title, artists, album, duration_ms, isrc, source)
         select $1, $2, l.place - 1, l.title, string_to_array(l.artists, chr(31)), l.album, l.duration_ms, l.isrc, l.source
         from unnest($3::text[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[])
             with ordinality as l (title, artists, album, duration_ms, isrc, source, place)",
        new.id as MusicPlaylistId,
        user as UserId,
        &titles,
        &artists,
        &albums as &[Option<String>],
        &durations as &[Option<i32>],
        &isrcs as &[Option<String>],
        &sources,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's playlists, the newest first; or one of them.
pub async fn list(
    db: impl PgExecutor<'_>,
    user: UserId,
    one: Option<MusicPlaylistId>,
    most: i64,
) -> sqlx::Result<Vec<HeadRow>> {
    query_as!(
        HeadRow,
        r#"select p.id as "id: MusicPlaylistId", p.name, p.description, p.origin, p.created_at,
                  (select count(*) from music_playlist_lines l where l.playlist_id = p.id) as "lines!"
           from music_playlists p where p.user_id = $1 and ($2::uuid is null or p.id = $2) order by p.id desc limit $3"#,
        user as UserId,
        one as Option<MusicPlaylistId>,
        most,
    )
    .fetch_all(db)
    .await
}

pub async fn lines(db: impl PgExecutor<'_>, user: UserId, id: MusicPlaylistId, most: i64) -> sqlx::Result<Vec<Line>> {
    query_as!(
        Line,
        "select title, artists, album, duration_ms, isrc, source from music_playlist_lines
         where user_id = $1 and playlist_id = $2 order by place limit $3",
        user as UserId,
        id as MusicPlaylistId,
        most,
    )
    .fetch_all(db)
    .await
}

pub async fn delete(db: impl PgExecutor<'_>, user: UserId, id: MusicPlaylistId) -> sqlx::Result<bool> {
    let gone =
        query!("delete from music_playlists where user_id = $1 and id = $2", user as UserId, id as MusicPlaylistId,)
            .execute(db)
            .await?;
    Ok(gone.rows_affected() == 1)
}

/// Tracks of a person's catalogue as lines, in the order of these ids, each with the kind of source that told it first.
pub async fn tracks(db: impl PgExecutor<'_>, user: UserId, ids: &[Uuid]) -> sqlx::Result<Vec<Line>> {
    query_as!(
        Line,
        r#"select t.title as "title!", array[a.name] as "artists!", b.title as "album?", t.duration_ms, t.isrc,
                  coalesce((select s.kind from music_sightings g join music_sources s on s.id = g.source_id
                            where g.track_id = t.id and g.user_id = $1 order by g.at limit 1), 'other') as "source!"
           from unnest($2::uuid[]) with ordinality as w (id, place)
           join music_tracks t on t.id = w.id and t.user_id = $1
           join music_artists a on a.id = t.artist_id left join music_albums b on b.id = t.album_id
           order by w.place"#,
        user as UserId,
        ids,
    )
    .fetch_all(db)
    .await
}
