//! An import whose process dies.

use aura::kit::id::MusicImportId;
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};
use tokio::process::Child;
use uuid::Uuid;

use super::{
    Desk,
    made::{archive, file, history},
};
use crate::{
    music_plays::{miscounted, number},
    other_process::{self, kill, until},
    outside::person,
    support::TestApp,
};

/// The process of this number, which draws other ids than those before it.
fn other_process(desk: &Desk, import: MusicImportId, number: usize) -> Child {
    let errand = json!({
        "database": desk.app.db().connect_options().to_url_lossy().to_string(),
        "folder": desk.folder.path().to_str().unwrap(),
        "import": import.to_string(),
        "number": number,
    });
    other_process::at("music_import::crash::the_process_that_dies", &errand).spawn().unwrap()
}

#[tokio::test]
#[ignore = "run by the other test of this file, in a process of its own"]
async fn the_process_that_dies() {
    let Some(errand) = other_process::errand() else { return };
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let mut app = TestApp::with(db, &[("FILES_DIR", &word("folder"))]).await;
    for _ in 0..errand["number"].as_u64().unwrap() {
        app = Box::pin(app.second_process()).await;
    }
    Box::pin(app.state().imports.read(word("import").parse().unwrap())).await.unwrap();
    std::future::pending::<()>().await;
}

async fn place(desk: &Desk, import: MusicImportId) -> (i32, i64) {
    sqlx::query_as("select entry, entry_row from music_imports where id = $1")
        .bind(Uuid::from(import))
        .fetch_one(desk.app.db())
        .await
        .unwrap()
}

async fn writers_wait(desk: &Desk) -> bool {
    number(
        &desk.app,
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    .await
        > 0
}

#[sqlx::test]
async fn mu_08_an_import_that_is_killed_at_five_points_ends_as_one_that_was_not(db: PgPool) {
    let desk = Desk::new(db).await;
    let (mira, noor) = (person(&desk.app, "Mira").await.user, person(&desk.app, "Noor").await.user);
    let (one, two) = (file(history(0, 36_000)), file(history(35_000, 60_000)));
    let packed = archive(&[("a.json", &one), ("b.json", &two)]);
    let whole = desk.import(noor, "history.zip", packed.clone()).await;
    assert_eq!(whole.counts, [61_000, 60_000, 1_000, 0]);

    let import = desk.bring(mira, "history.zip", packed).await;
    let tables = ["music_artists", "music_plays", "music_sightings", "music_imports", "music_tracks"];
    for (number, table) in (1..).zip(tables) {
        let before = place(&desk, import).await;
        let child = other_process(&desk, import, number);
        // It gets on by a step at least, and dies in the midst of the next, where it writes to this table.
        until("a step is made", async || place(&desk, import).await > before).await;
        let mut lock = desk.app.db().begin().await.unwrap();
        sqlx::query(AssertSqlSafe(format!("lock table {table} in share mode"))).execute(&mut *lock).await.unwrap();
        until("a writer waits", async || writers_wait(&desk).await).await;
        kill(child).await;
        lock.rollback().await.unwrap();
        assert_eq!(miscounted(&desk.app).await, 0);
    }
    let left: String = sqlx::query_scalar("select state from music_imports where id = $1")
        .bind(Uuid::from(import))
        .fetch_one(desk.app.db())
        .await
        .unwrap();
    assert_eq!(left, "reading", "it was not over before");
    Box::pin(desk.app.state().imports.read(import)).await.unwrap();
    let resumed = desk.report(import).await;
    assert_eq!((resumed.counts, &resumed.skipped, &resumed.faults), (whole.counts, &whole.skipped, &whole.faults));
    assert_eq!(miscounted(&desk.app).await, 0);
    let differing = "with told as (
            select p.user_id, a.key as artist, t.key as track, p.started_at, p.milliseconds, s.at, count(*) as rows
            from music_plays p join music_tracks t on t.id = p.track_id join music_artists a on a.id = t.artist_id
            join music_sightings s on s.play_id = p.id group by 1, 2, 3, 4, 5, 6
        )
        select count(*) from (
            (select artist, track, started_at, milliseconds, at, rows from told where user_id = (select min(user_id::text)::uuid from told)
             except all
             select artist, track, started_at, milliseconds, at, rows from told where user_id = (select max(user_id::text)::uuid from told))
            union all
            (select artist, track, started_at, milliseconds, at, rows from told where user_id = (select max(user_id::text)::uuid from told)
             except all
             select artist, track, started_at, milliseconds, at, rows from told where user_id = (select min(user_id::text)::uuid from told))
        ) as d";
    assert_eq!(number(&desk.app, differing).await, 0);
    assert_eq!(desk.stored(), 0);
}

#[sqlx::test]
async fn mu_05_an_import_that_nobody_works_on_is_gone_on_with(db: PgPool) {
    let desk = Desk::new(db).await;
    let mira = person(&desk.app, "Mira").await.user;
    let import = desk.bring(mira, "a.json", file(history(0, 10))).await;
    // The process that had begun is gone, and its job with it.
    sqlx::query("update music_imports set state = 'reading'").execute(desk.app.db()).await.unwrap();
    sqlx::query("delete from graphile_worker._private_jobs").execute(desk.app.db()).await.unwrap();
    let work = async || {
        desk.app.state().imports.sweep().await.unwrap();
        aura::serve::jobs(desk.app.state()).drain(desk.app.db()).await.unwrap();
        desk.report(import).await.state
    };
    assert_eq!(work().await, "reading", "it may still be at it");
    desk.app.clock().advance(time::Duration::minutes(3));
    assert_eq!(work().await, "done");
    assert_eq!(desk.app.state().music.plays(mira).await.unwrap(), 10);
}
