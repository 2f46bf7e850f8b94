//! Artists, albums and tracks of a person's catalogue, many at a time.

use std::collections::HashMap;

use sqlx::{PgConnection, query};

use crate::kit::id::{MusicAlbumId, MusicArtistId, MusicSourceId, MusicTrackId, UserId};

/// The artists of these keys, which must differ; those that are not there are made under the ids given.
pub async fn artists(
    connection: &mut PgConnection,
    user: UserId,
    ids: &[MusicArtistId],
    keys: &[String],
    names: &[String],
) -> sqlx::Result<HashMap<String, MusicArtistId>> {
    let rows = query!(
        r#"with made as (
               insert into music_artists (id, user_id, key, name)
               select t.id, $1, t.key, t.name from unnest($2::uuid[], $3::text[], $4::text[]) as t (id, key, name)
               where not exists (select from music_artists a where a.user_id = $1 and a.key = t.key)
               returning id, key
           )
           select id as "id!: MusicArtistId", key as "key!" from made
           union all
           select id, key from music_artists where user_id = $1 and key = any($3)"#,
        user as UserId,
        ids as &[MusicArtistId],
        keys,
        names,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.id)).collect())
}

/// Albums that somebody told of; an artist and a key stand once.
#[derive(Default)]
pub struct Albums {
    pub ids: Vec<MusicAlbumId>,
    pub artists: Vec<MusicArtistId>,
    pub keys: Vec<String>,
    pub titles: Vec<String>,
}

/// The ids of these albums; those that are not there are made.
pub async fn albums(
    connection: &mut PgConnection,
    user: UserId,
    albums: &Albums,
) -> sqlx::Result<HashMap<(MusicArtistId, String), MusicAlbumId>> {
    let rows = query!(
        r#"with given as (
               select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as t (id, artist_id, key, title)
           ), made as (
               insert into music_albums (id, user_id, artist_id, key, title)
               select t.id, $1, t.artist_id, t.key, t.title from given t
               where not exists (select from music_albums a where a.artist_id = t.artist_id and a.key = t.key)
               returning id, artist_id, key
           )
           select id as "id!: MusicAlbumId", artist_id as "artist_id!: MusicArtistId", key as "key!" from made
           union all
           select a.id, a.artist_id, a.key from given t
           join music_albums a on a.artist_id = t.artist_id and a.key = t.key and a.user_id = $1"#,
        user as UserId,
        &albums.ids as &[MusicAlbumId],
        &albums.artists as &[MusicArtistId],
        &albums.keys,
        &albums.titles,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.artist_id, row.key), row.id)).collect())
}

/// Tracks that somebody told of; an artist and a key stand once.
#[derive(Default)]
pub struct Tracks {
    pub ids: Vec<MusicTrackId>,
    pub artists: Vec<MusicArtistId>,
    pub albums: Vec<Option<MusicAlbumId>>,
    pub keys: Vec<String>,
    pub titles: Vec<String>,
    pub match_keys: Vec<String>,
    pub durations: Vec<Option<i32>>,
    pub isrcs: Vec<Option<String>>,
}

/// The ids of these tracks; those that are not there are made, and of the others what was not known is filled in.
pub async fn tracks(
    connection: &mut PgConnection,
    user: UserId,
    tracks: &Tracks,
) -> sqlx::Result<HashMap<(MusicArtistId, String), MusicTrackId>> {
    let rows = query!(
        r#"with given as (
               select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[],
                                    $9::text[])
                   as t (id, artist_id, album_id, key, title, match_key, duration_ms, isrc)
           ), made as (
               insert into music_tracks (id, user_id, artist_id, album_id, key, title, match_key, duration_ms, isrc)
               select t.id, $1, t.artist_id, t.album_id, t.key, t.title, t.match_key, t.duration_ms, t.isrc from given t
               where not exists (select from music_tracks k where k.artist_id = t.artist_id and k.key = t.key)
               returning id, artist_id, key
           ), filled as (
               update music_tracks k set album_id = coalesce(k.album_id, t.album_id),
                   duration_ms = coalesce(k.duration_ms, t.duration_ms), isrc = coalesce(k.isrc, t.isrc)
               from given t
               where k.artist_id = t.artist_id and k.key = t.key and k.user_id = $1
                   and (k.album_id is null and t.album_id is not null
                        or k.duration_ms is null and t.duration_ms is not null or k.isrc is null and t.isrc is not null)
           )
           select id as "id!: MusicTrackId", artist_id as "artist_id!: MusicArtistId", key as "key!" from made
           union all
           select k.id, k.artist_id, k.key from given t
           join music_tracks k on k.artist_id = t.artist_id and k.key = t.key and k.user_id = $1"#,
        user as UserId,
        &tracks.ids as &[MusicTrackId],
        &tracks.artists as &[MusicArtistId],
        &tracks.albums as &[Option<MusicAlbumId>],
        &tracks.keys,
        &tracks.titles,
        &tracks.match_keys,
        &tracks.durations as &[Option<i32>],
        &tracks.isrcs as &[Option<String>],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.artist_id, row.key), row.id)).collect())
}

/// What a source calls some of them; a subject stands once.
#[derive(Default)]
pub struct SourceNames {
    pub subjects: Vec<&'static str>,
    pub subject_ids: Vec<uuid::Uuid>,
    pub keys: Vec<String>,
    pub urls: Vec<Option<String>>,
    pub images: Vec<Option<String>>,
}

/// Keeps what a source calls them, as it says it now.
pub async fn keep_source_names(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    names: &SourceNames,
) -> sqlx::Result<()> {
    query!(
        "insert into music_names as n (source_id, user_id, subject, subject_id, source_key, url, image_url)
         select $2, $1, t.subject, t.subject_id, t.source_key, t.url, t.image_url
         from unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[])
             as t (subject, subject_id, source_key, url, image_url)
         on conflict (source_id, subject, subject_id) do update
             set source_key = excluded.source_key, url = coalesce(excluded.url, n.url),
                 image_url = coalesce(excluded.image_url, n.image_url)
             where (n.source_key, n.url, n.image_url) is distinct from
                   (excluded.source_key, coalesce(excluded.url, n.url), coalesce(excluded.image_url, n.image_url))",
        user as UserId,
        source as MusicSourceId,
        &names.subjects as &[&str],
        &names.subject_ids,
        &names.keys,
        &names.urls as &[Option<String>],
        &names.images as &[Option<String>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
