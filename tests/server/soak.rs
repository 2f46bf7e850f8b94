//! A browser's three tabs that share what an app is signed in with, for minutes and by the machine's clock, while answers
//! get lost on the way. Nobody is ever signed out.
#![expect(clippy::print_stderr, reason = "a suite of minutes says what went wrong while it goes on")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use http::StatusCode;
use sqlx::PgPool;

use crate::{program::Program, support::TestApp, vendor::person};

/// How long an access token lasts here: days, where people use it.
const ACCESS: time::Duration = time::Duration::seconds(2);
const TABS: usize = 3;
/// One answer in so many is lost.
const LOST: u64 = 4;

/// What the tabs of a browser share, as in its storage.
#[derive(Clone)]
struct Shared {
    access: String,
    refresh: String,
    /// When the access token was renewed.
    since: Instant,
}

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    asked: u64,
    renewed: u64,
    lost: u64,
    repeated: u64,
    limited: u64,
    signed_out: u64,
}

/// A number that looks random, from the one before.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

async fn tab(program: Program, shared: Arc<Mutex<Shared>>, seed: u64, until: Instant) -> Told {
    let (mut told, mut chance) = (Told::default(), seed);
    while Instant::now() < until {
        let Shared { access, refresh, since } = shared.lock().unwrap().clone();
        // A tab renews when the token that it finds is about to end, or when it is told that it has.
        if since.elapsed() < Duration::from_millis(1_500) {
            let (status, code) = program.showing(&access).asks().await;
            told.asked += 1;
            match (status, code.as_str()) {
                (StatusCode::OK, _) | (StatusCode::UNAUTHORIZED, "token_expired") => {}
                other => {
                    eprintln!("signed out: {other:?}");
                    told.signed_out += 1;
                    return told;
                }
            }
            tokio::time::sleep(Duration::from_millis(20 + next(&mut chance) % 60)).await;
            continue;
        }
        // Each tab renews what it has read, also where another has done so meanwhile.
        loop {
            let answer = program.brings(&refresh).await;
            // Tokens this short are more than twenty renewals a minute: a tab waits as it is told, and looks anew.
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                told.limited += 1;
                tokio::time::sleep(Duration::from_secs(u64::from(answer.retry_after()))).await;
                break;
            }
            if answer.status != StatusCode::OK {
                eprintln!("signed out: {} {}", answer.status, answer.text());
                told.signed_out += 1;
                return told;
            }
            if next(&mut chance).is_multiple_of(LOST) {
                told.lost += 1;
                tokio::time::sleep(Duration::from_millis(next(&mut chance) % 100)).await;
                continue;
            }
            let said = answer.value();
            let text = |name: &str| said[name].as_str().unwrap().to_owned();
            let mut kept = shared.lock().unwrap();
            if kept.refresh == text("refresh_token") {
                told.repeated += 1;
            } else {
                told.renewed += 1;
            }
            *kept = Shared { access: text("access_token"), refresh: text("refresh_token"), since: Instant::now() };
            break;
        }
    }
    told
}

#[sqlx::test]
#[ignore = "minutes of real time; make test-long SUITE=soak"]
async fn tk_24_three_tabs_that_lose_answers_stay_signed_in(db: PgPool) {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is the suite's to say")]
    let minutes = std::env::var("SOAK_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(1);
    let app = TestApp::in_real_time(db, ACCESS).await;
    let other = app.second_process().await;
    let program = Program::new(&app, person(&app).await).await;
    let shared = Shared { access: program.access.clone(), refresh: program.refresh.clone(), since: Instant::now() };
    let shared = Arc::new(Mutex::new(shared));
    let until = Instant::now() + Duration::from_secs(60 * minutes);
    let tabs = (0..TABS).map(|number| {
        let process = if number % 2 == 0 { &app } else { &other };
        let seed = 0x9e37_79b9_7f4a_7c15 ^ u64::try_from(number + 1).unwrap();
        tokio::spawn(tab(program.at(process), shared.clone(), seed, until))
    });
    let told: Vec<Told> = futures::future::try_join_all(tabs).await.unwrap();
    for (number, told) in told.iter().enumerate() {
        println!("tab {number}: {told:?}");
    }
    assert_eq!(told.iter().map(|told| told.signed_out).sum::<u64>(), 0);
    let all = |count: fn(&Told) -> u64| told.iter().map(count).sum::<u64>();
    assert!(all(|told| told.renewed) >= 15 * minutes, "hardly anything was renewed");
    assert!(all(|told| told.lost) > 0 && all(|told| told.repeated) > 0, "nothing was lost, nothing was asked twice");
    let notes: i64 = sqlx::query_scalar("select count(*) from audit_events where kind = 'refresh_reused'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(notes, 0);
}
