//! Figures about passwords, never a verdict: whether the time of an answer tells who is here, and what 200 logins at once
//! cost everybody else. `make bench` prints them.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Instant,
};

use futures::future::{join, join_all};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    bench_identity::{as_in_life, print},
    program::Program,
    stranger::{GOOD, Stranger, device},
    support::TestApp,
    vendor::person,
};

const SAMPLES: usize = 1_000;
const MAILBOXES: usize = 100;
const AT_ONCE: usize = 200;
const ASKED: usize = 2_000;

/// A route, what is sent to it for an address, and what it answers.
type Asked = (&'static str, fn(&str) -> Value, StatusCode);

/// People with this password, at `n0@known.example` and so on.
async fn people(app: &TestApp) {
    let stranger = Stranger::new(app);
    stranger.joins(app, "first@known.example", GOOD).await;
    sqlx::query(
        "with hash as (select hash from passwords), people as (
             insert into users (id, display_name, created_at)
             select gen_random_uuid(), 'n' || n, $2 from generate_series(0, $1 - 1) n returning id, display_name
         ), addresses as (
             insert into user_emails (email, user_id, verified_at)
             select display_name || '@known.example', id, $2 from people
         ) insert into passwords (user_id, hash, changed_at) select id, hash, $2 from people, hash",
    )
    .bind(i64::try_from(MAILBOXES).unwrap())
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
}

/// The same request for addresses that have an account and for such that have none.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_passwords_of_known_and_unknown_addresses(db: PgPool) {
    let app = TestApp::new(db).await;
    people(&app).await;
    let stranger = Stranger::new(&app);
    let bodies: [Asked; 4] = [
        (
            "tokens",
            |email| json!({ "email": email, "password": "not this one", "device": device() }),
            StatusCode::UNAUTHORIZED,
        ),
        ("registrations", |email| json!({ "email": email, "password": GOOD }), StatusCode::ACCEPTED),
        ("sign-in-codes", |email| json!({ "email": email }), StatusCode::ACCEPTED),
        ("recoveries", |email| json!({ "email": email }), StatusCode::ACCEPTED),
    ];
    for (path, body, status) in bodies {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        app.clock().advance(time::Duration::days(1));
        for round in 0..SAMPLES {
            for (samples, domain) in [(&mut known, "known"), (&mut unknown, "other")] {
                // Below every limit.
                app.clock().advance(time::Duration::minutes(1));
                let body = body(&format!("n{}@{domain}.example", round % MAILBOXES));
                let start = Instant::now();
                let answer = stranger.post(path, &body).await;
                samples.push(start.elapsed());
                assert_eq!(answer.status, status, "{}", answer.text());
            }
        }
        print(
            &format!("POST /api/v1/{path}, in one process"),
            ("known", &mut known),
            ("unknown", &mut unknown),
            [" (goal within 2)", ""],
        );
    }
}

/// Another route, with nothing beside it and with 200 logins at any moment.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_many_logins_at_once(db: PgPool) {
    let app = as_in_life(&db).await;
    let program = Program::new(&app, person(&app).await).await;
    let ask = || async {
        let start = Instant::now();
        assert_eq!(program.get("/api/v1/sessions").await.status, StatusCode::OK);
        start.elapsed()
    };
    let mut alone = Vec::new();
    for _ in 0..ASKED {
        alone.push(ask().await);
    }
    let (done, compared, busy) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let logins = join_all((0..AT_ONCE).map(|at| {
        let (app, done, compared, busy) = (&app, &done, &compared, &busy);
        async move {
            let mut round = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let [high, low] = u16::try_from(at).unwrap().to_be_bytes();
                let stranger = Stranger::new(app).from([10, high, low, u8::try_from(round % 250).unwrap()]);
                let answer = stranger.log_in(&format!("n{at}-{round}@other.example"), GOOD).await;
                match answer.status {
                    StatusCode::UNAUTHORIZED => compared.fetch_add(1, Ordering::Relaxed),
                    StatusCode::SERVICE_UNAVAILABLE => {
                        // As it is asked to, though sooner.
                        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                        busy.fetch_add(1, Ordering::Relaxed)
                    }
                    status => panic!("{status}: {}", answer.text()),
                };
                round += 1;
            }
        }
    }));
    let asking = async {
        let mut beside = Vec::new();
        for _ in 0..ASKED {
            beside.push(ask().await);
        }
        done.store(true, Ordering::Relaxed);
        beside
    };
    let start = Instant::now();
    let (mut beside, _) = join(asking, logins).await;
    let taken = start.elapsed();
    print(
        "GET /api/v1/sessions, in one process, beside 200 logins with a password",
        ("alone", &mut alone),
        ("beside", &mut beside),
        ["", " (goal 20 % more)"],
    );
    tell(compared.into_inner(), busy.into_inner(), taken);
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures are printed")]
fn tell(compared: usize, busy: usize, taken: std::time::Duration) {
    let rate = compared as f64 / taken.as_secs_f64();
    println!("  {compared} passwords were compared ({rate:.0} a second), {busy} times somebody was asked to come back");
}
