//! Stripe's posts: which are taken, that they are taken whatever Stripe does, and that each is done once.

use aura::platform::webhooks::verify_timestamped;
use http::StatusCode;
use sandbox::billing::{Card, webhooks::signature};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, macros::datetime};

use crate::{
    billing_world::{BillingWorld, PLACE, SECRET},
    privy_world::{Reply, call, drain},
    support::TestApp,
};

/// Posts a body under a header.
async fn post(app: &TestApp, place: &str, header: &str, body: &str) -> Reply {
    let headers = [("content-type", "application/json; charset=utf-8"), ("stripe-signature", header)];
    call(app, "POST", place, &headers, body.as_bytes().to_vec()).await
}

/// Signs a body now and posts it.
async fn post_signed(world: &BillingWorld, body: &Value) -> Reply {
    let text = body.to_string();
    let now = world.app.clock().now().unix_timestamp();
    post(&world.app, PLACE, &signature(SECRET, now, &text), &text).await
}

fn event(id: &str, kind: &str, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "api_version": "2026-09-30.endive", "created": 1_773_316_800,
        "livemode": false, "data": { "object": object },
    })
}

#[sqlx::test]
async fn bi_01_only_what_stripe_signed_now_over_these_bytes_is_believed(db: PgPool) {
    let world = BillingWorld::with(db, &[("STRIPE_WEBHOOK_SECRET", "whsec_sandbox_billing,whsec_the_next_one")]).await;
    let body = serde_json::to_string_pretty(&event("evt_1", "customer.updated", json!({ "id": "cus_1" }))).unwrap();
    let now = world.app.clock().now().unix_timestamp();
    let right = signature(SECRET, now, &body);
    let refused = |header: String, body: String| {
        let world = &world;
        async move {
            let reply = post(&world.app, PLACE, &header, &body).await;
            assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "webhook_unsigned"), "{header}");
        }
    };
    let compact = serde_json::from_str::<Value>(&body).unwrap().to_string();
    assert_ne!(compact, body);
    refused(right.clone(), compact).await;
    for at in [0, body.len() / 2, body.len() - 1] {
        let mut altered = body.clone().into_bytes();
        altered[at] ^= 1;
        refused(right.clone(), String::from_utf8(altered).unwrap()).await;
    }
    refused(signature("whsec_somebody_else", now, &body), body.clone()).await;
    for off in [-301, 301, 86_400] {
        refused(signature(SECRET, now + off, &body), body.clone()).await;
    }
    for odd in [
        String::new(),
        "t=,v1=".to_owned(),
        format!("t={now}"),
        right.replace("v1=", "v0="),
        right.replace("v1=", "v1=zz"),
        right.replace(&format!("t={now}"), &format!("t={}", now + 1)),
        format!("t={},{right}", now + 1),
        right.replace("t=", "T="),
    ] {
        refused(odd, body.clone()).await;
    }
    let missing = call(&world.app, "POST", PLACE, &[("content-type", "application/json")], body.clone().into()).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.count("select count(*) from webhook_events").await, 0, "nothing of that is kept");

    // While one secret replaces another both are taken, and so is each of several signatures.
    for (number, header) in [
        right.clone(),
        signature("whsec_the_next_one", now, &body),
        signature(SECRET, now - 300, &body),
        signature(SECRET, now + 300, &body),
        right.replace("v1=", "v1=00,v0=11,v1="),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(post(&world.app, PLACE, &header, &body).await.status, StatusCode::OK, "{number}: {header}");
    }
    assert_eq!(world.count("select count(*) from webhook_events where source = 'stripe'").await, 1);
    judges(&body);
}

/// Headers that the libraries of others make are believed.
#[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
fn judges(body: &str) {
    let now = datetime!(2026-03-12 12:00 UTC);
    let at = now.unix_timestamp().to_string();
    let node = "const Stripe = require('stripe'); const [secret, timestamp, payload] = process.argv.slice(1);\
                process.stdout.write(Stripe.webhooks.generateTestHeaderString({ secret, timestamp: Number(timestamp), payload }));";
    let python = "import sys, stripe\n\
                  secret, at, payload = sys.argv[1:]\n\
                  print('t=%s,v1=%s' % (at, stripe.WebhookSignature._compute_signature(at + '.' + payload, secret)), end='')";
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end");
    let own_python = concat!(env!("CARGO_MANIFEST_DIR"), "/.local/judges/bin/python3");
    let mut judged = 0;
    for (name, program, flag, script) in [("npm stripe", "node", "-e", node), ("PyPI stripe", own_python, "-c", python)]
    {
        let made =
            std::process::Command::new(program).current_dir(place).args([flag, script, SECRET, &at, body]).output();
        let Some(made) = made.ok().filter(|made| made.status.success()) else {
            println!("not run: signatures of {name} (scripts/setup judges installs it)");
            continue;
        };
        let header = String::from_utf8(made.stdout).unwrap();
        let secrets = [SecretString::from(SECRET)];
        assert!(verify_timestamped(&secrets, Some(&header), body.as_bytes(), now).is_ok(), "{name}: {header}");
        assert!(verify_timestamped(&secrets, Some(&header), b"{}", now).is_err(), "{name}");
        judged += 1;
    }
    println!("signatures of {judged} libraries are believed");
}

#[sqlx::test]
async fn bi_02_the_answer_waits_for_nothing_of_stripes(db: PgPool) {
    // Whoever connects there is never answered.
    let hole = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", hole.local_addr().unwrap());
    let own = crate::billing_world::variables(&base);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let app = Box::pin(TestApp::with(db, &own)).await;
    let now = app.clock().now().unix_timestamp();
    for number in 0..200 {
        let body = event(&format!("evt_{number}"), "invoice.paid", json!({ "customer": "cus_1" })).to_string();
        let reply = post(&app, PLACE, &signature(SECRET, now, &body), &body).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from webhook_events where state = 'waiting'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(kept, 200, "each is kept");
    let jobs: i64 = sqlx::query_scalar("select count(*) from graphile_worker.jobs").fetch_one(app.db()).await.unwrap();
    assert!(jobs >= 200, "and each has its job: {jobs}");
}

#[sqlx::test]
async fn bi_03_a_hundred_repetitions_at_once_are_one_event(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, team) = world.person("mira@example.com").await;
    let customer = world.customer(team).await;
    world.lose();
    world.subscribe(&customer, team, "aura_pro_monthly", Card::PAYS);
    let posts = world.sandbox.stripe().flush_events();
    let one = posts.iter().find(|post| post.kind == "customer.subscription.created").unwrap();
    let replies = futures::future::join_all((0..100).map(|_| world.deliver(one))).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::OK));
    assert_eq!(world.count("select count(*) from webhook_events").await, 1);
    drain(&world.app).await;
    assert_eq!(world.entitlement(team).await.plan, "pro");
    assert_eq!(world.letters().await, ["billing_receipt", "billing_started"]);
    assert_eq!(world.count("select count(*) from audit_events where kind = 'plan_changed'").await, 1);
    assert_eq!(world.count("select count(*) from webhook_events where tries = 1 and state = 'done'").await, 1);
}

#[sqlx::test]
async fn bi_04_what_this_version_does_not_know_is_kept_and_thanked_for(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, team) = world.person("mira@example.com").await;
    let customer = world.customer(team).await;
    world.lose();
    world.subscribe(&customer, team, "aura_pro_monthly", Card::PAYS);
    world.settle().await;
    assert_eq!(world.entitlement(team).await.plan, "pro");
    let mut newer = event("evt_newer", "invoice.paid", json!({ "id": "in_1", "customer": customer, "new": [1] }));
    newer["api_version"] = "2031-01-01.zinnia".into();
    newer["context"] = json!({ "anything": true });
    let mut bare = event("evt_bare", "invoice.paid", json!({ "customer": customer }));
    for gone in ["object", "api_version", "created", "livemode"] {
        bare.as_object_mut().unwrap().remove(gone);
    }
    let unknown_kind = event("evt_kind", "subscription.of_another_age", json!({ "id": "x_1" }));
    let lacking = event("evt_lacking", "customer.subscription.updated", json!({ "id": "sub_1" }));
    let no_kind = json!({ "id": "evt_no_kind" });
    for body in [&newer, &bare, &unknown_kind, &lacking, &no_kind, &json!([]), &json!("text"), &json!({ "id": 7 })] {
        assert_eq!(post_signed(&world, body).await.status, StatusCode::OK, "{body}");
    }
    let body = "no json";
    let header = signature(SECRET, world.app.clock().now().unix_timestamp(), body);
    let reply = post(&world.app, PLACE, &header, body).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "webhook_malformed"), "the one that is refused");
    drain(&world.app).await;
    let state = |id: &'static str| {
        let db = world.app.db().clone();
        async move {
            sqlx::query_as::<_, (String, Option<String>, i16)>(
                "select state, problem, tries from webhook_events where event_id = $1",
            )
            .bind(id)
            .fetch_one(&db)
            .await
            .unwrap()
        }
    };
    for done in ["evt_newer", "evt_bare", "evt_kind", "evt_no_kind"] {
        assert_eq!(state(done).await.0, "done", "{done}");
    }
    let (parked, problem, tries) = state("evt_lacking").await;
    assert_eq!((parked.as_str(), tries), ("failed", 1), "nobody tries in vain");
    assert!(problem.unwrap().starts_with("parse_error"));

    // A word of a subscription that is new: the plan stays, and the word is kept.
    let subscription = world.sandbox.stripe().subscriptions(&customer)[0]["id"].as_str().unwrap().to_owned();
    let sound = world.sandbox.stripe().bend(&subscription, &json!({ "status": "hibernating" })).unwrap();
    assert_eq!(
        post_signed(&world, &event("evt_word", "invoice.paid", json!({ "customer": customer }))).await.status,
        200
    );
    drain(&world.app).await;
    assert_eq!(state("evt_word").await.0, "done");
    assert_eq!(world.entitlement(team).await.plan, "pro");
    assert_eq!(world.count("select count(*) from billing_subscriptions where status = 'hibernating'").await, 1);
    world.later(Duration::hours(25));
    assert_eq!(world.entitlement(team).await.plan, "free", "for a day");

    // An answer that cannot be read parks the event; once it can be, running it again does it.
    world.sandbox.stripe().bend(&subscription, &json!({ "status": "active", "currency": null })).unwrap();
    assert_eq!(
        post_signed(&world, &event("evt_shape", "invoice.paid", json!({ "customer": customer }))).await.status,
        200
    );
    drain(&world.app).await;
    let (parked, problem, _) = state("evt_shape").await;
    assert_eq!(parked, "failed");
    assert!(problem.unwrap().starts_with("parse_error"));
    assert_eq!(world.entitlement(team).await.plan, "free", "nothing of it was written");
    world.sandbox.stripe().bend(&subscription, &sound).unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("select id from webhook_events where event_id = 'evt_shape'")
        .fetch_one(world.app.db())
        .await
        .unwrap();
    world.app.state().webhooks.rerun(id.into()).await.unwrap();
    drain(&world.app).await;
    assert_eq!(state("evt_shape").await.0, "done");
    assert_eq!(world.entitlement(team).await.plan, "pro");
}

#[sqlx::test]
async fn bi_07_events_of_others_are_refused_and_nothing_else_stands_before_the_address(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut live = event("evt_live", "invoice.paid", json!({ "customer": "cus_1" }));
    live["livemode"] = true.into();
    let mut foreign = event("evt_foreign", "invoice.paid", json!({ "customer": "cus_1" }));
    foreign["account"] = "acct_1".into();
    for (body, code) in [(&live, "webhook_other_mode"), (&foreign, "webhook_other_account")] {
        let reply = post_signed(&world, body).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, code));
    }
    assert_eq!(world.count("select count(*) from webhook_events").await, 0);
    let now = world.app.clock().now().unix_timestamp();
    // Far more than the general limit lets anybody write, from elsewhere, without a session or a token against forgery.
    for number in 0..60 {
        let body = event(&format!("evt_{number}"), "a.kind", json!({})).to_string();
        let header = signature(SECRET, now, &body);
        let place = if number % 2 == 0 { "/api/webhooks/stripe" } else { "/api/webhooks/stripe/" };
        let headers = [
            ("content-type", "application/json"),
            ("stripe-signature", header.as_str()),
            ("origin", "https://elsewhere.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        let reply = call(&world.app, "POST", place, &headers, body.into_bytes()).await;
        assert_eq!(reply.status, StatusCode::OK, "{place}");
        assert!(reply.headers.get("location").is_none() && reply.headers.get("set-cookie").is_none());
    }
    let mut large = event("evt_large", "a.kind", json!({}));
    large["padding"] = "x".repeat(1024 * 1024 - 2_000).into();
    assert_eq!(post_signed(&world, &large).await.status, StatusCode::OK, "almost a mebibyte");
    large["padding"] = "x".repeat(1024 * 1024).into();
    assert_eq!(post_signed(&world, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.count("select count(*) from webhook_events").await, 61);
    // Without a key nothing is sold, and nobody can be believed.
    let without = world.app.second_process_with(&[("STRIPE_SECRET_KEY", "")]).await;
    let body = event("evt_off", "a.kind", json!({})).to_string();
    let reply = post(&without, PLACE, &signature(SECRET, now, &body), &body).await;
    assert_eq!(reply.status, StatusCode::NOT_IMPLEMENTED);
}
