//! An export whose process dies.

use aura::kit::id::MusicExportId;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use time::Duration;
use tokio::process::Child;
use uuid::Uuid;

use super::{
    ADD, SEARCH,
    world::{Desk, Fault, line, refusal, uri, wait},
};
use crate::{
    other_process::{self, kill, until},
    support::TestApp,
    vendor::Vendor,
};

fn other_process(desk: &Desk, vendor: &Vendor, export: MusicExportId, number: usize) -> Child {
    let errand = json!({
        "database": desk.app.db().connect_options().to_url_lossy().to_string(),
        "vendor": vendor.server.uri(),
        "export": export.to_string(),
        "number": number,
    });
    other_process::at("music_export::crash::the_process_that_dies", &errand).spawn().unwrap()
}

#[tokio::test]
#[ignore = "run by the other test of this file, in a process of its own"]
async fn the_process_that_dies() {
    let Some(errand) = other_process::errand() else { return };
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let mut app = Vendor::app_at(&word("vendor"), db, &[]).await;
    for _ in 0..errand["number"].as_u64().unwrap() {
        app = Box::pin(app.second_process()).await;
    }
    Box::pin(app.state().exports.run_one(word("export").parse().unwrap())).await.unwrap();
    std::future::pending::<()>().await;
}

/// Whoever had it is gone, and its time in hand with them.
async fn forsaken(app: &TestApp, export: MusicExportId) {
    sqlx::query("update music_exports set leased_until = null, next_at = $2 where id = $1")
        .bind(Uuid::from(export))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
}

async fn survives(db: PgPool, lines: usize, songs: usize) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    let export = desk.begin((0..lines).map(|number| line(number % songs)).collect()).await;
    // Each is killed while it waits for this answer: of a search, of a playlist that is made, of lines that were added
    // or came to nothing, of the reading back.
    let points: [(&'static str, usize, Fault); 6] = [
        (SEARCH, songs / 2, Fault::Lost),
        ("POST /me/playlists", 0, Fault::Silent),
        (ADD, 3, Fault::Silent),
        (ADD, 5, Fault::Lost),
        (ADD, 0, Fault::Silent),
        ("GET /playlists/", 7, Fault::Lost),
    ];
    for (number, (kind, after, fault)) in points.into_iter().enumerate() {
        let so_far = desk.world.count(kind);
        desk.world.fails(kind, after, fault);
        let child = other_process(&desk, &vendor, export, number + 1);
        until(kind, async || desk.world.count(kind) > so_far + after).await;
        kill(child).await;
        assert_eq!(desk.state(export).await.0, "running", "{kind}: it was not over before");
        forsaken(&desk.app, export).await;
    }
    // The last process meets a service that stumbles, and asks to wait for a day.
    desk.world.fails("GET /playlists/", 2, Fault::Says(refusal(500, "Oops")));
    desk.world.fails("GET /playlists/", 5, Fault::Says(wait(86_400)));
    for _ in 0..3 {
        desk.run(export).await;
        desk.app.clock().advance(Duration::days(1) + Duration::minutes(1));
    }
    assert_eq!(desk.state(export).await, ("done".into(), None));
    let made = desk.world.playlists();
    assert_eq!(made.len(), 1, "one playlist, however many processes");
    let expected: Vec<String> = (0..lines).map(|number| uri(number % songs)).collect();
    assert!(made[0].uris == expected, "{} lines of {}, in another order or doubled", made[0].uris.len(), lines);
    let differences: Value =
        sqlx::query_scalar("select differences from music_export_parts").fetch_one(desk.app.db()).await.unwrap();
    assert_eq!(differences, json!({"missing": [], "missing_lines": 0, "extra": 0, "moved": false}));
}

#[sqlx::test]
async fn m_20_an_export_that_is_killed_at_six_points_ends_as_one_that_was_not(db: PgPool) {
    survives(db, 5_000, 400).await;
}

#[sqlx::test]
#[ignore = "takes minutes: make test-long"]
async fn an_export_of_five_thousand_songs_survives_as_well(db: PgPool) {
    survives(db, 5_000, 5_000).await;
}
