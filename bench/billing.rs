//! Figures about Stripe's posts, never a verdict: how many signed events are kept in a second, beside `pgbench` inserting
//! the same row into the same server, and how long one waits for its answer while Stripe cannot be reached. `make bench`
//! prints them.

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use axum::Router;
use futures::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{bench_identity::as_in_life_with, support::TestApp};

const SECRET: &str = "whsec_of_the_bench";
const AT_ONCE: usize = 32;
const EVENTS: usize = 20_000;
const STEADY: usize = 200;
const STEADY_SECONDS: usize = 15;
/// As long as events of subscriptions are.
const BODY: usize = 5_000;

async fn app(db: &PgPool) -> TestApp {
    // Nothing listens where Stripe would be.
    as_in_life_with(db, &[("STRIPE_SECRET_KEY", "sk_test_nobody"), ("STRIPE_WEBHOOK_SECRET", SECRET)]).await
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// A post of its own, with a signature of this moment.
fn post(app: &TestApp, name: &str) -> Vec<u8> {
    let start = format!(
        r#"{{"id":"evt_{name}","object":"event","type":"invoice.paid","livemode":false,"created":1,"data":{{"object":{{"id":"in_{name}","padding":""#
    );
    let body = format!("{start}{}\"}}}}}}", "x".repeat(BODY - start.len() - 4));
    let moment = app.clock().now().unix_timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{moment}.{body}").as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let head = format!(
        "POST /api/webhooks/stripe HTTP/1.1\r\nhost: localhost:3000\r\ncontent-type: application/json\r\n\
         stripe-signature: t={moment},v1={signature}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// A line that stays open, as a sender keeps it.
struct Line(TcpStream);

impl Line {
    async fn open(address: SocketAddr) -> Self {
        let line = TcpStream::connect(address).await.unwrap();
        line.set_nodelay(true).unwrap();
        Self(line)
    }

    async fn send(&mut self, post: &[u8]) {
        self.0.write_all(post).await.unwrap();
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let read = self.0.read(&mut piece).await.unwrap();
            assert!(read > 0, "the line was closed: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(str::parse);
            if length.is_some_and(|length: Result<usize, _>| rest.len() >= length.unwrap()) {
                assert!(head.starts_with("HTTP/1.1 200"), "{text}");
                return;
            }
        }
    }
}

/// Clusters for tests lose what they have at a power cut, and are quick by that; for this they keep it, as in life.
async fn durable(db: &PgPool, on: bool) {
    let statements = if on {
        ["alter system set fsync = on", "alter system set synchronous_commit = on"]
    } else {
        ["alter system reset fsync", "alter system reset synchronous_commit"]
    };
    for statement in statements {
        sqlx::query(statement).execute(db).await.unwrap();
    }
    sqlx::query("select pg_reload_conf()").execute(db).await.unwrap();
}

/// How many rows of that shape `pgbench` inserts in a second.
async fn pgbench(db: &PgPool) -> Option<f64> {
    sqlx::query("create table bench_events (like webhook_events including all)").execute(db).await.unwrap();
    // As long as a sealed body, and as little to be made smaller.
    let sealed: String =
        sqlx::query_scalar("select sealed_body from webhook_events limit 1").fetch_one(db).await.unwrap();
    let statement = format!(
        "insert into bench_events (id, source, event_id, kind, sealed_body, sent_at, received_at)
         values (gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'invoice.paid', '{sealed}', now(), now())
         on conflict on constraint bench_events_source_event_id_key do nothing;"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), statement.replace('\n', " ")).unwrap();
    let program = ["/usr/lib/postgresql/15/bin/pgbench", "/usr/lib/postgresql/16/bin/pgbench"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .unwrap_or_else(|| "pgbench".into());
    let options = db.connect_options();
    let said = Command::new(program)
        .args(["-n", "-c", &AT_ONCE.to_string(), "-j", "2", "-T", "10", "-f"])
        .arg(file.path())
        .args(["-h", options.get_host(), "-p", &options.get_port().to_string(), "-U", options.get_username()])
        .arg(options.get_database()?)
        .output()
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("tps = "))?.split(' ').next()?.parse().ok()
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_signed_events(db: PgPool) {
    let app = app(&db).await;
    let address = serve(app.router()).await;
    let posts: Vec<Vec<Vec<u8>>> = (0..AT_ONCE)
        .map(|line| (0..EVENTS / AT_ONCE).map(|number| post(&app, &format!("{line}_{number}"))).collect())
        .collect();
    durable(&db, true).await;
    let start = Instant::now();
    join_all(posts.iter().map(|posts| async move {
        let mut line = Line::open(address).await;
        for post in posts {
            line.send(post).await;
        }
    }))
    .await;
    let span = start.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let ours = EVENTS as f64 / span.as_secs_f64();
    println!("Signed events of {BODY} bytes, {AT_ONCE} lines at once");
    println!("  checked, sealed, kept with their jobs and answered: {ours:.0} a second");
    match pgbench(&db).await {
        Some(rows) => {
            println!("  pgbench, rows alone: {rows:.0} a second; ratio {:.2} (goal: at least 0.7)", ours / rows);
        }
        None => println!("  not run: pgbench, which is not installed or could not connect"),
    }
    durable(&db, false).await;
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_an_answer_while_stripe_is_away(db: PgPool) {
    let app = app(&db).await;
    let address = serve(app.router()).await;
    // The jobs of these events ask Stripe, in vain, while more come in.
    let stop = CancellationToken::new();
    let working = tokio::spawn(aura::serve::jobs(app.state()).run(db.clone(), stop.clone()));
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(STEADY).unwrap());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sends = Vec::new();
    for number in 0..STEADY * STEADY_SECONDS {
        ticks.tick().await;
        let post = post(&app, &format!("steady_{number}"));
        sends.push(tokio::spawn(async move {
            let mut line = Line::open(address).await;
            let start = Instant::now();
            line.send(&post).await;
            start.elapsed()
        }));
    }
    let mut spans: Vec<Duration> = Vec::new();
    for send in sends {
        spans.push(send.await.unwrap());
    }
    stop.cancel();
    working.await.unwrap();
    spans.sort_unstable();
    let at = |share: usize| spans[(spans.len() * share / 100).min(spans.len() - 1)].as_secs_f64() * 1_000.0;
    println!("An event's answer at {STEADY} a second while Stripe cannot be reached");
    println!("  p50 {:.2} ms, p99 {:.2} ms (goal: p99 within 50 ms)", at(50), at(99));
}
