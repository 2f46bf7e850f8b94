//! Signed posts: which are taken, and that each is done once.

use aura::{
    kit::id::WebhookEventId,
    platform::{
        jobs::{JobFailed, JobTable},
        webhooks::{Arrived, Handlers, Received, WebhookError, Webhooks, verify, work},
    },
};
use futures::future::join_all;
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use time::{Duration, macros::datetime};
use uuid::Uuid;

use crate::{
    privy_world::{OTHER_KEY, PrivyWorld, WEBHOOK_KEY, call, drain, post, post_signed, webhook_secret},
    support::TestApp,
};

const BODY: &[u8] = br#"{"type":"user.created","user":{"id":"did:privy:a"}}"#;

fn headers(id: &str, seconds: i64, key: &[u8], body: &[u8]) -> HeaderMap {
    let signature = Webhook::from_bytes(key.to_vec()).unwrap().sign(id, seconds, body).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in [("svix-id", id), ("svix-timestamp", &seconds.to_string()), ("svix-signature", &signature)] {
        headers.insert(http::HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn secrets(keys: &[&[u8]]) -> Vec<SecretString> {
    keys.iter().map(|key| webhook_secret(key).into()).collect()
}

#[test]
fn po_01_only_what_a_known_key_signed_now_is_believed() {
    let now = datetime!(2026-03-12 12:00 UTC);
    let at = now.unix_timestamp();
    let both = secrets(&[WEBHOOK_KEY, OTHER_KEY]);
    let believed = |headers: &HeaderMap, body: &[u8]| verify(&both, headers, body, now).is_ok();
    assert_eq!(verify(&both, &headers("m1", at, WEBHOOK_KEY, BODY), BODY, now).unwrap().id, "m1");
    assert!(believed(&headers("m1", at, OTHER_KEY, BODY), BODY), "while one key replaces the other both are taken");
    for off in [-300, 300] {
        assert!(believed(&headers("m1", at + off, WEBHOOK_KEY, BODY), BODY), "{off}");
    }
    for off in [-301, 301, -86_400] {
        assert!(!believed(&headers("m1", at + off, WEBHOOK_KEY, BODY), BODY), "{off}");
    }
    assert!(!believed(&headers("m1", at, b"a key that nobody told us", BODY), BODY));
    for at_byte in 0..BODY.len() {
        let mut altered = BODY.to_vec();
        altered[at_byte] ^= 1;
        assert!(!believed(&headers("m1", at, WEBHOOK_KEY, BODY), &altered), "byte {at_byte}");
    }
    let spaced = br#"{ "type": "user.created", "user": { "id": "did:privy:a" } }"#;
    assert!(!believed(&headers("m1", at, WEBHOOK_KEY, BODY), spaced), "the same JSON in other bytes");
    let mut moved = headers("m1", at, WEBHOOK_KEY, BODY);
    moved.insert("svix-id", HeaderValue::from_static("m2"));
    assert!(!believed(&moved, BODY), "the id is signed");
    let mut moved = headers("m1", at, WEBHOOK_KEY, BODY);
    moved.insert("svix-timestamp", HeaderValue::from(at + 1));
    assert!(!believed(&moved, BODY), "the time is signed");
    for name in ["svix-id", "svix-timestamp", "svix-signature"] {
        let mut lacking = headers("m1", at, WEBHOOK_KEY, BODY);
        lacking.remove(name);
        assert!(!believed(&lacking, BODY), "{name}");
        for odd in ["", " ", "v1", "v1,", "99999999999999999999", "-1", "\u{1}"] {
            if let Ok(odd) = HeaderValue::from_str(odd) {
                lacking.insert(http::HeaderName::try_from(name).unwrap(), odd.clone());
                assert!(!believed(&lacking, BODY), "{name}: {odd:?}");
            }
        }
    }
    let mut several = headers("m1", at, WEBHOOK_KEY, BODY);
    let right = several.get("svix-signature").unwrap().to_str().unwrap().to_owned();
    several.insert("svix-signature", HeaderValue::from_str(&format!("v1,AAAA v2,{right} {right}")).unwrap());
    assert!(believed(&several, BODY), "one of several");
    several.insert("svix-signature", HeaderValue::from_str(&right.replacen("v1,", "v1a,", 1)).unwrap());
    assert!(!believed(&several, BODY), "another scheme");
    assert!(!believed(&headers(&"x".repeat(300), at, WEBHOOK_KEY, BODY), BODY));
    assert!(matches!(verify(&[], &several, BODY, now), Err(WebhookError::NotSetUp)));
    let broken = vec![SecretString::from("whsec_not base64"), webhook_secret(WEBHOOK_KEY).into()];
    assert!(verify(&broken, &headers("m1", at, WEBHOOK_KEY, BODY), BODY, now).is_ok());
}

async fn webhooks(db: &PgPool) -> (TestApp, Webhooks) {
    let app = TestApp::new(db.clone()).await;
    let webhooks = app.state().webhooks.clone();
    (app, webhooks)
}

#[sqlx::test]
async fn po_02_a_repeated_post_is_one_event(db: PgPool) {
    let (app, webhooks) = webhooks(&db).await;
    let now = app.clock().now();
    let signed = headers("m1", now.unix_timestamp(), WEBHOOK_KEY, BODY);
    let keys = secrets(&[WEBHOOK_KEY]);
    let ten = join_all((0..10).map(|_| webhooks.receive("test", &keys, &signed, BODY))).await;
    let new = ten.iter().filter(|received| matches!(received, Ok(Received::New))).count();
    assert_eq!((new, ten.iter().filter(|received| received.is_ok()).count()), (1, 10));
    let other = webhooks.receive("another", &keys, &signed, BODY).await.unwrap();
    assert_eq!(other, Received::New, "another sender's ids are others");
    let done = Arc::new(AtomicUsize::new(0));
    let count = done.clone();
    let handle = move |post: aura::platform::webhooks::Post| {
        assert_eq!((post.kind.as_str(), &post.body["user"]["id"]), ("user.created", &json!("did:privy:a")));
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    };
    let handlers = Handlers::new().on("test", handle.clone()).on("another", handle);
    for _ in 0..3 {
        work(JobTable::new(), webhooks.clone(), handlers.clone()).drain(&db).await.unwrap();
    }
    assert_eq!(done.load(Ordering::SeqCst), 2);
    let states: Vec<(String, i16)> =
        sqlx::query_as("select state, tries from webhook_events").fetch_all(&db).await.unwrap();
    assert_eq!(states, [("done".to_owned(), 1), ("done".to_owned(), 1)]);
}

#[sqlx::test]
async fn po_05_what_arrives_at_once_is_kept_together_and_fails_alone(db: PgPool) {
    let (app, webhooks) = webhooks(&db).await;
    let sent_at = app.clock().now();
    let keep = async |event_id: &str| webhooks.keep("test", Arrived { event_id, kind: "k", sent_at }, BODY).await;
    let ids: Vec<String> = (0..200).map(|number| format!("many_{}", number % 150)).collect();
    let outcomes = join_all(ids.iter().map(|id| keep(id))).await;
    let new = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Received::New))).count();
    assert_eq!((new, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (150, 200));
    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&db).await.unwrap();
    assert_eq!(count("select count(*) from webhook_events").await, 150);
    let in_jobs = "select count(distinct event.id) from graphile_worker._private_jobs,
        json_array_elements_text(payload -> 'payload' -> 'ids') as event (id)";
    assert_eq!(count(in_jobs).await, 150, "each stands in a job");
    let transactions = count("select count(distinct xmin::text) from webhook_events").await;
    assert!(transactions <= 20, "{transactions} transactions");

    // No text of Postgres holds this character.
    let ids: Vec<String> = (0..20).map(|n| if n == 7 { "odd_\0".to_owned() } else { format!("odd_{n}") }).collect();
    let outcomes = join_all(ids.iter().map(|id| keep(id))).await;
    for (id, outcome) in ids.iter().zip(&outcomes) {
        assert_eq!(matches!(outcome, Ok(Received::New)), id != "odd_\0", "{id:?}: {outcome:?}");
    }
    assert_eq!(count(in_jobs).await, 169);
    assert_eq!(
        count("select count(*) from graphile_worker.jobs").await,
        count("select count(distinct xmin::text) from webhook_events").await,
        "one job for each transaction"
    );

    // Of those that share a job one cannot be done: the others are, and it alone is tried again.
    let odd: Uuid =
        sqlx::query_scalar("select id from webhook_events where event_id = 'odd_3'").fetch_one(&db).await.unwrap();
    let handlers = Handlers::new().on("test", move |post| async move {
        if post.id == WebhookEventId::from(odd) { Err(JobFailed::from(WebhookError::NotFound)) } else { Ok(()) }
    });
    let table = work(JobTable::new(), webhooks.clone(), handlers);
    table.drain(&db).await.unwrap();
    assert_eq!(count("select count(*) from webhook_events where state = 'done' and tries = 1").await, 168);
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '1 second'")
        .execute(&db)
        .await
        .unwrap();
    table.drain(&db).await.unwrap();
    let others = "select count(*) from webhook_events where state = 'done' and tries = 1";
    assert_eq!(
        (count(others).await, count("select tries::bigint from webhook_events where state = 'waiting'").await),
        (168, 2)
    );
}

#[sqlx::test]
async fn po_03_a_failure_is_told_tried_again_and_run_again_by_hand(db: PgPool) {
    let (app, webhooks) = webhooks(&db).await;
    let now = app.clock().now();
    let signed = headers("m1", now.unix_timestamp(), WEBHOOK_KEY, BODY);
    webhooks.receive("test", &secrets(&[WEBHOOK_KEY]), &signed, BODY).await.unwrap();
    let handlers = Handlers::new().on("test", |_| async { Err(JobFailed::from(WebhookError::NotFound)) });
    work(JobTable::new(), webhooks.clone(), handlers).drain(&db).await.unwrap();
    let row = || async {
        sqlx::query_as::<_, (Uuid, String, Option<String>, i16)>("select id, state, problem, tries from webhook_events")
            .fetch_one(&db)
            .await
            .unwrap()
    };
    let (id, state, problem, tries) = row().await;
    assert_eq!((state.as_str(), problem.as_deref(), tries), ("waiting", Some("no such event"), 1));
    webhooks.rerun(WebhookEventId::from(id)).await.unwrap();
    let handlers = Handlers::new().on("test", |_| async { Ok(()) });
    work(JobTable::new(), webhooks.clone(), handlers).drain(&db).await.unwrap();
    let (_, state, problem, tries) = row().await;
    assert_eq!((state.as_str(), problem, tries), ("done", None, 2));
    assert!(matches!(webhooks.rerun(WebhookEventId::from(Uuid::nil())).await, Err(WebhookError::NotFound)));
    assert_eq!(webhooks.purge(now + Duration::days(29)).await.unwrap(), 0);
    assert_eq!(webhooks.purge(now + Duration::days(31)).await.unwrap(), 1);
}

#[sqlx::test]
async fn po_04_the_address_answers_as_senders_expect(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let now = app.clock().now();
    let event = json!({ "type": "user.wallet_created", "user": { "id": "did:privy:canary-did" }, "wallet": {} });
    let bytes = event.to_string().into_bytes();
    assert_eq!(post(&app, "m1", &event).await, StatusCode::OK);
    assert_eq!(post(&app, "m1", &event).await, StatusCode::OK, "a repetition is thanked for too");
    assert_eq!(post_signed(&app, "m2", now, OTHER_KEY, &bytes, &bytes).await.status, StatusCode::OK);
    for (id, at, key) in [("m3", now + Duration::seconds(301), WEBHOOK_KEY), ("m4", now, b"nobody knows this key...")] {
        let refused = post_signed(&app, id, at, key, &bytes, &bytes).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "webhook_unsigned"));
    }
    let pretty = serde_json::to_vec_pretty(&event).unwrap();
    assert_eq!(post_signed(&app, "m5", now, WEBHOOK_KEY, &bytes, &pretty).await.status, StatusCode::UNAUTHORIZED);
    for odd in [&b"[]"[..], b"{}", br#"{"type":7}"#, b"no json"] {
        let refused = post_signed(&app, "m6", now, WEBHOOK_KEY, odd, odd).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "webhook_malformed"));
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from webhook_events").fetch_one(app.db()).await.unwrap();
    assert_eq!(kept, 2);
    assert!(!crate::browser::dump(&app).await.contains("canary-did"), "what was posted lies sealed");
    drain(&app).await;
    let done: i64 = sqlx::query_scalar("select count(*) from webhook_events where state = 'done'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(done, 2, "a kind that nothing follows is done");
}

#[sqlx::test]
async fn without_a_secret_posts_are_not_set_up(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let refused = call(&app, "POST", "/api/webhooks/privy", &[], BODY.to_vec()).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::NOT_IMPLEMENTED, "privy_not_set_up"));
    let world = PrivyWorld::start().await;
    let app = world.app_with(db, &[("PRIVY_WEBHOOK_SECRET", "")]).await;
    let event = json!({ "type": "user.created" });
    assert_eq!(post(&app, "m1", &event).await, StatusCode::NOT_IMPLEMENTED);
}
