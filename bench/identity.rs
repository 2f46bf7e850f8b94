//! Figures about signing in, never a verdict: what a session costs a request, and whether the time of an answer tells
//! known addresses from unknown ones. `make bench` prints them, from an optimised build and the Postgres of this
//! machine; each compares two things in one run.

use std::time::{Duration, Instant};

use aura::platform::{config::DatabaseSettings, db};
use secrecy::SecretString;
use sqlx::{ConnectOptions as _, PgPool};

use crate::{browser::Browser, support::TestApp};

const REQUESTS: usize = 5_000;
const STARTS: usize = 1_000;
const MAILBOXES: usize = 100;

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
fn print(what: &str, first: (&str, &mut [Duration]), second: (&str, &mut [Duration]), goals: [&str; 2]) {
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

/// The same address, asked with and without the cookie of a session: the difference is what the session costs.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_session(db: PgPool) {
    // The pool of the tests asks each connection whether it lives before every use; the product's does not.
    let url = SecretString::from(db.connect_options().to_url_lossy().to_string());
    let settings = DatabaseSettings { url: url.clone(), owner_url: url.clone(), listen_url: url };
    let app = TestApp::new(db::connect(&settings).await.unwrap()).await;
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
