//! What became of each line.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, query, query_as};

use super::Due;
use crate::kit::id::{MusicExportId, MusicPlaylistId, UserId};

/// A line that is to be looked up.
#[derive(Clone, Debug)]
pub struct Line {
    pub place: i32,
    pub tries: i32,
    pub title: String,
    pub artists: Vec<String>,
    pub album: Option<String>,
    pub duration_ms: Option<i32>,
    pub isrc: Option<String>,
}

/// All lines of the playlist wait.
pub async fn insert_lines(
    connection: &mut PgConnection,
    user: UserId,
    export: MusicExportId,
    playlist: MusicPlaylistId,
) -> sqlx::Result<()> {
    query!(
        "insert into music_export_lines (export_id, user_id, place)
         select $2, user_id, place from music_playlist_lines where playlist_id = $3 and user_id = $1",
        user as UserId,
        export as MusicExportId,
        playlist as MusicPlaylistId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn pending(db: impl PgExecutor<'_>, due: &Due, most: i64) -> sqlx::Result<Vec<Line>> {
    query_as!(
        Line,
        "select l.place, l.tries, p.title, p.artists, p.album, p.duration_ms, p.isrc
         from music_export_lines l join music_playlist_lines p on p.playlist_id = $3 and p.place = l.place
         where l.export_id = $1 and l.user_id = $2 and l.state = 'pending' order by l.place limit $4",
        due.id as MusicExportId,
        due.user as UserId,
        due.playlist as MusicPlaylistId,
        most,
    )
    .fetch_all(db)
    .await
}

/// What became of lines, in lists of the same length.
#[derive(Debug, Default)]
pub struct Answered {
    pub places: Vec<i32>,
    pub states: Vec<String>,
    pub uris: Vec<Option<String>>,
    pub choices: Vec<Value>,
}

pub async fn answer(db: impl PgExecutor<'_>, due: &Due, answered: &Answered) -> sqlx::Result<()> {
    query!(
        "update music_export_lines l set state = a.state, uri = a.uri, choices = a.choices
         from unnest($3::integer[], $4::text[], $5::text[], $6::jsonb[]) as a (place, state, uri, choices)
         where l.export_id = $1 and l.user_id = $2 and l.place = a.place and l.state = 'pending'",
        due.id as MusicExportId,
        due.user as UserId,
        &answered.places,
        &answered.states,
        &answered.uris as &[Option<String>],
        &answered.choices,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A line could not be looked up once more; after so many tries it is left to its person.
pub async fn tried(db: impl PgExecutor<'_>, due: &Due, place: i32, most: i32) -> sqlx::Result<()> {
    query!(
        "update music_export_lines set tries = tries + 1,
             state = case when tries + 1 >= $4 then 'failed_retryable' else state end
         where export_id = $1 and user_id = $2 and place = $3 and state = 'pending'",
        due.id as MusicExportId,
        due.user as UserId,
        place,
        most,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A line that belongs into the account.
#[derive(Clone, Debug)]
pub struct Ready {
    pub place: i32,
    pub uri: String,
    pub written: bool,
}

/// Places from one to before another.
pub type Place = (i32, i32);

pub async fn ready(db: impl PgExecutor<'_>, due: &Due, (from, to): Place) -> sqlx::Result<Vec<Ready>> {
    query_as!(
        Ready,
        r#"select place, uri as "uri!", written from music_export_lines
           where export_id = $1 and user_id = $2 and state = 'matched' and uri is not null and place >= $3 and place < $4
           order by place"#,
        due.id as MusicExportId,
        due.user as UserId,
        from,
        to,
    )
    .fetch_all(db)
    .await
}

pub async fn written(connection: &mut PgConnection, due: &Due, places: &[i32]) -> sqlx::Result<()> {
    query!(
        "update music_export_lines set written = true where export_id = $1 and user_id = $2 and place = any($3)",
        due.id as MusicExportId,
        due.user as UserId,
        places,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A track that the service does not take.
pub async fn barred(db: impl PgExecutor<'_>, due: &Due, place: i32) -> sqlx::Result<()> {
    query!(
        "update music_export_lines set state = 'not_allowed'
         where export_id = $1 and user_id = $2 and place = $3 and not written",
        due.id as MusicExportId,
        due.user as UserId,
        place,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lines that failed wait again.
pub async fn revive(connection: &mut PgConnection, user: UserId, export: MusicExportId) -> sqlx::Result<()> {
    query!(
        "update music_export_lines set state = 'pending', tries = 0
         where export_id = $1 and user_id = $2 and state = 'failed_retryable'",
        export as MusicExportId,
        user as UserId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes one of the choices of a line; false where it is none of them.
pub async fn choose(
    connection: &mut PgConnection,
    user: UserId,
    export: MusicExportId,
    place: i32,
    uri: &str,
) -> sqlx::Result<bool> {
    let chosen = query!(
        "update music_export_lines set state = 'matched', uri = $4, choices = '[]'
         where export_id = $1 and user_id = $2 and place = $3 and state = 'ambiguous'
             and choices @> jsonb_build_array(jsonb_build_object('uri', $4::text))",
        export as MusicExportId,
        user as UserId,
        place,
        uri,
    )
    .execute(connection)
    .await?;
    Ok(chosen.rows_affected() == 1)
}

/// A line that is not in the account.
pub struct LeftRow {
    pub export: MusicExportId,
    pub place: i32,
    pub state: String,
    pub choices: Value,
    pub title: String,
    pub artists: Vec<String>,
}

/// The first lines of each of these exports that did not go over and will not by themselves.
pub async fn left(
    db: impl PgExecutor<'_>,
    user: UserId,
    exports: &[MusicExportId],
    most: i64,
) -> sqlx::Result<Vec<LeftRow>> {
    let exports: Vec<uuid::Uuid> = exports.iter().map(|id| uuid::Uuid::from(*id)).collect();
    query_as!(
        LeftRow,
        r#"select l.export_id as "export!: MusicExportId", l.place as "place!", l.state as "state!", l.choices as "choices!",
                  p.title as "title!", p.artists as "artists!"
           from music_exports e cross join lateral (
               select * from music_export_lines
               where export_id = e.id and user_id = $1 and state not in ('matched', 'pending')
               order by state <> 'ambiguous', place limit $3
           ) l join music_playlist_lines p on p.playlist_id = e.playlist_id and p.place = l.place
           where e.user_id = $1 and e.id = any($2)"#,
        user as UserId,
        &exports,
        most,
    )
    .fetch_all(db)
    .await
}
