//! Playlists on their way to Spotify: which tracks go over, what is told of the others, and what an interruption does.

mod crash;
mod pages;
pub mod world;

use aura::music::export::model::Choice;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    music_world::with_own_app,
    vendor::{Vendor, person},
};
use world::{Desk, Fault, account, by_words, line, refusal, song, uri, wait};

const ADD: &str = "POST /playlists/";
const SEARCH: &str = "GET /search";

#[sqlx::test]
async fn m_19_a_lookup_that_has_to_wait_is_never_called_missing(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    // The last is not there at all.
    let lines = (0..97).map(line).chain([line(95_000)]).collect();
    desk.world.fails(SEARCH, 1, Fault::Says(wait(86_400)));
    let export = desk.begin(lines).await;
    desk.run(export).await;
    let told = desk.lines(export).await;
    assert_eq!((told[0].as_str(), told[1..].iter().all(|state| state == "pending")), ("matched", true));
    assert_eq!(desk.state(export).await, ("running".into(), Some("provider_rate_limited".into())));
    // It is put off to the moment that was said, and until then nothing is asked.
    let next: time::OffsetDateTime =
        sqlx::query_scalar("select next_at from music_exports").fetch_one(desk.app.db()).await.unwrap();
    assert_eq!(next - desk.app.clock().now(), Duration::days(1));
    let calls = desk.world.count("");
    desk.app.state().exports.go_on(desk.user, export).await.unwrap();
    desk.run(export).await;
    assert_eq!((desk.world.count(""), desk.state(export).await.1), (calls, Some("provider_rate_limited".into())));

    // Somebody with an app of their own does not wait with it.
    let noor = person(&desk.app).await;
    let own = account(&desk.app, noor, "access-of-noor", world::ME).await;
    with_own_app(&desk.app, noor, own).await;
    let theirs = Desk { user: noor, connection: own, world: desk.world.clone(), app: desk.app.second_process().await };
    let export_of_noor = theirs.begin(vec![line(7)]).await;
    let before = desk.world.state().tokens.len();
    theirs.run(export_of_noor).await;
    assert_eq!(theirs.state(export_of_noor).await.0, "done");
    assert!(desk.world.state().tokens[before..].iter().all(|token| token == "access-of-noor"), "their token alone");

    desk.app.clock().advance(Duration::days(1) + Duration::seconds(2));
    desk.run(export).await;
    let told = desk.lines(export).await;
    assert_eq!((told.len(), told.iter().filter(|state| *state == "matched").count()), (98, 97));
    assert_eq!((told[97].as_str(), desk.state(export).await.0.as_str()), ("not_found", "done"));
}

#[sqlx::test]
async fn m_21_lines_go_over_in_hundreds_and_long_lists_in_parts(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    let export = desk.begin((0..250).map(|number| line(number % 40)).collect()).await;
    desk.run(export).await;
    assert_eq!((desk.world.count(ADD), desk.world.count(SEARCH)), (3, 40));
    let made = desk.world.playlists().remove(0);
    assert_eq!((made.name.as_str(), made.public), ("Evenings", false));
    assert!(made.description.starts_with("Slow ones Made with Aura ("), "{}", made.description);
    assert_eq!(made.uris, (0..250).map(|number| uri(number % 40)).collect::<Vec<_>>());

    let long = desk.begin((0..10_001).map(|number| line(number % 7)).collect()).await;
    desk.run(long).await;
    assert_eq!(desk.state(long).await, ("done".into(), None));
    assert_eq!(desk.world.count(ADD), 3 + 101);
    let parts: Vec<(String, usize)> =
        desk.world.playlists()[1..].iter().map(|part| (part.name.clone(), part.uris.len())).collect();
    assert_eq!(parts, [("Evenings (Part 1)".to_owned(), 10_000), ("Evenings (Part 2)".to_owned(), 1)]);
}

#[sqlx::test]
async fn m_23_what_was_written_is_read_back_and_differences_are_told(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    desk.world.state().dropped = vec![uri(60)];
    let export = desk.begin((0..120).map(line).collect()).await;
    desk.run(export).await;
    let differences = async || -> Value {
        sqlx::query_scalar("select differences from music_export_parts where export_id = $1")
            .bind(Uuid::from(export))
            .fetch_one(desk.app.db())
            .await
            .unwrap()
    };
    assert_eq!(desk.state(export).await.0, "done");
    assert_eq!(differences().await, json!({"missing": [60], "missing_lines": 1, "extra": 0, "moved": false}));
}

#[sqlx::test]
async fn m_25_one_word_takes_back_what_an_export_made(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    for library in [true, false] {
        desk.world.state().library = library;
        let export = desk.begin((0..5).map(line).collect()).await;
        desk.run(export).await;
        let made = || desk.world.playlists().pop().unwrap();
        assert!(made().followed);
        let exports = &desk.app.state().exports;
        let other = person(&desk.app).await;
        assert_eq!(exports.undo(other, export).await.unwrap_err().kind.status(), 404, "only its person");
        exports.undo(desk.user, export).await.unwrap();
        desk.world.fails("DELETE /me/library", 0, Fault::Says(refusal(502, "Bad gateway")));
        desk.run(export).await;
        assert_eq!((desk.state(export).await.0.as_str(), made().followed), ("undoing", true));
        desk.app.clock().advance(Duration::minutes(1));
        desk.run(export).await;
        assert_eq!((desk.state(export).await.0.as_str(), made().followed), ("undone", false));
    }
}

#[sqlx::test]
async fn mu_81_nothing_is_written_to_another_account_or_without_leave(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    desk.world.state().me = "somebody-else".to_owned();
    let export = desk.begin((0..3).map(line).collect()).await;
    desk.run(export).await;
    assert_eq!(desk.state(export).await, ("stopped".into(), Some("another_account".into())));
    assert_eq!((desk.world.count(SEARCH), desk.world.count("POST")), (0, 0));
    // Its person mends it, and goes on.
    desk.world.state().me = world::ME.to_owned();
    desk.app.state().exports.go_on(desk.user, export).await.unwrap();
    desk.run(export).await;
    assert_eq!(desk.state(export).await.0, "done");

    sqlx::query("update connections set scopes = '{playlist-read-private}'").execute(desk.app.db()).await.unwrap();
    let playlist = desk.playlist(vec![line(1)]).await;
    let refused = desk.app.state().exports.begin(desk.user, playlist, desk.connection, false).await.unwrap_err();
    assert_eq!(refused.code, "missing_scope");
    let other = person(&desk.app).await;
    let refused = desk.app.state().exports.begin(other, playlist, desk.connection, false).await.unwrap_err();
    assert_eq!(refused.kind.status(), 404);
}

#[sqlx::test]
async fn mu_82_a_choice_and_a_line_that_failed_go_to_their_own_places(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    let (long, short) = ("spotify:track:long", "spotify:track:short");
    desk.world.state().songs = [(long, 1_366), (short, 205)]
        .map(|(uri, seconds)| ("Autobahn Somebody".to_owned(), song(uri, &by_words("Autobahn", seconds))))
        .to_vec();
    desk.world.state().unwanted = vec![uri(3)];
    // A line that cannot be looked up three times is left to its person.
    for _ in 0..3 {
        desk.world.fails("GET /search isrc:QZTST2400001", 0, Fault::Says(refusal(500, "Oops")));
    }
    let lines = vec![line(0), line(1), by_words("Autobahn", 0), line(2), line(3), line(2)];
    let export = desk.begin(lines).await;
    for _ in 0..3 {
        desk.run(export).await;
        desk.app.clock().advance(Duration::minutes(1));
    }
    let states = desk.lines(export).await;
    assert_eq!(states, ["matched", "failed_retryable", "ambiguous", "matched", "not_allowed", "matched"]);
    assert_eq!(desk.world.playlists()[0].uris, [uri(0), uri(2), uri(2)]);
    let choices: Vec<Choice> = serde_json::from_value(
        sqlx::query_scalar("select choices from music_export_lines where state = 'ambiguous'")
            .fetch_one(desk.app.db())
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(choices.iter().map(|choice| choice.uri.as_str()).collect::<Vec<_>>(), [long, short]);
    let exports = &desk.app.state().exports;
    let refused = exports.choose(desk.user, export, 2, "spotify:track:other").await.unwrap_err();
    assert_eq!(refused.code, "choice_gone");
    exports.choose(desk.user, export, 2, short).await.unwrap();
    exports.go_on(desk.user, export).await.unwrap();
    desk.run(export).await;
    assert_eq!(desk.world.playlists()[0].uris, [uri(0), uri(1), short.to_owned(), uri(2), uri(2)]);
    assert_eq!((desk.state(export).await.0.as_str(), desk.world.playlists().len()), ("done", 1));
    // A form that is sent twice begins nothing anew.
    let playlist: Uuid = sqlx::query_scalar("select id from music_playlists").fetch_one(desk.app.db()).await.unwrap();
    let again = exports.begin(desk.user, playlist.into(), desk.connection, true).await.unwrap();
    assert_eq!(again, export);
}

#[sqlx::test]
async fn mu_83_a_token_that_ends_and_a_service_that_stumbles_double_nothing(db: PgPool) {
    let vendor = Vendor::start().await;
    let desk = Desk::new(&vendor, db).await;
    let token = json!({"access_token": "access-of-mira-2", "token_type": "Bearer", "expires_in": 3600});
    vendor.json("POST", "/accounts.spotify.com/api/token", token).await;
    desk.world.fails(ADD, 0, Fault::Says(refusal(401, "The access token expired")));
    // It is done, and a broken answer comes: nobody knows.
    desk.world.fails(ADD, 2, Fault::Does(ResponseTemplate::new(500)));
    desk.world.fails("POST /me/playlists", 0, Fault::Does(ResponseTemplate::new(502)));
    let export = desk.begin((0..350).map(|number| line(number % 9)).collect()).await;
    for _ in 0..4 {
        desk.run(export).await;
        desk.app.clock().advance(Duration::minutes(2));
    }
    assert_eq!(desk.state(export).await, ("done".into(), None));
    let made = desk.world.playlists();
    assert_eq!((made.len(), &made[0].uris), (1, &(0..350).map(|number| uri(number % 9)).collect::<Vec<_>>()));
    assert_eq!(desk.world.state().tokens.last().map(String::as_str), Some("access-of-mira-2"));
}
