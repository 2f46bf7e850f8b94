//! Plays, each once, whoever tells of them and how often.

use aura::{
    kit::id::{MusicSourceId, UserId},
    music::{
        heard::{Heard, Recorded},
        moment::Moment,
        source::SourceKind,
    },
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{outside::person, support::TestApp};

const SONG: u32 = 200_000;

fn start() -> OffsetDateTime {
    datetime!(2025-03-01 08:00 UTC)
}

/// Plays of a few songs one after the other; each third song stands twice in a row.
fn life(many: usize) -> Vec<Heard> {
    let mut at = start();
    (0..many)
        .map(|index| {
            let song = index - usize::from(index % 3 == 1);
            let mut heard =
                Heard::new(&format!("Artist {}", song % 17), &format!("Song {}", song % 101), Moment::Began(at));
            heard.album = Some(format!("Album {}", song % 29).as_str().into());
            heard.milliseconds = Some(SONG);
            at += Duration::seconds(201 + i64::try_from(index % 7).unwrap());
            heard
        })
        .collect()
}

async fn told(app: &TestApp, user: UserId, kind: SourceKind, heard: Vec<Heard>) -> (MusicSourceId, Recorded) {
    let music = &app.state().music;
    let source = music.source(user, kind, "mira").await.unwrap();
    (source, music.record(user, source, heard).await.unwrap())
}

pub async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(app.db()).await.unwrap()
}

/// Quarters and months, counted from the plays themselves, that differ from what the triggers keep.
pub async fn miscounted(app: &TestApp) -> i64 {
    number(
        app,
        "with quarters as (
             select user_id, floor(extract(epoch from started_at) / 900)::int as quarter, count(*)::int as plays,
                    coalesce(sum(milliseconds), 0)::bigint as milliseconds, min(started_at) as first_at,
                    max(started_at + coalesce(milliseconds, 0) * interval '1 millisecond') as ended_at
             from music_plays group by 1, 2
         ), months as (
             select user_id, (date_trunc('month', started_at at time zone 'UTC'))::date as month, track_id,
                    count(*)::int as plays, coalesce(sum(milliseconds), 0)::bigint as milliseconds,
                    min(started_at) as first_at, max(started_at) as last_at
             from music_plays group by 1, 2, 3
         ), totals as (
             select user_id, track_id, count(*)::int as plays, coalesce(sum(milliseconds), 0)::bigint as milliseconds,
                    min(started_at) as first_at, max(started_at) as last_at
             from music_plays group by 1, 2
         )
         select (select count(*) from (
                     (table quarters except table music_quarters) union all (table music_quarters except table quarters)) q)
              + (select count(*) from (
                     (table months except table music_track_months) union all
                     (table music_track_months except table months)) m)
              + (select count(*) from (
                     (table totals except table music_track_totals) union all
                     (table music_track_totals except table totals)) t)",
    )
    .await
}

#[sqlx::test]
async fn mu_01_the_same_told_again_adds_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, noor) = (person(&app, "Mira").await.user, person(&app, "Noor").await.user);
    let (_, first) = told(&app, mira, SourceKind::Lastfm, life(300)).await;
    assert_eq!(first, Recorded { added: 300, known: 0, merged: 0 });
    let rows = "select (select count(*) from music_plays) + (select count(*) from music_sightings)
                     + (select count(*) from music_tracks) + (select count(*) from music_artists)
                     + (select count(*) from music_albums)";
    let before = number(&app, rows).await;
    // Twice in one telling, in the other order, and with other case.
    let mut again = life(300);
    again.reverse();
    again.extend(life(20));
    again[0].track.name = again[0].track.name.to_uppercase();
    let (_, second) = told(&app, mira, SourceKind::Lastfm, again).await;
    assert_eq!(second, Recorded { added: 0, known: 320, merged: 0 });
    assert_eq!(number(&app, rows).await, before);
    assert_eq!(miscounted(&app).await, 0);
    // What another person hears is theirs, and no source of one takes plays of another.
    let (theirs, other) = told(&app, noor, SourceKind::Lastfm, life(10)).await;
    assert_eq!(other, Recorded { added: 10, known: 0, merged: 0 });
    assert!(app.state().music.record(mira, theirs, life(1)).await.is_err());
    assert_eq!(app.state().music.plays(mira).await.unwrap(), 300);
    assert_eq!(app.state().music.plays(noor).await.unwrap(), 10);
}

#[sqlx::test]
async fn m_06_live_history_and_import_of_the_same_thousand_plays_are_a_thousand(db: PgPool) {
    let app = TestApp::new(db).await;
    let mira = person(&app, "Mira").await.user;
    let mut shift = 0_i64;
    let mut shifted = || {
        shift = (shift * 37 + 11) % 61;
        Duration::seconds(shift)
    };
    let live: Vec<Heard> = life(1_000)
        .into_iter()
        .map(|mut heard| {
            // The service says the moment, not of what, and not for how long it was heard.
            heard.at = Moment::Around(heard.at.at() + Duration::milliseconds(i64::from(SONG)));
            heard.duration_ms = heard.milliseconds.take();
            heard
        })
        .collect();
    let history: Vec<Heard> = life(1_000)
        .into_iter()
        .map(|mut heard| {
            heard.at = Moment::Began(heard.at.at() + shifted());
            heard.milliseconds = None;
            heard.track.name += " (feat. Somebody)";
            heard
        })
        .collect();
    let import: Vec<Heard> = life(1_000)
        .into_iter()
        .map(|mut heard| {
            heard.at = Moment::Ended(heard.at.at() + Duration::milliseconds(i64::from(SONG)) + shifted());
            heard.track.name += " - Remastered 2011";
            heard
        })
        .collect();
    let all = Recorded { added: 1_000, known: 0, merged: 0 };
    let same = Recorded { added: 0, known: 0, merged: 1_000 };
    assert_eq!(told(&app, mira, SourceKind::Spotify, live.clone()).await.1, all);
    assert_eq!(told(&app, mira, SourceKind::Lastfm, history.clone()).await.1, same);
    assert_eq!(told(&app, mira, SourceKind::SpotifyFile, import.clone()).await.1, same);
    assert_eq!(app.state().music.plays(mira).await.unwrap(), 1_000);
    assert_eq!(miscounted(&app).await, 0);
    // In another order, and in parts.
    let noor = person(&app, "Noor").await.user;
    for part in import.chunks(170) {
        told(&app, noor, SourceKind::SpotifyFile, part.to_vec()).await;
    }
    for part in history.chunks(311) {
        told(&app, noor, SourceKind::Lastfm, part.to_vec()).await;
    }
    assert_eq!(told(&app, noor, SourceKind::Spotify, live).await.1, same);
    assert_eq!(app.state().music.plays(noor).await.unwrap(), 1_000);
    // A play is what its surest source says, whoever came first.
    let began = "select count(distinct started_at) from music_plays";
    assert_eq!(number(&app, began).await, 1_000);
    // Two in a row of one song, both told by two sources, stay two.
    let one = |at: Moment| Heard { milliseconds: Some(35_000), ..Heard::new("A", "Short", at) };
    let day = datetime!(2024-01-01 10:00 UTC);
    let twice: Vec<Heard> = [0, 35].map(|second| one(Moment::Began(day + Duration::seconds(second)))).into();
    let later: Vec<Heard> = [60, 95].map(|second| one(Moment::Began(day + Duration::seconds(second)))).into();
    assert_eq!(told(&app, mira, SourceKind::Lastfm, twice).await.1.added, 2);
    let merged = told(&app, mira, SourceKind::ListenbrainzFile, later).await.1;
    assert_eq!(merged, Recorded { added: 0, known: 0, merged: 2 });
    assert_eq!(miscounted(&app).await, 0);
}

#[sqlx::test]
async fn m_29_what_a_removed_source_told_is_gone_and_all_counts_are_right_again(db: PgPool) {
    let app = TestApp::new(db).await;
    let mira = person(&app, "Mira").await.user;
    let music = &app.state().music;
    let mut named = life(300);
    for heard in &mut named {
        heard.track.key = Some(format!("key of {}", heard.track.name));
        heard.track.image_url = Some("https://images.example/1".into());
    }
    let (file, _) = told(&app, mira, SourceKind::SpotifyFile, named[100..].to_vec()).await;
    let without = life(200).into_iter().map(|heard| Heard { milliseconds: None, ..heard }).collect();
    let (lastfm, second) = told(&app, mira, SourceKind::Lastfm, without).await;
    assert_eq!(second, Recorded { added: 100, known: 0, merged: 100 });
    assert_eq!(number(&app, "select count(*) from music_plays where milliseconds is not null").await, 200);

    music.remove_source(mira, file).await.unwrap();
    assert!(music.remove_source(mira, file).await.is_err(), "it is gone");
    let of = |table: &str| format!("select count(*) from {table} where source_id = $1 and user_id = $2");
    for table in ["music_sightings", "music_names"] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(of(table)))
            .bind(Uuid::from(file))
            .bind(Uuid::from(mira))
            .fetch_one(app.db())
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert_eq!(music.plays(mira).await.unwrap(), 200, "what the other source tells stays");
    let lasting = "select count(*) from music_plays where milliseconds is not null";
    assert_eq!(number(&app, lasting).await, 0, "for how long, only the removed one said");
    assert_eq!(miscounted(&app).await, 0);
    let idle =
        "select count(*) from music_tracks t where not exists (select from music_plays p where p.track_id = t.id)";
    assert_eq!(number(&app, idle).await, 0);

    // The same where the row goes by itself, as with a connection.
    told(&app, mira, SourceKind::SpotifyFile, named).await;
    sqlx::query("delete from music_sources where id = $1").bind(Uuid::from(lastfm)).execute(app.db()).await.unwrap();
    assert_eq!(music.plays(mira).await.unwrap(), 300);
    assert_eq!(miscounted(&app).await, 0);
    // And with the person all of it goes.
    told(&app, mira, SourceKind::Lastfm, life(100)).await;
    sqlx::query("delete from users where id = $1").bind(Uuid::from(mira)).execute(app.db()).await.unwrap();
    for rows in [
        "select count(*) from music_sources",
        "select count(*) from music_plays",
        "select count(*) from music_sightings",
        "select count(*) from music_quarters",
        "select count(*) from music_track_months",
        "select count(*) from music_artists",
    ] {
        assert_eq!(number(&app, rows).await, 0, "{rows}");
    }
}
