//! Limits: exact in every window, over every process, with each store and with none.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration as Real, Instant},
};

use async_trait::async_trait;
use aura::platform::{
    clock::Clock,
    config::{HostOverrides, LimitSettings, LimitStoreSettings},
    http::Http,
    limits::{self, Bucket, Decision, Key, LimitStore, Limits, MemoryStore, PostgresStore, Rule, StoreAway},
    random::Random,
};
use axum::{Router, body::Body, middleware, routing::any};
use http::{Method, Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};
use tower::ServiceExt as _;

use crate::{
    browser::{Browser, newest_mail},
    limit_stores::{Kind, Redis, Upstash},
    support::{Logs, TestApp},
};

const START: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// The rule, said as plainly as possible: a hit passes if fewer than `max` passed within the window before it.
#[derive(Default)]
struct Plain(Vec<OffsetDateTime>);

impl Plain {
    fn hit(&mut self, rule: Rule, now: OffsetDateTime) -> Decision {
        let mut within: Vec<_> = self.0.iter().copied().filter(|hit| *hit > now - rule.window).collect();
        within.sort_unstable();
        if within.len() < rule.max {
            self.0.push(now);
            Decision::Allowed
        } else {
            Decision::Refused { oldest: within[0] }
        }
    }
}

fn general() -> Rule {
    Bucket::General.into()
}

/// Patient enough for a machine that has much else to do.
fn settings(store: LimitStoreSettings) -> LimitSettings {
    let (general_window, patience) = (Duration::seconds(10), Real::from_secs(20));
    LimitSettings { store, general_max: 10, general_window, calls: 60, patience }
}

fn in_postgres(db: PgPool, clock: Clock) -> Limits {
    aura::serve::install_tls();
    let http = Http::new(HostOverrides::default()).unwrap();
    Limits::new(&settings(LimitStoreSettings::Postgres), db, http, clock).unwrap()
}

proptest! {
    #[test]
    fn lm_01_every_window_of_any_run_holds_at_most_its_number(steps in proptest::collection::vec(0..4_000_i64, 1..200)) {
        let store = MemoryStore::new(10);
        let mut plain = Plain::default();
        let mut now = START;
        for step in steps {
            now += Duration::milliseconds(step);
            prop_assert_eq!(store.decide(general(), &[1; 32], now), plain.hit(general(), now));
        }
        for end in &plain.0 {
            let within = plain.0.iter().filter(|hit| **hit <= *end && **hit > *end - general().window).count();
            prop_assert!(within <= general().max);
        }
    }
}

#[sqlx::test]
async fn lm_04_every_store_decides_as_the_plain_rule(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        // Two processes whose clocks differ by as much as clocks do.
        let stores = [kind.store(), kind.store()];
        let random = Random::seeded(11);
        let mut plain = Plain::default();
        let mut now = START;
        for step in 0..300 {
            now += Duration::microseconds(i64::from(random.below(2_500_000)));
            let behind = Duration::milliseconds(i64::from(random.below(2)) * 40);
            let store = &stores[usize::from(behind.is_zero())];
            let decision = store.hit(general(), &[1; 32], now - behind).await.unwrap();
            assert_eq!(decision, plain.hit(general(), now - behind), "{name}, step {step}");
        }
    }
}

#[sqlx::test]
async fn lm_05_no_store_lets_more_through_where_two_windows_meet(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        let store = kind.store();
        let mut allowed = 0;
        // Ten at the end of one window and ten at the beginning of the next: a fixed window would let all through.
        for at in [START + Duration::milliseconds(9_999), START + Duration::milliseconds(10_001)] {
            for _ in 0..10 {
                allowed += usize::from(store.hit(general(), &[3; 32], at).await.unwrap() == Decision::Allowed);
            }
        }
        assert_eq!(allowed, 10, "{name}");
        let later = START + Duration::milliseconds(9_999) + general().window;
        assert_eq!(store.hit(general(), &[3; 32], later).await.unwrap(), Decision::Allowed, "{name}: the first left");
    }
}

#[sqlx::test]
async fn windows_in_postgres_are_swept(db: PgPool) {
    let store = PostgresStore::new(db);
    store.hit(general(), &[1; 32], START).await.unwrap();
    assert_eq!(store.purge(START).await.unwrap(), 0);
    assert_eq!(store.purge(START + general().window).await.unwrap(), 1);
}

#[sqlx::test]
async fn windows_in_redis_expire_and_name_nobody(_db: PgPool) {
    let Some(redis) = Redis::start().await else { return };
    let limits = Limits::over(redis.store(), &settings(LimitStoreSettings::Postgres), Clock::manual(START));
    limits.hit(Bucket::Auth, "ada@example.com").await.unwrap();
    let keys: Vec<String> = redis::from_redis_value(redis.command(&["KEYS", "*"]).await).unwrap();
    assert!(keys.len() == 1 && keys[0].starts_with("aura:limit:auth:") && !keys[0].contains("ada"), "{keys:?}");
    let left: i64 = redis::from_redis_value(redis.command(&["PTTL", &keys[0]]).await).unwrap();
    assert!((1..=60_000).contains(&left), "{left}");
}

/// One variable carries all that another process must know.
const ERRAND: &str = "AURA_TEST_LIMITS";
const TOLD: &str = "another process: ";
const HITS: usize = 250;

/// What one process makes, eight at once; how many passed.
async fn many(store: Arc<dyn LimitStore>) -> usize {
    let places = Arc::new(tokio::sync::Semaphore::new(8));
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..HITS {
        let (store, places) = (store.clone(), places.clone());
        tries.spawn(async move {
            let _place = places.acquire().await.unwrap();
            store.hit(general(), &[2; 32], START).await.unwrap()
        });
    }
    tries.join_all().await.iter().filter(|decision| **decision == Decision::Allowed).count()
}

#[sqlx::test]
async fn lm_02_four_processes_let_exactly_ten_of_a_thousand_through(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        let Some(variables) = kind.variables() else { continue };
        let mut errand = json!({ "DATABASE_URL": db.connect_options().to_url_lossy().to_string() });
        for (variable, value) in variables {
            errand[variable] = value.into();
        }
        let mut children = Vec::new();
        for _ in 0..4 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "limits::another_process", "--ignored", "--nocapture"])
                .env(ERRAND, errand.to_string())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            children.push((child, lines));
        }
        let mut allowed = 0;
        for round in 0..2 {
            for (child, lines) in &mut children {
                let told = loop {
                    let line = lines.next_line().await.unwrap().expect("another process ended early");
                    if let Some(told) = line.strip_prefix(TOLD) {
                        break told.to_owned();
                    }
                };
                match round {
                    0 => assert_eq!(told, "ready"),
                    _ => allowed += told.parse::<usize>().unwrap(),
                }
                assert!(child.id().is_some());
            }
            // All begin once all are ready.
            for (child, _) in children.iter_mut().filter(|_| round == 0) {
                child.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
            }
        }
        assert_eq!(allowed, 10, "{name}");
    }
}

#[tokio::test]
#[ignore = "run by lm_02_four_processes_let_exactly_ten_of_a_thousand_through, in a process of its own"]
async fn another_process() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let Ok(errand) = std::env::var(ERRAND) else { return };
    aura::serve::install_tls();
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let word = |name: &str| errand[name].as_str().map(str::to_owned);
    let store: Arc<dyn LimitStore> = match (word("REDIS_URL"), word("UPSTASH_REDIS_REST_URL")) {
        (Some(url), _) => Arc::new(limits::RedisStore::new(&url.into()).unwrap()),
        (None, Some(url)) => {
            let http = Http::new(HostOverrides::default()).unwrap();
            let token = word("UPSTASH_REDIS_REST_TOKEN").unwrap();
            Arc::new(limits::UpstashStore::new(http, url.parse().unwrap(), token.into()))
        }
        (None, None) => {
            let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4).acquire_timeout(Real::from_secs(120));
            Arc::new(PostgresStore::new(pool.connect(&word("DATABASE_URL").unwrap()).await.unwrap()))
        }
    };
    // The harness has begun a line with the name of the test.
    println!("\n{TOLD}ready");
    let mut line = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut line).await.unwrap();
    println!("{TOLD}{}", many(store).await);
}

/// An app whose limits are kept there, patient with a machine that has much else to do.
async fn app_with(db: &PgPool, kind: &Kind) -> Option<TestApp> {
    let variables = kind.variables()?;
    let mut changes: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    changes.push(("LIMIT_STORE_TIMEOUT", "20000"));
    // Each app draws the same ids as the one before.
    sqlx::query("truncate sign_in_ceremonies, mails, limit_windows").execute(db).await.unwrap();
    Some(TestApp::with(db.clone(), &changes).await)
}

#[sqlx::test]
async fn lm_06_the_eleventh_start_of_a_sign_in_is_refused_whichever_process_it_reaches(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        let Some(one) = app_with(&db, &kind).await else { continue };
        let two = one.second_process().await;
        let mut browsers = [Browser::new(&one), Browser::new(&two)];
        for number in 0..10 {
            let started = browsers[number % 2].start_json(&format!("p{number}@{name}.example.com")).await;
            assert_eq!(started.status, StatusCode::OK, "{name}, start {number}: {}", started.text());
        }
        for browser in &mut browsers {
            let refused = browser.start_json(&format!("eleventh@{name}.example.com")).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{name}: {}", refused.text());
            assert_eq!(refused.header("ratelimit-policy"), "\"general\";q=10;w=10", "{name}");
        }
        // The general limit has passed by then, and the one on sign-ins holds for its whole minute.
        one.clock().advance(Duration::seconds(11));
        let refused = browsers[0].start_json(&format!("eleventh@{name}.example.com")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "too_many_requests".into()));
        assert_eq!(refused.header("ratelimit-policy"), "\"login\";q=10;w=60", "{name}");
        assert_eq!(refused.header("ratelimit"), format!("\"login\";r=0;t={}", refused.retry_after()), "{name}");
        assert!((1..60).contains(&refused.retry_after()), "{name}: {}", refused.retry_after());
        one.clock().advance(Duration::minutes(2));
        assert_eq!(browsers[1].start_json(&format!("later@{name}.example.com")).await.status, StatusCode::OK, "{name}");
    }
}

#[sqlx::test]
async fn lm_07_the_sixth_try_of_a_code_is_refused_whichever_process_it_reaches(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        let Some(one) = app_with(&db, &kind).await else { continue };
        let two = one.second_process().await;
        let address = format!("mira@{name}.example.com");
        let mut browser = Browser::new(&one);
        browser.start(&address, "").await;
        let code = newest_mail(&one, &address).await.code();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let mut elsewhere = browser.at(&two);
        for number in 0..5 {
            let at = if number % 2 == 0 { &mut browser } else { &mut elsewhere };
            let tried = at.json("verify-code", &[("code", wrong)]).await;
            assert!(matches!(tried.status.as_u16(), 410 | 422), "{name}, try {number}: {}", tried.text());
        }
        for at in [&mut browser, &mut elsewhere] {
            let refused = at.json("verify-code", &[("code", &code)]).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{name}: {}", refused.text());
            assert_eq!(refused.header("ratelimit-policy"), "\"auth\";q=5;w=60", "{name}");
            assert!(refused.retry_after() > 0, "{name}");
        }
        one.clock().advance(Duration::minutes(2));
    }
}

#[sqlx::test]
async fn lm_03_a_refusal_says_how_long_to_wait(db: PgPool) {
    let clock = Clock::manual(START);
    let limits = in_postgres(db, clock.clone());
    for _ in 0..5 {
        limits.hit(Bucket::Auth, "ada@example.com").await.unwrap();
        clock.advance(Duration::milliseconds(100));
    }
    assert_eq!(limits.hit(Bucket::Auth, "ada@example.com").await.unwrap_err().retry_after, 60);
    limits.hit(Bucket::Auth, "bob@example.com").await.unwrap();
    limits.hit(Bucket::MailMinute, "ada@example.com").await.unwrap();
    clock.advance(Duration::milliseconds(59_499));
    assert_eq!(limits.hit(Bucket::Auth, "ada@example.com").await.unwrap_err().retry_after, 1);
    clock.advance(Duration::milliseconds(1));
    limits.hit(Bucket::Auth, "ada@example.com").await.unwrap();
}

/// A store that never answers, or answers that it is away.
struct Away {
    asked: AtomicUsize,
    hangs: bool,
}

#[async_trait]
impl LimitStore for Away {
    async fn hit(&self, _: Rule, _: &[u8; 32], _: OffsetDateTime) -> Result<Decision, StoreAway> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(StoreAway("gone".to_owned()))
    }
}

#[tokio::test]
async fn without_the_store_the_same_numbers_hold_and_it_is_left_alone() {
    let (logs, _guard) = Logs::listen();
    for hangs in [true, false] {
        let away = Arc::new(Away { asked: AtomicUsize::new(0), hangs });
        let brief = LimitSettings { patience: Real::from_millis(50), ..settings(LimitStoreSettings::Postgres) };
        let limits = Limits::over(away.clone(), &brief, Clock::manual(START));
        let began = Instant::now();
        for _ in 0..10 {
            limits.hit(Bucket::General, "somebody").await.unwrap();
        }
        // After a pause one hit looks whether it is back.
        let pauses = began.elapsed().as_secs() / 2;
        assert_eq!(limits.hit(Bucket::General, "somebody").await.unwrap_err().retry_after, 10);
        let asked = away.asked.load(Ordering::SeqCst) as u64;
        assert!((1..=1 + pauses).contains(&asked), "asked once, then left alone: {asked}");
    }
    let warnings = logs.text().lines().filter(|line| line.contains("counts for itself")).count();
    assert_eq!(warnings, 2, "one for each outage, not for each hit: {}", logs.text());
}

#[sqlx::test]
async fn lm_08_a_redis_server_that_fails_gives_nobody_more_and_is_used_again(_db: PgPool) {
    let Some(mut redis) = Redis::start().await else { return };
    let brief = LimitSettings { patience: Real::from_millis(200), ..settings(LimitStoreSettings::Postgres) };
    for trouble in ["down", "stalled", "read only"] {
        let (logs, guard) = Logs::listen();
        let limits = Limits::over(redis.store(), &brief, Clock::manual(START));
        let key = format!("somebody {trouble}");
        // The connection is open before anything happens to it.
        limits.hit(Bucket::Refresh, &key).await.unwrap();
        assert!(!logs.text().contains("counts for itself"), "{trouble}: the server does not answer: {}", logs.text());
        for _ in 0..4 {
            limits.hit(Bucket::Auth, &key).await.unwrap();
        }
        match trouble {
            "down" => redis.down(),
            "stalled" => redis.stall().await,
            _ => redis.read_only(true).await,
        }
        limits.hit(Bucket::Auth, &key).await.unwrap();
        for _ in 0..20 {
            assert!(limits.hit(Bucket::Auth, &key).await.is_err(), "{trouble}: a sixth try passed");
        }
        limits.hit(Bucket::General, &key).await.unwrap();
        assert_eq!(logs.text().matches("counts for itself").count(), 1, "{trouble}: {}", logs.text());
        match trouble {
            "down" => redis.up().await,
            "stalled" => {
                redis.down();
                redis.up().await;
            }
            _ => redis.read_only(false).await,
        }
        let began = Instant::now();
        let mut number = 0;
        while !logs.text().contains("answers again") {
            assert!(began.elapsed() < Real::from_secs(60), "{trouble}: never used again");
            number += 1;
            limits.hit(Bucket::General, &format!("{key} {number}")).await.unwrap();
            tokio::time::sleep(Real::from_millis(100)).await;
        }
        drop(guard);
    }
}

#[sqlx::test]
async fn a_wrong_token_of_upstash_is_a_store_that_is_away(_db: PgPool) {
    let Some(upstash) = Upstash::start().await else { return };
    assert!(upstash.store_with("another").hit(general(), &[1; 32], START).await.is_err());
    let limits =
        Limits::over(upstash.store_with("another"), &settings(LimitStoreSettings::Postgres), Clock::manual(START));
    for _ in 0..10 {
        limits.hit(Bucket::General, "somebody").await.unwrap();
    }
    assert!(limits.hit(Bucket::General, "somebody").await.is_err());
}

#[sqlx::test]
async fn a_store_that_goes_away_in_between_gives_nobody_more(db: PgPool) {
    let limits = in_postgres(db.clone(), Clock::manual(START));
    for _ in 0..6 {
        limits.hit(Bucket::General, "somebody").await.unwrap();
    }
    db.close().await;
    for _ in 0..4 {
        limits.hit(Bucket::General, "somebody").await.unwrap();
    }
    assert!(limits.hit(Bucket::General, "somebody").await.is_err());
}

#[test]
fn memory_stays_bounded_under_many_keys() {
    let store = MemoryStore::new(1_000);
    for number in 0..20_000_u32 {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        store.decide(Bucket::Login.into(), &key, START + Duration::milliseconds(number.into()));
    }
    assert!(store.len() <= 1_000 && !store.is_empty());
}

fn behind_the_limit(limits: Limits) -> Router {
    Router::new().fallback(any(|| async { "done" })).layer(middleware::from_fn_with_state(limits, limits::general))
}

#[sqlx::test]
async fn the_eleventh_write_is_refused_and_reads_are_free(db: PgPool) {
    let router = behind_the_limit(in_postgres(db, Clock::manual(START)));
    let send = |method: Method, path: &str, user: &str| {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Key(user.to_owned()));
        router.clone().oneshot(request)
    };
    for _ in 0..10 {
        assert_eq!(send(Method::POST, "/api/chat", "ada").await.unwrap().status(), StatusCode::OK);
    }
    let refused = send(Method::POST, "/api/chat", "ada").await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "10");
    assert_eq!(refused.headers()["ratelimit"], "\"general\";r=0;t=10");
    assert_eq!(refused.headers()["ratelimit-policy"], "\"general\";q=10;w=10");
    for (method, path, user) in [
        (Method::POST, "/api/chat", "bob"),
        (Method::GET, "/api/chat", "ada"),
        (Method::POST, "/elsewhere", "ada"),
        (Method::POST, "/api/webhooks/x", "ada"),
    ] {
        assert_eq!(send(method, path, user).await.unwrap().status(), StatusCode::OK, "{path} {user}");
    }
}

#[sqlx::test]
async fn lm_09_the_general_limit_is_a_setting(db: PgPool) {
    let changes = [("RATE_LIMIT", "3/60s"), ("LIMIT_STORE_TIMEOUT", "20000")];
    let app = TestApp::with(db, &changes).await;
    let mut browser = Browser::new(&app);
    for _ in 0..3 {
        assert_ne!(browser.json("sign-out", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let refused = browser.json("sign-out", &[]).await;
    assert_eq!((refused.status, refused.retry_after()), (StatusCode::TOO_MANY_REQUESTS, 60));
    assert_eq!(refused.header("ratelimit-policy"), "\"general\";q=3;w=60");
    app.clock().advance(Duration::seconds(60));
    assert_ne!(browser.json("sign-out", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn lm_10_a_refusal_is_a_page_or_json_as_the_asker_reads(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1/60s"), ("LIMIT_STORE_TIMEOUT", "20000")]).await;
    let mut browser = Browser::new(&app);
    browser.json("sign-out", &[]).await;
    let page = browser.form("sign-out", &[]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.header("content-type").starts_with("text/html") && page.text().contains("Wait 60 seconds"));
    let json = browser.json("sign-out", &[]).await;
    assert_eq!((json.header("content-type"), json.code()), ("application/problem+json", "too_many_requests".into()));
    for answer in [page, json] {
        assert_eq!((answer.retry_after(), answer.header("ratelimit")), (60, "\"general\";r=0;t=60"));
    }
}

#[sqlx::test]
async fn lm_13_no_spelling_of_an_address_gives_further_tries(db: PgPool) {
    let app = TestApp::with(db, &[("LIMIT_STORE_TIMEOUT", "20000")]).await;
    let mut browser = Browser::new(&app);
    for number in 0..10 {
        browser.start_json(&format!("p{number}@example.com")).await;
    }
    app.clock().advance(Duration::seconds(11));
    for path in [
        "/api/identity/start-sign-in",
        "//api/identity/start-sign-in",
        "/api//identity/start-sign-in",
        "/api/identity/start-sign-in/",
        "/API/identity/start-sign-in",
        "/api/identity/Start-Sign-In",
        "/api/identity/start%2Dsign%2Din",
        "/%61pi/identity/start-sign-in",
        "/api/./identity/start-sign-in",
        "/api/identity/../identity/start-sign-in",
        "/api/identity/start-sign-in?x=1",
        "/api/identity/start-sign-in;x=1",
    ] {
        app.clock().advance(Duration::milliseconds(1_500));
        let fields = [("email", "one.more@example.com"), ("next", ""), ("time_zone", "")];
        let answer = browser.post_form(path, &fields).await;
        let sent = crate::browser::mails_to(&app, "one.more@example.com").await;
        assert_eq!(sent, 0, "{path}: {} {}", answer.status, answer.text());
    }
}

#[sqlx::test]
async fn looking_at_every_page_counts_as_nothing(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "2/60s"), ("LIMIT_STORE_TIMEOUT", "20000")]).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    for _ in 0..5 {
        for path in ["/chat", "/connections", "/settings", "/settings/security", "/", "/pricing"] {
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
        }
        for path in ["/api/identity/viewer", "/api/connections/overview"] {
            assert_eq!(browser.get_json(path).await.status, StatusCode::OK, "{path}");
        }
    }
}
