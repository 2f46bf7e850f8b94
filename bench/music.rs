//! Figures about a listening life, never a verdict: how long a file of it takes to be read. `make bench` prints them.

use std::{
    io::{Cursor, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
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
            while !ended.load(Ordering::Relaxed) {
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
