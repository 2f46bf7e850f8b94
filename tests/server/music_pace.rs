//! The one line of calls to Last.fm, of all processes together.

use std::{sync::Arc, time::Duration as Wait};

use aura::{
    music::{lastfm::Pace, trouble::Trouble},
    platform::clock::Clock,
};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, macros::datetime};
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use crate::{
    music_world::{KEY, LastfmWorld, NAME, refusal},
    outside::eventually,
    support::TestApp,
    vendor::Vendor,
};

const BURST: u32 = 5;

async fn paced(vendor: &Vendor, db: PgPool) -> TestApp {
    vendor.app_with(db, &[("LASTFM_API_KEY", KEY), ("LASTFM_LONGEST_WAIT", "600")]).await
}

#[sqlx::test]
async fn m_26_two_processes_call_five_times_a_second_together(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 1).await;
    let app = paced(&vendor, db).await;
    let other = Box::pin(app.second_process()).await;
    let mut calls = JoinSet::new();
    for number in 0..500 {
        let lastfm = if number % 2 == 0 { &app } else { &other }.state().sources.lastfm().clone();
        calls.spawn(async move { lastfm.account(NAME).await.map(|_| ()) });
    }
    let all = calls.len();
    // The clock goes on by a fifth of a second as soon as all have come that may, so the count at each step is exact.
    let mut may = usize::try_from(BURST).unwrap();
    loop {
        let now =
            eventually("each call that may goes out", async || (world.calls() >= may).then(|| world.calls())).await;
        assert_eq!(now, may, "no call is early");
        if may == all {
            break;
        }
        may = all.min(may + 1);
        app.clock().advance(Duration::milliseconds(200));
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap().expect("nothing fails because of our own line");
    }
    assert_eq!(world.calls(), all);
}

#[sqlx::test]
async fn mu_26_the_line_is_in_order_and_whoever_goes_away_leaves_their_place(db: PgPool) {
    TestApp::new(db.clone()).await;
    let clock = Clock::manual(datetime!(2026-03-12 12:00 UTC));
    let pace = Pace::new("line", 1, Duration::minutes(10), db.clone(), clock.clone());
    let began = pace.turn().await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..4 {
        let (own, told) = (pace.clone(), order.clone());
        let mut turn = Box::pin(async move {
            let place = own.turn().await.unwrap();
            told.lock().unwrap().push((number, place));
        });
        // It stands in the line before the next one comes.
        assert!(futures::poll!(turn.as_mut()).is_pending());
        tasks.push(tokio::spawn(turn));
    }
    let first_place = eventually("the first has a place", async || {
        let at: Option<time::OffsetDateTime> =
            sqlx::query_scalar("select free_at from music_paces where service = 'line'").fetch_one(&db).await.ok();
        at.filter(|at| *at > began + Duration::milliseconds(200))
    })
    .await;
    // What the row says has reached whoever took the place by the time that another question is answered.
    sqlx::query("select 1").execute(&db).await.unwrap();
    tasks.remove(0).abort();
    for came in 1..=3 {
        clock.advance(Duration::milliseconds(200));
        eventually("the next one comes", async || (order.lock().unwrap().len() == came).then_some(())).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let told = order.lock().unwrap().clone();
    let step = Duration::milliseconds(200);
    assert_eq!(told, [(1, began + step), (2, began + step * 2), (3, began + step * 3)]);
    assert_eq!(first_place, began + step * 2, "no place was lost: the next one took it");
}

#[sqlx::test]
async fn mu_27_our_limit_their_limit_and_their_absence_have_codes_of_their_own(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 1).await;
    let app = vendor.app_with(db, &[("LASTFM_API_KEY", KEY), ("LASTFM_LONGEST_WAIT", "1")]).await;
    let lastfm = app.state().sources.lastfm();
    for _ in 0..3 {
        world.answers_next(ResponseTemplate::new(503));
    }
    assert_eq!(lastfm.account(NAME).await.unwrap_err().code(), "provider_unavailable");
    assert_eq!(world.calls(), 3, "it was asked again before it was given up");
    app.clock().advance(Duration::minutes(1));
    // The service's own answer may help at the second try.
    world.answers_next(refusal(200, 16));
    assert_eq!(lastfm.account(NAME).await.unwrap().name, NAME);
    app.clock().advance(Duration::minutes(1));
    let mut turns = JoinSet::new();
    for _ in 0..40 {
        let lastfm = lastfm.clone();
        turns.spawn(async move { lastfm.account(NAME).await });
    }
    // Five may go at once, perhaps before the others come, and six wait for about a second; for those behind them the wait
    // would be too long.
    let refused = tokio::time::timeout(Wait::from_secs(20), async {
        let mut refused = 0;
        while refused < 24 {
            let error = turns.join_next().await.unwrap().unwrap().err();
            refused += usize::from(error.is_some_and(|error| error.code() == "throttled_locally"));
        }
    });
    refused.await.expect("those behind them are refused at once");
    turns.shutdown().await;
    app.clock().advance(Duration::minutes(1));
    world.answers_next(
        ResponseTemplate::new(429)
            .insert_header("retry-after", "42")
            .set_body_json(json!({"error": 29, "message": "x"})),
    );
    let limited = lastfm.account(NAME).await.unwrap_err();
    assert_eq!((limited.code(), limited.retry_after()), ("provider_rate_limited", Some(42)));
    let before = world.calls();
    assert!(matches!(lastfm.account(NAME).await, Err(Trouble::RateLimited { retry_after: 42 })));
    assert_eq!(world.calls(), before, "no further call before the wait is over");
    let error = limited.refusal("Last.fm");
    assert_eq!((error.kind.status(), error.retry_after), (429, Some(42)));
}

#[sqlx::test]
async fn m_27_somebody_elses_answer_is_thrown_away(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 1).await;
    let app = crate::music_world::app(&vendor, db).await;
    let lastfm = app.state().sources.lastfm();
    let stranger = json!({"topartists": {"artist": [{"name": "Canary"}], "@attr": {"user": "somebody"}}});
    let answer = ResponseTemplate::new(200).set_body_json(stranger);
    world.answers_next(answer.clone());
    let told = lastfm.top(NAME, aura::music::told::Subject::Artist, "overall").await.unwrap();
    assert_eq!((told[0].name.as_str(), world.calls()), ("Ines Duarte", 2), "it was asked for again");
    for _ in 0..3 {
        world.answers_next(answer.clone());
    }
    let refused = lastfm.top(NAME, aura::music::told::Subject::Artist, "overall").await.unwrap_err();
    assert_eq!(refused.code(), "answer_of_somebody_else");
    // The same in the background: nothing of it is kept.
    let user = crate::vendor::person(&app).await;
    let source = app.state().sources.add_lastfm(user, NAME).await.unwrap();
    let plays = json!({"recenttracks": {"track": [{"name": "Canary", "artist": {"#text": "Canary"}, "date": {"uts": "1700000000"}}],
        "@attr": {"user": "somebody", "totalPages": "1"}}});
    for _ in 0..3 {
        world.answers_next(ResponseTemplate::new(200).set_body_json(plays.clone()));
    }
    app.state().sources.sync_one(source).await.unwrap();
    assert_eq!(crate::music_world::problem(&app, source).await.as_deref(), Some("answer_of_somebody_else"));
    assert!(!crate::browser::dump(&app).await.contains("Canary"));
}
