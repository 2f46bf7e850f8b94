//! Figures about connections, never a verdict: what a fresh token costs beside the bare row, how many are read in a
//! second, and how renewals spread over an hour. `make bench` prints them, from an optimised build and the Postgres of
//! this machine.

use std::time::Instant;

use futures::StreamExt as _;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    bench_identity::{as_in_life, as_in_life_with, print},
    refresh_ahead::simulated_hour,
    token_desk::{TokenDesk, first_tokens},
    vendor::{connect, person},
};

const READS: usize = 5_000;
const AT_ONCE: usize = 32;
const CONNECTIONS: usize = 10_000;

/// A token for a call when it is fresh: looked up, and opened from where it is sealed. Beside it the row alone.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_fresh_token(db: PgPool) {
    let app = as_in_life(&db).await;
    let user = person(&app).await;
    let lasts = app.clock().now() + time::Duration::hours(8);
    let id = connect(&app, user, "github", "access", Some("refresh"), Some(lasts)).await;
    let integrations = &app.state().integrations;
    let bare = async || {
        let row: (String,) = sqlx::query_as("select sealed_access_token from connections where id = $1")
            .bind(Uuid::from(id))
            .fetch_one(app.db())
            .await
            .unwrap();
        row
    };
    // Beside the token it reads the person's connections twice, as what tells programs of them does.
    let lent = async || integrations.told(user, "github").await.unwrap()[0].works();
    let (mut rows, mut tokens) = (Vec::new(), Vec::new());
    for round in 0..READS + READS / 10 {
        let start = Instant::now();
        bare().await;
        let one = start.elapsed();
        let start = Instant::now();
        assert!(lent().await);
        let other = start.elapsed();
        // The first ones warm up.
        if round >= READS / 10 {
            rows.push(one);
            tokens.push(other);
        }
    }
    print(
        "A fresh token for a call, in one process",
        ("the row alone", &mut rows),
        ("the token", &mut tokens),
        ["", " (goal: the token within 5 ms)"],
    );
    let rate = async |what: &str, token: bool| {
        let start = Instant::now();
        let all = futures::stream::iter(0..READS).map(|_| async {
            if token {
                assert!(lent().await);
            } else {
                bare().await;
            }
        });
        all.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = READS as f64 / start.elapsed().as_secs_f64();
        println!("  {what}, {AT_ONCE} at once: {rate:.0} a second");
        rate
    };
    let (rows, tokens) = (rate("rows alone", false).await, rate("tokens", true).await);
    println!("  tokens to rows: {:.2}", tokens / rows);
}

/// Ten thousand connections that were all made in the same minute, over an hour.
#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_an_hour_of_renewals(db: PgPool) {
    let clock = as_in_life(&db).await.clock().clone();
    let desk = TokenDesk::start(clock, time::Duration::HOUR).await;
    let world = format!("*={}", desk.address);
    let client = [("HOST_OVERRIDES", world.as_str()), ("GOOGLE_CLIENT_ID", "id"), ("GOOGLE_CLIENT_SECRET", "secret")];
    let app = as_in_life_with(&db, &client).await;
    // The desk goes by the clock of the first app, which has to go with this one's.
    let first = desk.clock();
    let user = person(&app).await;
    let ends_at = app.clock().now() + time::Duration::HOUR;
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let name = Uuid::from_bytes(app.state().random.bytes()).simple().to_string();
        let (access, refresh) = first_tokens(&name);
        connections.push((user, connect(&app, user, "google-calendar", &access, Some(&refresh), Some(ends_at)).await));
    }
    let start = Instant::now();
    let renewed = simulated_hour(&app, Some(&first), &connections, 20).await;
    let (all, most) = (renewed.iter().sum::<u64>(), renewed.iter().max().copied().unwrap_or(0));
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    let mean = all as f64 / 60.0;
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let ratio = most as f64 / mean;
    println!("{CONNECTIONS} connections of one minute over an hour, in {:.0} s", start.elapsed().as_secs_f64());
    println!("  calls that saw an ended token: {} (goal: 0)", desk.refused());
    println!("  renewals: {all}, in the fullest minute {most}, in the mean {mean:.0}: {ratio:.2} (goal: 2 at most)");
}
