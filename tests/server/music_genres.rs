//! What listeners call artists, beside a Last.fm that counts what it is asked.

use aura::{
    kit::id::UserId,
    music::{
        genres::Genres, heard::Heard, moment::Moment, source::SourceKind, statistics::period::Period, trouble::Trouble,
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, macros::datetime};

use crate::{
    browser::Browser,
    music_world::{LastfmWorld, app, refusal},
    outside::person,
    support::TestApp,
    vendor::{Vendor, user_of},
};

async fn played(app: &TestApp, user: UserId, kind: SourceKind, plays: &[(&str, i64)]) {
    let music = &app.state().music;
    let source = music.source(user, kind, "").await.unwrap();
    let mut at = datetime!(2025-06-01 12:00 UTC);
    let mut heard = Vec::new();
    for (artist, count) in plays {
        for number in 0..*count {
            at += Duration::minutes(4);
            heard.push(Heard::new(artist, &format!("Song {}", number % 5), Moment::Began(at)));
        }
    }
    music.record(user, source, heard).await.unwrap();
}

fn tags(tags: &[(&str, Value)]) -> Value {
    tags.iter().map(|(name, count)| json!({"name": name, "count": count, "url": "https://www.last.fm/tag/x"})).collect()
}

async fn read(genres: &Genres, user: UserId) {
    while genres.read(user).await.unwrap() {}
}

/// The artists who were asked about, in their order.
fn asked(world: &LastfmWorld) -> Vec<String> {
    let asked = world.asked.lock().unwrap();
    asked.iter().flatten().filter(|(name, _)| name == "artist").map(|(_, artist)| artist.clone()).collect()
}

#[sqlx::test]
async fn m_10_nine_of_ten_plays_have_a_genre_from_open_tags(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 0).await;
    let app = app(&vendor, db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let mira = user_of(&app, "mira@example.com").await;
    let plays = [("Björk", 40), ("Can", 30), ("宇多田ヒカル", 20), ("Abba", 4), ("!!!", 4), ("A voice memo", 2)];
    played(&app, mira, SourceKind::LastfmFile, &plays).await;
    *world.tags.lock().unwrap() = [
        // Most who tag say what they did; a single tag stands without a list, and numbers may be texts.
        (
            "Björk",
            tags(&[
                ("seen live", json!(100)),
                ("Electronic", json!(90)),
                ("Björk", json!(80)),
                ("art pop", json!("55")),
            ]),
        ),
        ("Can", json!({"name": "Krautrock", "count": "100"})),
        ("宇多田ヒカル", tags(&[("J-Pop", json!(100)), ("japanese", json!(90)), ("<script>", json!(20))])),
        (
            "Abba",
            tags(&[
                ("pop", json!(100)),
                ("Disco", json!(70)),
                ("70s", json!(60)),
                ("europop", json!(50)),
                ("swedish", json!(40)),
                ("dance", json!(30)),
            ]),
        ),
        ("!!!", tags(&[("seen live", json!(100)), ("awesome", json!(50))])),
    ]
    .map(|(artist, tags)| (artist.to_owned(), tags))
    .into();
    read(&app.state().genres, mira).await;
    assert_eq!(asked(&world), ["Björk", "Can", "宇多田ヒカル", "!!!", "Abba", "A voice memo"], "the most played first");
    let statistics = &app.state().statistics;
    let view = statistics.view(mira, "2025".parse::<Period>().unwrap(), "UTC").await.unwrap();
    let (genres, with_genre) = statistics.genres(&view, 20).await.unwrap();
    let told: Vec<(&str, i64)> = genres.iter().map(|(genre, plays)| (genre.as_str(), *plays)).collect();
    let expected = [
        ("art pop", 40),
        ("electronic", 40),
        ("krautrock", 30),
        ("<script>", 20),
        ("j-pop", 20),
        ("disco", 4),
        ("europop", 4),
        ("pop", 4),
    ];
    assert_eq!(told, expected);
    assert_eq!(with_genre, 94);
    let page = browser.get("/music?period=2025").await;
    assert!(page.text().contains("What listeners call these artists at Last.fm. 94 % of the plays have a genre"));
    assert!(page.text().contains("krautrock") && !page.text().contains("<script> plays"));
    // What is known is not asked again, not even for artists of whom nothing is.
    read(&app.state().genres, mira).await;
    assert_eq!(asked(&world).len(), 6);
}

#[sqlx::test]
async fn mu_44_what_was_read_for_one_person_serves_others_and_spotify_s_artists_are_asked_about_nowhere(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 0).await;
    let app = app(&vendor, db).await;
    world.tags.lock().unwrap().insert("Can".to_owned(), tags(&[("krautrock", json!(100))]));
    let genres = &app.state().genres;
    let of = async |user: UserId| {
        sqlx::query_as::<_, (String, Vec<String>)>(
            "select name, genres from music_artists where user_id = $1 order by name",
        )
        .bind(uuid::Uuid::from(user))
        .fetch_all(app.db())
        .await
        .unwrap()
    };
    let (mira, eve) = (person(&app, "Mira").await.user, person(&app, "Eve").await.user);
    played(&app, mira, SourceKind::LastfmFile, &[("Can", 3)]).await;
    // Away, then in a hurry: nothing is taken for «no genre».
    for answer in [refusal(500, 8), refusal(500, 8), refusal(500, 8)] {
        world.answers_next(answer);
    }
    assert!(matches!(genres.read(mira).await, Err(Trouble::Unavailable)));
    read(genres, mira).await;
    assert_eq!(of(mira).await, [("Can".to_owned(), vec!["krautrock".to_owned()])]);
    let calls = asked(&world).len();
    played(&app, eve, SourceKind::LastfmFile, &[("CAN", 2)]).await;
    played(&app, eve, SourceKind::Spotify, &[("Told by Spotify", 9)]).await;
    read(genres, eve).await;
    assert_eq!(
        of(eve).await,
        [("CAN".to_owned(), vec!["krautrock".to_owned()]), ("Told by Spotify".to_owned(), vec![])]
    );
    assert_eq!(asked(&world).len(), calls, "nobody was asked again");
    // After a year it is.
    app.clock().advance(Duration::days(366));
    read(genres, eve).await;
    assert_eq!(asked(&world).len(), calls + 1);
}
