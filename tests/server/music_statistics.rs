//! Statistics beside a program in another language that counts the same plays by itself.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use aura::{
    kit::id::UserId,
    music::{
        heard::Heard,
        moment::Moment,
        source::SourceKind,
        statistics::{
            Statistics, View,
            model::{End, Listen, Move, Ranked},
            period::Period,
        },
    },
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{OffsetDateTime, macros::datetime};

use crate::{browser::Browser, outside::person, support::TestApp, vendor::user_of};

const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
const PERIODS: [&str; 8] =
    ["all", "4w", "12m", "2025", "2025-03", "2024-10-20..2024-11-05", "2025-10-26..2025-10-26", "2019"];
const ARTISTS: [&str; 12] = [
    "abba",
    "björk",
    "can",
    "d'angelo",
    "émilie simon",
    "föllakzoid",
    "гражданская оборона",
    "宇多田ヒカル",
    "zz top",
    "🦀",
    "!!!",
    "can can",
];

const GENRES: [(&str, &[&str]); 4] = [
    ("abba", &["pop", "disco"]),
    ("björk", &["electronic"]),
    ("can", &["krautrock", "electronic", "rock"]),
    ("🦀", &["pop"]),
];

fn genres() -> Value {
    GENRES
        .iter()
        .map(|(artist, genres)| ((*artist).to_owned(), json!(genres)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Artist, album, title, year, beginning in milliseconds, milliseconds.
type Play = (&'static str, Option<String>, String, Option<i16>, i64, Option<u32>);

/// Plays of a life: in bursts, also over changes of clocks, some of unknown length, no track twice at one moment.
fn life(seed: u64, many: usize) -> Vec<Play> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut at = datetime!(2024-09-01 05:59 UTC).unix_timestamp() * 1_000;
    let mut plays = Vec::new();
    for _ in 0..many {
        let artist = ARTISTS[dice.random_range(0..ARTISTS.len()).min(dice.random_range(0..ARTISTS.len()))];
        let song: u32 = dice.random_range(0..9);
        let album = (song % 4 != 3).then(|| format!("album {}", song % 4));
        // The years are the album's own.
        let released = album.as_ref().filter(|_| song % 4 != 2).map(|_| 1_967 + i16::try_from(song % 4 * 18).unwrap());
        let milliseconds = dice.random_ratio(9, 10).then(|| dice.random_range(30_000..400_000));
        plays.push((artist, album, format!("song {song}"), released, at, milliseconds));
        let pause: i64 = match dice.random_range(0..100) {
            0 => dice.random_range(86_400_000..20 * 86_400_000),
            1..=6 => dice.random_range(1_800_000..40_000_000),
            _ => dice.random_range(-60_000..600_000),
        };
        at += i64::from(milliseconds.unwrap_or(0)) + pause.max(-i64::from(milliseconds.unwrap_or(0)) + 61_000);
    }
    plays
}

fn moment(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).unwrap()
}

fn heard((artist, album, title, _, at, milliseconds): &Play) -> Heard {
    let mut heard = Heard::new(artist, title, Moment::Began(moment(*at)));
    heard.album = album.as_deref().map(Into::into);
    heard.milliseconds = *milliseconds;
    heard
}

fn milliseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap()
}

/// What the other program counts.
fn oracle(asked: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/listening.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let done = python.wait_with_output().unwrap();
    assert!(done.status.success());
    serde_json::from_slice(&done.stdout).unwrap()
}

fn list(ranked: &[Ranked]) -> Value {
    ranked
        .iter()
        .map(|one| match &one.of {
            Some(artist) => json!([artist, one.name, one.plays]),
            None => json!([one.name, one.plays]),
        })
        .collect()
}

fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// What Aura counts, in the other program's words.
async fn counted(statistics: &Statistics, view: &View) -> Value {
    let figures = statistics.figures(view).await.unwrap();
    let days = statistics.days(view).await.unwrap();
    let (longest, _) = Statistics::streaks(view, &days);
    let (count, session) = statistics.sessions(view).await.unwrap();
    let ends = statistics.ends(view).await.unwrap();
    let end = |one: &Listen| json!([one.title, one.artist, milliseconds(one.at)]);
    json!({
        "days": [view.range.first.to_string(), view.range.last.to_string()],
        "plays": figures.plays,
        "milliseconds": figures.milliseconds,
        "counts": [figures.artists, figures.albums, figures.tracks],
        "new_artists": figures.new_artists,
        "diversity": millionths(figures.diversity),
        "artists": list(&statistics.artists(view, 20).await.unwrap()),
        "albums": list(&statistics.albums(view, 20).await.unwrap()),
        "tracks": list(&statistics.tracks(view, End::Most, 20).await.unwrap()),
        "least": list(&statistics.tracks(view, End::Least, 20).await.unwrap()),
        "genres": statistics.genres(view, 20).await.unwrap(),
        "week": statistics.week(view).await.unwrap(),
        "by_day": days.iter().map(|day| json!([day.date.to_string(), day.plays, day.milliseconds])).collect::<Value>(),
        "decades": statistics.decades(view).await.unwrap(),
        "streak": longest.map(|streak| json!([streak.days(), streak.last.to_string()])),
        "sessions": [json!(count), json!(session.map(|one| (milliseconds(one.began), milliseconds(one.ended), one.plays)))],
        "ends": ends.map(|(first, last)| json!([end(&first), end(&last)])),
    })
}

async fn listener(app: &TestApp, name: &str, plays: &[Play]) -> UserId {
    let user = person(app, name).await.user;
    record(app, user, plays).await;
    user
}

async fn record(app: &TestApp, user: UserId, plays: &[Play]) {
    let music = &app.state().music;
    let source = music.source(user, SourceKind::SpotifyFile, "").await.unwrap();
    // Not in their order, and not at once.
    for part in plays.rchunks(700) {
        music.record(user, source, part.iter().map(heard).collect()).await.unwrap();
    }
    for (artist, genres) in GENRES {
        sqlx::query("update music_artists set genres = $3 where user_id = $1 and name = $2")
            .bind(uuid::Uuid::from(user))
            .bind(artist)
            .bind(genres)
            .execute(app.db())
            .await
            .unwrap();
    }
    // No source tells the years yet.
    sqlx::query(
        "update music_albums set released = case title when 'album 0' then 1967 when 'album 1' then 1985 end
         where user_id = $1",
    )
    .bind(uuid::Uuid::from(user))
    .execute(app.db())
    .await
    .unwrap();
}

#[sqlx::test]
async fn m_07_every_number_is_what_another_program_counts(db: PgPool) {
    let app = TestApp::new(db).await;
    let statistics = &app.state().statistics;
    let now = app.clock().now().unix_timestamp();
    let views: Vec<(&str, &str)> = ZONES.iter().flat_map(|zone| PERIODS.map(|period| (*zone, period))).collect();
    for (seed, many) in [(1, 3_000), (2, 700), (3, 40), (4, 1), (5, 0)] {
        let plays = life(seed, many);
        let user = listener(&app, &format!("Listener {seed}"), &plays).await;
        let expected = oracle(&json!({ "now": now, "plays": plays, "genres": genres(), "views": views }));
        for ((zone, period), mut expected) in views.iter().zip(expected) {
            let view = statistics.view(user, period.parse::<Period>().unwrap(), zone).await.unwrap();
            let diversity = expected["diversity"].as_f64().unwrap();
            expected["diversity"] = json!(millionths(diversity));
            let counted = counted(statistics, &view).await;
            for (name, number) in expected.as_object().unwrap() {
                assert_eq!(counted[name], *number, "{name} of {period} in {zone}, life {seed}");
            }
        }
    }
}

#[sqlx::test]
async fn m_11_a_recap_tells_the_same_numbers_of_any_time(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let plays = life(11, 2_000);
    record(&app, user_of(&app, "mira@example.com").await, &plays).await;
    let periods = ["2024", "2025-03", "2024-10-20..2024-11-05", "all", "2019"];
    let asked = json!({
        "now": app.clock().now().unix_timestamp(), "plays": plays, "genres": genres(),
        "views": periods.map(|period| ("UTC", period)),
    });
    let times = |count: &Value, what: &str| {
        let count = count.as_i64().unwrap();
        format!("{} {what}{}", aura::ui::grouped(count), if count == 1 { "" } else { "s" })
    };
    for (period, expected) in periods.iter().zip(oracle(&asked)) {
        let address = match period.split_once("..") {
            // As the form with two days sends it.
            Some((first, last)) => format!("/music/recap?first={first}&last={last}"),
            None => format!("/music/recap?period={period}"),
        };
        let page = mira.get(&address).await;
        let html = page.text();
        if expected["plays"] == 0 {
            assert!(html.contains("Nothing was played in this time"), "{period}");
            continue;
        }
        let best = expected["by_day"].as_array().unwrap().iter().map(|day| &day[1]).max_by_key(|plays| plays.as_i64());
        let told = [
            format!("You played music {}", times(&expected["plays"], "time")),
            times(&expected["counts"][2], "track"),
            times(&expected["counts"][0], "artist"),
            format!("of whom {} were new to you", aura::ui::grouped(expected["new_artists"].as_i64().unwrap())),
            times(&expected["artists"][0][1], "play"),
            format!(
                "{} by {}, {}",
                text(&expected["tracks"][0][1]),
                text(&expected["tracks"][0][0]),
                times(&expected["tracks"][0][2], "play")
            ),
            format!(
                "{} by {}, {}",
                text(&expected["albums"][0][1]),
                text(&expected["albums"][0][0]),
                times(&expected["albums"][0][2], "play")
            ),
            format!(
                "The genre was {}, {}",
                text(&expected["genres"][0][0][0]),
                times(&expected["genres"][0][0][1], "play")
            ),
            format!("with {}", times(best.unwrap(), "play")),
            times(&expected["streak"][0], "day"),
        ];
        for sentence in told {
            assert!(html.contains(&sentence), "{sentence} of {period}");
        }
    }
    let refused = mira.get("/music/recap?first=2025-03-02&last=2025-03-01").await;
    assert!(refused.text().contains("This is no period"));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[sqlx::test]
async fn mu_40_places_are_compared_with_the_period_before_and_nobody_sees_another_ones_plays(db: PgPool) {
    let app = TestApp::new(db).await;
    let statistics = &app.state().statistics;
    let at =
        |day: i64, minute: i64| (datetime!(2025-01-01 12:00 UTC).unix_timestamp() + day * 86_400 + minute * 60) * 1_000;
    let play = |artist, day, minute| -> Play { (artist, None, "song".to_owned(), None, at(day, minute), Some(60_000)) };
    // In January abba twice, can once; in February can thrice, abba once, and somebody new.
    let plays = [
        play("abba", 0, 0),
        play("abba", 1, 0),
        play("can", 2, 0),
        play("can", 31, 0),
        play("can", 32, 0),
        play("can", 33, 0),
        play("abba", 34, 0),
        play("zz top", 35, 0),
    ];
    let user = listener(&app, "Mira", &plays).await;
    let other = listener(&app, "Eve", &[play("björk", 40, 0)]).await;
    let period = "2025-02".parse::<Period>().unwrap();
    let view = statistics.view(user, period, "UTC").await.unwrap();
    let artists = statistics.artists(&view, 10).await.unwrap();
    assert_eq!(list(&artists), json!([["can", 3], ["abba", 1], ["zz top", 1]]));
    assert_eq!(statistics.moves(&view, &artists).await.unwrap(), [Move::By(1), Move::By(-1), Move::New]);
    let before = Statistics::before(&view).unwrap();
    assert_eq!(statistics.figures(&before).await.unwrap().plays, 3);
    let figures = statistics.figures(&view).await.unwrap();
    assert_eq!((figures.artists, figures.new_artists), (3, 1));
    assert!((figures.discovery() - 100.0 / 3.0).abs() < 1e-9);
    let theirs = statistics.view(other, period, "UTC").await.unwrap();
    assert_eq!(list(&statistics.artists(&theirs, 10).await.unwrap()), json!([["björk", 1]]));
    assert_eq!(statistics.days(&theirs).await.unwrap().len(), 1);
}

#[sqlx::test]
async fn mu_41_a_persons_listening_is_drawn_for_them_alone(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    assert!(mira.get("/music").await.text().contains("Nothing is counted yet"));
    let user = user_of(&app, "mira@example.com").await;
    record(&app, user, &life(7, 400)).await;
    let page = mira.get("/music?period=all").await;
    let html = page.text();
    for wanted in ["Around the clock", "Through the week", "Release years", "Longest streak", "<caption", "björk"] {
        assert!(html.contains(wanted), "{wanted}");
    }
    assert_eq!(html.matches("Show as a table").count(), html.matches("<figure").count(), "a table behind each chart");
    let none = mira.get("/music?period=2019").await;
    assert!(none.text().contains("Nothing was played in this time"));
    let refused = mira.get("/music?period=yesterday").await;
    assert!(refused.text().contains("This is no period"));
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    assert!(eve.get("/music?period=all").await.text().contains("Nothing is counted yet"));
    assert_eq!(Browser::new(&app).get("/music").await.status, http::StatusCode::SEE_OTHER);
}
