//! Limits: exact in every window, over every process, with and without the shared store.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use aura::platform::{
    clock::Clock,
    config::LimitStoreSettings,
    limits::{self, Bucket, Decision, Key, LimitStore, Limits, MemoryStore, PostgresStore, StoreAway},
    random::Random,
};
use axum::{Router, body::Body, middleware, routing::any};
use http::{Method, Request, StatusCode};
use proptest::prelude::*;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use tower::ServiceExt as _;

const START: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// The rule, said as plainly as possible: a hit passes if fewer than `max` passed within the window before it.
#[derive(Default)]
struct Plain(Vec<OffsetDateTime>);

impl Plain {
    fn hit(&mut self, bucket: Bucket, now: OffsetDateTime) -> Decision {
        let within: Vec<_> = self.0.iter().copied().filter(|hit| *hit > now - bucket.window()).collect();
        if within.len() < bucket.max() {
            self.0.push(now);
            Decision::Allowed
        } else {
            Decision::Refused { oldest: within[0] }
        }
    }
}

proptest! {
    #[test]
    fn every_window_of_any_run_holds_at_most_its_number(steps in proptest::collection::vec(0..4_000_i64, 1..200)) {
        let store = MemoryStore::new(10);
        let mut plain = Plain::default();
        let mut now = START;
        for step in steps {
            now += Duration::milliseconds(step);
            prop_assert_eq!(store.decide(Bucket::General, &[1; 32], now), plain.hit(Bucket::General, now));
        }
        for end in &plain.0 {
            let within = plain.0.iter().filter(|hit| **hit <= *end && **hit > *end - Bucket::General.window()).count();
            prop_assert!(within <= Bucket::General.max());
        }
    }
}

#[sqlx::test]
async fn postgres_decides_as_the_plain_rule(db: PgPool) {
    let store = PostgresStore::new(db);
    let random = Random::seeded(11);
    let mut plain = Plain::default();
    let mut now = START;
    for step in 0..300 {
        now += Duration::milliseconds(i64::from(random.below(2_500)));
        let decision = store.hit(Bucket::General, &[1; 32], now).await.unwrap();
        assert_eq!(decision, plain.hit(Bucket::General, now), "step {step}");
    }
    assert_eq!(store.purge(now).await.unwrap(), 0);
    assert_eq!(store.purge(now + Bucket::General.window()).await.unwrap(), 1);
}

#[sqlx::test]
async fn two_processes_let_exactly_ten_of_four_hundred_through(options: PgPoolOptions, connect: PgConnectOptions) {
    let pool = |options: PgPoolOptions| options.max_connections(4).acquire_timeout(std::time::Duration::from_secs(60));
    let one = PostgresStore::new(pool(options.clone()).connect_with(connect.clone()).await.unwrap());
    let two = PostgresStore::new(pool(options).connect_with(connect).await.unwrap());
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..400 {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        tries.spawn(async move { store.hit(Bucket::General, &[2; 32], START).await.unwrap() });
    }
    let decisions = tries.join_all().await;
    assert_eq!(decisions.iter().filter(|decision| **decision == Decision::Allowed).count(), 10);
}

#[sqlx::test]
async fn a_refusal_says_how_long_to_wait(db: PgPool) {
    let clock = Clock::manual(START);
    let limits = Limits::new(&LimitStoreSettings::Postgres, db, clock.clone());
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
    async fn hit(&self, _: Bucket, _: &[u8; 32], _: OffsetDateTime) -> Result<Decision, StoreAway> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(StoreAway)
    }
}

#[tokio::test]
async fn without_the_store_the_same_numbers_hold_and_it_is_left_alone() {
    for hangs in [true, false] {
        let away = Arc::new(Away { asked: AtomicUsize::new(0), hangs });
        let limits = Limits::over(away.clone(), Clock::manual(START));
        for _ in 0..10 {
            limits.hit(Bucket::General, "somebody").await.unwrap();
        }
        assert_eq!(limits.hit(Bucket::General, "somebody").await.unwrap_err().retry_after, 10);
        assert_eq!(away.asked.load(Ordering::SeqCst), 1, "asked once, then left alone");
    }
}

#[sqlx::test]
async fn a_store_that_goes_away_in_between_gives_nobody_more(db: PgPool) {
    let limits = Limits::new(&LimitStoreSettings::Postgres, db.clone(), Clock::manual(START));
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
        store.decide(Bucket::Login, &key, START + Duration::milliseconds(number.into()));
    }
    assert!(store.len() <= 1_000 && !store.is_empty());
}

#[sqlx::test]
async fn the_eleventh_write_is_refused_and_reads_are_free(db: PgPool) {
    let limits = Limits::new(&LimitStoreSettings::Postgres, db, Clock::manual(START));
    let router =
        Router::new().fallback(any(|| async { "done" })).layer(middleware::from_fn_with_state(limits, limits::general));
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
