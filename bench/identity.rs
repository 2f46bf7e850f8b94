//! Figures about signing in, never a verdict: what a session costs a request, and whether the time of an answer tells
//! known addresses from unknown ones. `make bench` prints them, from an optimised build and the Postgres of this
//! machine; each compares two things in one run.

use std::time::{Duration, Instant};

use aura::{
    identity::bearer::{self, Principal},
    kit::id::{DeviceId, UserId},
    platform::{config::DatabaseSettings, db},
};
use axum::{Router, body::Body, extract::Path, routing::get};
use http::{Request, Response, StatusCode};
use secrecy::SecretString;
use sqlx::{ConnectOptions as _, PgPool};
use tower::ServiceExt as _;

use crate::{browser::Browser, program::Program, support::TestApp, vendor::person};

const REQUESTS: usize = 5_000;
const STARTS: usize = 1_000;
const MAILBOXES: usize = 100;
const AT_ONCE: usize = 32;

/// The value below which this share of the samples lies.
fn quantile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    let rank = ((samples.len() - 1) as f64 * share).round() as usize;
    samples[rank]
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

#[expect(clippy::print_stdout, reason = "figures are printed")]
pub fn print(what: &str, first: (&str, &mut [Duration]), second: (&str, &mut [Duration]), goals: [&str; 2]) {
    println!("{what} ({} samples each, interleaved)", first.1.len());
    for (share, name, goal) in [(0.5, "p50", goals[0]), (0.99, "p99", goals[1])] {
        let (one, other) = (quantile(first.1, share), quantile(second.1, share));
        let difference = milliseconds(other) - milliseconds(one);
        println!(
            "  {name}: {} {:.3} ms, {} {:.3} ms, difference {difference:+.3} ms{goal}",
            first.0,
            milliseconds(one),
            second.0,
            milliseconds(other)
        );
    }
}

/// An app over the pool that the product has: the tests' asks each connection whether it lives before every use.
pub async fn as_in_life(db: &PgPool) -> TestApp {
    as_in_life_with(db, &[]).await
}

/// The same with further variables.
pub async fn as_in_life_with(db: &PgPool, variables: &[(&str, &str)]) -> TestApp {
    let url = SecretString::from(db.connect_options().to_url_lossy().to_string());
    let settings = DatabaseSettings { url: url.clone(), owner_url: url.clone(), listen_url: url };
    TestApp::with(db::connect(&settings).await.unwrap(), variables).await
}

/// The same address, asked with and without the cookie of a session: the difference is what the session costs.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_session(db: PgPool) {
    let app = as_in_life(&db).await;
    let mut with = Browser::new(&app);
    with.sign_in(&app, "mira@example.com").await;
    let mut without = Browser::new(&app);
    let (mut bare, mut signed_in) = (Vec::new(), Vec::new());
    for round in 0..REQUESTS + REQUESTS / 10 {
        let start = Instant::now();
        assert!(without.viewer().await.is_none());
        let one = start.elapsed();
        let start = Instant::now();
        assert!(with.viewer().await.is_some());
        let other = start.elapsed();
        // The first ones warm up.
        if round >= REQUESTS / 10 {
            bare.push(one);
            signed_in.push(other);
        }
    }
    print(
        "A session on a request: GET /api/identity/viewer, in one process",
        ("without", &mut bare),
        ("with", &mut signed_in),
        [" (goal 0.3)", " (goal 1)"],
    );
}

/// Starting a sign-in for addresses that have an account and for such that have none.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_known_and_unknown_addresses(db: PgPool) {
    let app = TestApp::new(db).await;
    sqlx::query(
        "with people as (
             insert into users (id, display_name, created_at)
             select gen_random_uuid(), 'n' || n, $2 from generate_series(0, $1 - 1) n returning id, display_name
         ) insert into user_emails (email, user_id, verified_at)
         select display_name || '@known.example', id, $2 from people",
    )
    .bind(i64::try_from(MAILBOXES).unwrap())
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..STARTS {
        for (samples, domain) in [(&mut known, "known"), (&mut unknown, "other")] {
            // Below every limit: ten starts a minute from here, ten mails a day to a mailbox.
            app.clock().advance(time::Duration::seconds(10));
            let mut browser = Browser::new(&app);
            let email = format!("n{}@{domain}.example", round % MAILBOXES);
            let start = Instant::now();
            let answer = browser.start_json(&email).await;
            samples.push(start.elapsed());
            assert!(answer.status.is_success(), "{}", answer.text());
        }
    }
    print(
        "Starting a sign-in: POST /api/identity/start-sign-in, in one process",
        ("known", &mut known),
        ("unknown", &mut unknown),
        [" (goal within 2)", ""],
    );
}

/// One handler, behind the check of access tokens and without it: the difference is the signature and the session's row.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_an_access_token(db: PgPool) {
    let app = as_in_life(&db).await;
    let program = Program::new(&app, person(&app).await).await;
    let identity = app.identity().clone();
    let answer = move |user: UserId, id: DeviceId| {
        let identity = identity.clone();
        async move { identity.own_device(user, id).await.unwrap().name }
    };
    let (open, checked, user) = (answer.clone(), answer, program.user);
    let path = "/api/v1/devices/{id}";
    let bare: Router = Router::new().route(path, get(move |Path(id): Path<DeviceId>| open(user, id)));
    let guarded: Router = Router::new()
        .route(path, get(move |principal: Principal, Path(id): Path<DeviceId>| checked(principal.user, id)))
        .layer(bearer::layer(app.identity().clone()));
    let whole = app.router();
    let ask = |router: &Router| {
        let request = Request::builder()
            .uri(format!("/api/v1/devices/{}", program.device))
            .header("authorization", format!("Bearer {}", program.access))
            .body(Body::empty());
        let answered = router.clone().oneshot(request.unwrap());
        async move {
            let answer: Response<Body> = answered.await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
    };

    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..REQUESTS + REQUESTS / 10 {
        for (router, samples) in [(&bare, &mut without), (&guarded, &mut with)] {
            let start = Instant::now();
            ask(router).await;
            // The first ones warm up.
            if round >= REQUESTS / 10 {
                samples.push(start.elapsed());
            }
        }
    }
    print(
        "An access token on a request: a device's name, in one process",
        ("unchecked", &mut without),
        ("checked", &mut with),
        [" (goal 0.3)", " (goal 1)"],
    );

    // How many a second, when many ask at once, with everything that stands around a route beside it.
    for (name, router) in [("unchecked", &bare), ("checked", &guarded), ("checked, the whole site", &whole)] {
        let start = Instant::now();
        let callers = (0..AT_ONCE).map(|_| async {
            for _ in 0..REQUESTS / AT_ONCE {
                ask(router).await;
            }
        });
        futures::future::join_all(callers).await;
        tell_rate(name, REQUESTS / AT_ONCE * AT_ONCE, start.elapsed());
    }
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures are printed")]
fn tell_rate(name: &str, requests: usize, taken: Duration) {
    println!("  {name}: {:.0} requests/s, {AT_ONCE} at once on one thread", requests as f64 / taken.as_secs_f64());
}
