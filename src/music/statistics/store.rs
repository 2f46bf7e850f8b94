//! What is counted by the database: each statement goes through quarters, months of tracks or the plays of one period, and
//! gives back no more rows than a page shows, or one for each day.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    model::{End, Figures, Listen, Ranked},
    zone::Span,
};
use crate::kit::id::UserId;

/// From one moment until before another; none: of all time, which is kept counted.
pub(super) type Between = Option<(OffsetDateTime, OffsetDateTime)>;

/// Plays of each hour of the week, of which 0 is the first of Monday.
pub(super) async fn hours_of_week(
    connection: &mut PgConnection,
    user: UserId,
    spans: &[Span],
) -> sqlx::Result<Vec<(i32, i64)>> {
    let (from, to, ahead) = columns(spans);
    // 1970 began on a Thursday.
    let rows = query!(
        r#"select ((q.quarter + s.ahead) / 4 + 72) % 168 as "hour!", sum(q.plays)::bigint as "plays!"
           from unnest($2::integer[], $3::integer[], $4::integer[]) as s (since, until, ahead)
           join music_quarters q on q.user_id = $1 and q.quarter >= s.since and q.quarter < s.until
           group by 1"#,
        user as UserId,
        &from,
        &to,
        &ahead,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.hour, row.plays)).collect())
}

/// Days since 1970 on which something was played: plays and milliseconds.
pub(super) async fn days(
    connection: &mut PgConnection,
    user: UserId,
    spans: &[Span],
) -> sqlx::Result<Vec<(i32, i64, i64)>> {
    let (from, to, ahead) = columns(spans);
    let rows = query!(
        r#"select (q.quarter + s.ahead) / 96 as "day!", sum(q.plays)::bigint as "plays!",
                  sum(q.milliseconds)::bigint as "milliseconds!"
           from unnest($2::integer[], $3::integer[], $4::integer[]) as s (since, until, ahead)
           join music_quarters q on q.user_id = $1 and q.quarter >= s.since and q.quarter < s.until
           group by 1 order by 1"#,
        user as UserId,
        &from,
        &to,
        &ahead,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.day, row.plays, row.milliseconds)).collect())
}

fn columns(spans: &[Span]) -> (Vec<i32>, Vec<i32>, Vec<i32>) {
    let column = |of: fn(&Span) -> i32| spans.iter().map(of).collect();
    (column(|span| span.from), column(|span| span.to), column(|span| span.ahead))
}

/// The artists who were played most, and of equal ones the first by name.
pub(super) async fn artists(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    query_as!(
        Ranked,
        r#"select a.id as "id!: Uuid", a.name as "name!", null::text as "of?", sum(c.plays)::bigint as "plays!",
                  sum(c.milliseconds)::bigint as "milliseconds!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           join music_artists a on a.id = t.artist_id
           group by a.id
           order by 4 desc, a.key collate "C", a.id
           limit $4"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The albums that were played most.
pub(super) async fn albums(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    query_as!(
        Ranked,
        r#"select b.id as "id!: Uuid", b.title as "name!", a.name as "of?", sum(c.plays)::bigint as "plays!",
                  sum(c.milliseconds)::bigint as "milliseconds!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           join music_albums b on b.id = t.album_id
           join music_artists a on a.id = b.artist_id
           group by b.id, a.id
           order by 4 desc, b.key collate "C", a.key collate "C"
           limit $4"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The tracks that were played most, or least.
pub(super) async fn tracks(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
    end: End,
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    query_as!(
        Ranked,
        r#"select t.id as "id!: Uuid", t.title as "name!", a.name as "of?", c.plays as "plays!",
                  c.milliseconds as "milliseconds!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           join music_artists a on a.id = t.artist_id
           order by case when $5 then c.plays else -c.plays end, t.key collate "C", a.key collate "C"
           limit $4"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
        limit,
        end == End::Least,
    )
    .fetch_all(connection)
    .await
}

/// How much was played, of how many, and of how many for the first time.
pub(super) async fn figures(connection: &mut PgConnection, user: UserId, between: Between) -> sqlx::Result<Figures> {
    query_as!(
        Figures,
        r#"with played as (
               select c.*, t.artist_id, t.album_id
               from music_counted($1, $2, $3) c join music_tracks t on t.id = c.track_id
           ), artists as (
               select artist_id, sum(plays) as plays from played group by artist_id
           ), new_artists as (
               select count(*) as of_all
               from (select t.artist_id
                     from music_track_totals f join music_tracks t on t.id = f.track_id
                     where f.user_id = $1
                     group by t.artist_id having $2::timestamptz is null or (min(f.first_at) >= $2 and min(f.first_at) < $3)) first_ones
           )
           select coalesce(sum(p.plays), 0)::bigint as "plays!", coalesce(sum(p.milliseconds), 0)::bigint as "milliseconds!",
                  count(*) as "tracks!", count(distinct p.album_id) as "albums!",
                  (select count(*) from artists) as "artists!", (select of_all from new_artists) as "new_artists!",
                  (select coalesce(exp(-sum(share * ln(share))), 0)::double precision
                   from (select plays / sum(plays) over () as share from artists) shares) as "diversity!"
           from played p"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
    )
    .fetch_one(connection)
    .await
}

/// Plays by genre, those that were played most first. A play counts for each genre of its artist.
pub(super) async fn genres(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
    limit: i64,
) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = query!(
        r#"select g.genre as "genre!", sum(c.plays)::bigint as "plays!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           join music_artists a on a.id = t.artist_id
           cross join unnest(a.genres) as g (genre)
           group by 1
           order by 2 desc, g.genre collate "C"
           limit $4"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.genre, row.plays)).collect())
}

/// How many plays are of an artist with a genre.
pub(super) async fn with_genre(connection: &mut PgConnection, user: UserId, between: Between) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select coalesce(sum(c.plays), 0)::bigint as "plays!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           join music_artists a on a.id = t.artist_id
           where a.genres <> '{}'"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
    )
    .fetch_one(connection)
    .await
}

/// Plays of the tracks of albums that came out in each decade; of what is not known, under none.
pub(super) async fn decades(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
) -> sqlx::Result<Vec<(Option<i16>, i64)>> {
    let rows = query!(
        r#"select (b.released / 10 * 10)::smallint as decade, sum(c.plays)::bigint as "plays!"
           from music_counted($1, $2, $3) c
           join music_tracks t on t.id = c.track_id
           left join music_albums b on b.id = t.album_id
           group by 1 order by 1 nulls last"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.decade, row.plays)).collect())
}

/// Which place these artists had.
pub(super) async fn places(
    connection: &mut PgConnection,
    user: UserId,
    between: Between,
    artists: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, i64)>> {
    let rows = query!(
        r#"select id as "id!", place as "place!"
           from (select a.id, row_number() over (order by sum(c.plays) desc, a.key collate "C", a.id) as place
                 from music_counted($1, $2, $3) c
                 join music_tracks t on t.id = c.track_id
                 join music_artists a on a.id = t.artist_id
                 group by a.id) placed
           where id = any($4)"#,
        user as UserId,
        between.map(|(since, _)| since),
        between.map(|(_, until)| until),
        artists,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.place)).collect())
}

/// The first play from a moment on until before another, or the last.
pub(super) async fn end_of(
    connection: &mut PgConnection,
    user: UserId,
    range: (OffsetDateTime, OffsetDateTime),
    last: bool,
) -> sqlx::Result<Option<Listen>> {
    query_as!(
        Listen,
        r#"with one as (
               (select track_id, started_at from music_plays
                where user_id = $1 and started_at >= $2 and started_at < $3 and not $4
                order by started_at limit 1)
               union all
               (select track_id, started_at from music_plays
                where user_id = $1 and started_at >= $2 and started_at < $3 and $4
                order by started_at desc limit 1)
           )
           select o.started_at as "at!", t.title as "title!", a.name as "artist!"
           from one o join music_tracks t on t.id = o.track_id join music_artists a on a.id = t.artist_id"#,
        user as UserId,
        range.0,
        range.1,
        last,
    )
    .fetch_optional(connection)
    .await
}

/// When the first play was, and when the last.
pub(super) async fn life(
    connection: &mut PgConnection,
    user: UserId,
) -> sqlx::Result<Option<(OffsetDateTime, OffsetDateTime)>> {
    let row = query!(
        "select min(first_at) as first_at, max(last_at) as last_at from music_track_totals where user_id = $1",
        user as UserId,
    )
    .fetch_one(connection)
    .await?;
    Ok(row.first_at.zip(row.last_at))
}

/// Listening without a pause of half an hour: how often, and the longest, from when until when, with its plays.
pub(super) async fn sessions(
    connection: &mut PgConnection,
    user: UserId,
    quarters: (i32, i32),
) -> sqlx::Result<(i64, Option<(OffsetDateTime, OffsetDateTime, i64)>)> {
    let row = query!(
        r#"with heard as (
               select plays, first_at, ended_at,
                      max(ended_at) over (order by quarter rows between unbounded preceding and 1 preceding) as before
               from music_quarters where user_id = $1 and quarter >= $2 and quarter < $3
           ), numbered as (
               select plays, first_at, ended_at,
                      count(*) filter (where before is null or first_at - before > interval '30 minutes')
                          over (order by first_at) as session
               from heard
           ), sessions as (
               select min(first_at) as began, max(ended_at) as ended, sum(plays)::bigint as plays
               from numbered group by session
           )
           select count(*) over () as "count!", began as "began!", ended as "ended!", plays as "plays!"
           from sessions order by ended - began desc, began limit 1"#,
        user as UserId,
        quarters.0,
        quarters.1,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or((0, None), |row| (row.count, Some((row.began, row.ended, row.plays)))))
}
