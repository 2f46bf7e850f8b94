//! Figures about a listening life, never a verdict: how long a file of it takes to be read, and the panels of a very long
//! one to be counted. `make bench` prints them.

use std::{
    io::{Cursor, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aura::music::{
    heard::{Heard, Name},
    moment::Moment,
    source::SourceKind,
    statistics::model::End,
};
use axum::body::Bytes;
use sqlx::PgPool;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{bench_files::resident, bench_identity::as_in_life_with, music_import::made, program::person_at};

/// As many as the history had that other programs could not take.
const PLAYS: usize = 429_129;
const OF_A_FILE: usize = 16_000;

/// What Spotify sends: files of some thousands of rows each, in an archive.
fn life() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, start) in (0..PLAYS).step_by(OF_A_FILE).enumerate() {
        archive.start_file(format!("Streaming_History_Audio_{index}.json"), SimpleFileOptions::default()).unwrap();
        archive.write_all(&made::file(made::history(start, PLAYS.min(start + OF_A_FILE)))).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_whole_life_of_plays(db: PgPool) {
    let folder = tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/.local")).unwrap();
    let app = as_in_life_with(&db, &[("FILES_DIR", folder.path().to_str().unwrap())]).await;
    let (user, _) = person_at(&app, "mira@example.com").await;
    let imports = &app.state().imports;
    let file = life();
    let size = file.len();
    let bring = async |file: &[u8]| {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            file.chunks(256 * 1024).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        imports.take(user, "my_spotify_data.zip", futures::stream::iter(pieces)).await.unwrap()
    };
    let (first, second) = (bring(&file).await, bring(&file).await);
    drop(file);

    let before = resident();
    let (peak, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watch = tokio::task::spawn_blocking({
        let (peak, ended) = (peak.clone(), ended.clone());
        move || {
            // Also when what is measured fails.
            while !ended.load(Ordering::Relaxed) && Arc::strong_count(&ended) > 1 {
                peak.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let start = Instant::now();
    Box::pin(imports.read(first)).await.unwrap();
    let span = start.elapsed();
    let start = Instant::now();
    Box::pin(imports.read(second)).await.unwrap();
    let again = start.elapsed();
    ended.store(true, Ordering::Relaxed);
    watch.await.unwrap();
    let plays = app.state().music.plays(user).await.unwrap();
    assert_eq!(plays, PLAYS as u64);
    let grown = peak.load(Ordering::Relaxed).saturating_sub(before) / 1024;
    println!(
        "a whole life: {plays} plays of {} MB packed in {:.1} s, {:.0} plays/s; the same again in {:.1} s; \
         memory grew by {grown} MB at most; upstream calls 0 (goal: 60 s, 300 MB)",
        size / 1024 / 1024,
        span.as_secs_f64(),
        f64::from(u32::try_from(plays).unwrap()) / span.as_secs_f64(),
        again.as_secs_f64(),
    );
}

/// As many as few people have after a whole life.
const LONG: usize = 1_000_000;
const ROUNDS: usize = 20;

/// Plays of a long life, the first songs of the first artists more often than others.
fn long_life(from: usize, to: usize) -> Vec<Heard> {
    let named = |name: String| Name { name, ..Name::default() };
    let begin = time::OffsetDateTime::from_unix_timestamp(1_450_000_000).unwrap();
    let play = |number: usize| {
        // Spread by a prime, and squared, so that some come much more often than others.
        let drawn = number.wrapping_mul(2_654_435_761) % 1_000_003;
        let artist = drawn * drawn / 1_000_003 * 4_000 / 1_000_003;
        let song = (number / 7) % (4 + artist % 9);
        Heard {
            artist: named(format!("Artist {artist}")),
            album: Some(named(format!("Album {} of {artist}", song / 3))),
            track: named(format!("Song {song} of {artist}")),
            at: Moment::Began(begin + time::Duration::seconds(i64::try_from(number).unwrap() * 330)),
            milliseconds: Some(200_000),
            duration_ms: Some(210_000),
            isrc: None,
        }
    };
    (from..to).map(play).collect()
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_m_08_panels_of_a_million_plays(db: PgPool) {
    let app = as_in_life_with(&db, &[]).await;
    let (user, _) = person_at(&app, "mira@example.com").await;
    let music = &app.state().music;
    let source = music.source(user, SourceKind::LastfmFile, "mira").await.unwrap();
    for from in (0..LONG).step_by(20_000) {
        music.record(user, source, long_life(from, from + 20_000)).await.unwrap();
    }
    sqlx::query("update music_artists set genres = array['rock', 'genre ' || length(name), 'pop']")
        .execute(&db)
        .await
        .unwrap();
    // As the server does by itself after so many rows.
    sqlx::query("vacuum analyze").execute(&db).await.unwrap();
    let statistics = &app.state().statistics;
    println!("{LONG} plays; goal: p95 of a panel 200 ms");
    for period in ["4w", "12m", "2024", "2020-03-10..2024-02-11", "all"] {
        let view = statistics.view(user, period.parse().unwrap(), "Europe/Berlin").await.unwrap();
        let mut spans: Vec<(&str, Vec<Duration>)> = Vec::new();
        macro_rules! panel {
            ($name:literal, $asked:expr) => {{
                let mut all = Vec::new();
                for _ in 0..ROUNDS {
                    let start = Instant::now();
                    $asked.await.unwrap();
                    all.push(start.elapsed());
                }
                all.sort_unstable();
                spans.push(($name, all));
            }};
        }
        panel!("figures", statistics.figures(&view));
        panel!("artists", statistics.artists(&view, 10));
        panel!("albums", statistics.albums(&view, 10));
        panel!("tracks", statistics.tracks(&view, End::Most, 10));
        panel!("least", statistics.tracks(&view, End::Least, 10));
        panel!("genres", statistics.genres(&view, 10));
        panel!("week", statistics.week(&view));
        panel!("days", statistics.days(&view));
        panel!("sessions", statistics.sessions(&view));
        panel!("decades", statistics.decades(&view));
        panel!("ends", statistics.ends(&view));
        // The same artists as any program would count them that keeps plays and nothing else.
        let plain = sqlx::query(
            "select a.name, count(*) from music_plays p join music_tracks t on t.id = p.track_id
             join music_artists a on a.id = t.artist_id
             where p.user_id = $1 and p.started_at >= $2 and p.started_at < $3
             group by a.id order by 2 desc limit 10",
        );
        let start = Instant::now();
        plain.bind(uuid::Uuid::from(user)).bind(view.range.from).bind(view.range.to).fetch_all(&db).await.unwrap();
        let plain = start.elapsed();
        let told: Vec<String> = spans
            .iter()
            .map(|(name, all)| format!("{name} {:.1}", all[ROUNDS * 95 / 100 - 1].as_secs_f64() * 1_000.0))
            .collect();
        println!(
            "  {period}: p95 in ms: {}; artists by counting plays {:.1}",
            told.join(", "),
            plain.as_secs_f64() * 1_000.0
        );
    }
}
