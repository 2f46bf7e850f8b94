use sqlx::{PgExecutor, PgPool, query, query_as};
use time::OffsetDateTime;

use crate::{
    kit::id::{MusicSourceId, UserId},
    music::told::{Subject, TopEntry},
};

/// Which list was read when.
pub struct ListRead {
    pub subject: String,
    pub period: String,
    pub read_at: OffsetDateTime,
}

pub async fn lists_read(
    db: impl PgExecutor<'_>,
    user: UserId,
    source: MusicSourceId,
) -> Result<Vec<ListRead>, sqlx::Error> {
    query_as!(
        ListRead,
        "select subject, period, read_at from music_top_lists where user_id = $1 and source_id = $2",
        user as UserId,
        source as MusicSourceId,
    )
    .fetch_all(db)
    .await
}

/// Puts a list in the place of the one before.
pub async fn keep_list(
    db: &PgPool,
    user: UserId,
    source: MusicSourceId,
    subject: Subject,
    period: &str,
    entries: &[TopEntry],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut transaction = db.begin().await?;
    query!(
        "delete from music_top_lists where user_id = $1 and source_id = $2 and subject = $3 and period = $4",
        user as UserId,
        source as MusicSourceId,
        subject.as_str(),
        period,
    )
    .execute(&mut *transaction)
    .await?;
    query!(
        "insert into music_top_lists (source_id, user_id, subject, period, read_at)
         select id, user_id, $3, $4, $5 from music_sources where id = $2 and user_id = $1",
        user as UserId,
        source as MusicSourceId,
        subject.as_str(),
        period,
        now,
    )
    .execute(&mut *transaction)
    .await?;
    let texts = |read: fn(&TopEntry) -> &Option<String>| -> Vec<Option<String>> {
        entries.iter().map(|entry| read(entry).clone()).collect()
    };
    let ranks: Vec<i32> = entries.iter().map(|entry| entry.rank).collect();
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    let plays: Vec<Option<i64>> = entries.iter().map(|entry| entry.plays).collect();
    let durations: Vec<Option<i32>> = entries.iter().map(|entry| entry.duration_ms).collect();
    let (artists, albums) = (texts(|entry| &entry.artist), texts(|entry| &entry.album));
    let (keys, urls) = (texts(|entry| &entry.source_key), texts(|entry| &entry.url));
    let images = texts(|entry| &entry.image_url);
    query!(
        "insert into music_top_entries (source_id, user_id, subject, period, rank, name, artist, album, plays,
             duration_ms, source_key, url, image_url)
         select l.source_id, l.user_id, l.subject, l.period, t.rank, t.name, t.artist, t.album, t.plays, t.duration_ms,
             t.source_key, t.url, t.image_url
         from music_top_lists l, unnest($5::int[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::int[],
             $11::text[], $12::text[], $13::text[])
             as t (rank, name, artist, album, plays, duration_ms, source_key, url, image_url)
         where l.user_id = $1 and l.source_id = $2 and l.subject = $3 and l.period = $4
         on conflict (source_id, subject, period, rank) do nothing",
        user as UserId,
        source as MusicSourceId,
        subject.as_str(),
        period,
        &ranks,
        &names,
        &artists as &[Option<String>],
        &albums as &[Option<String>],
        &plays as &[Option<i64>],
        &durations as &[Option<i32>],
        &keys as &[Option<String>],
        &urls as &[Option<String>],
        &images as &[Option<String>],
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// A line of a list, as it was kept.
pub struct TopRow {
    pub source: MusicSourceId,
    pub subject: String,
    pub period: String,
    pub rank: i32,
    pub name: String,
    pub artist: Option<String>,
    pub plays: Option<i64>,
    pub url: Option<String>,
}

/// The first lines of a person's lists over these periods.
pub async fn tops(
    db: impl PgExecutor<'_>,
    user: UserId,
    periods: &[String],
    most: i32,
) -> Result<Vec<TopRow>, sqlx::Error> {
    query_as!(
        TopRow,
        r#"select source_id as "source: MusicSourceId", subject, period, rank, name, artist, plays, url
           from music_top_entries where user_id = $1 and period = any($2) and rank <= $3
           order by source_id, subject, rank"#,
        user as UserId,
        periods,
        most,
    )
    .fetch_all(db)
    .await
}
