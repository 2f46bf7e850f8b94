//! Coming in by way of Privy: its tokens, its outages, its posts, its ways.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, dump},
    privy_world::{APP, CODE, PrivyWorld, Reply, call, drain, later, post, sync},
    signer::{FIRST, SECOND, hmac_token},
    support::TestApp,
};

const MIRA: &str = "did:privy:mira";

fn accounts() -> Value {
    json!([
        { "type": "email", "address": "mira@example.com", "verified_at": 1 },
        { "type": "google_oauth", "subject": "g1", "email": "mira@example.com", "name": "Mira Okafor" },
        { "type": "telepathy", "wavelength": 532 },
    ])
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(app.db()).await.unwrap()
}

async fn kinds(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select kind from privy_accounts order by 1").fetch_all(app.db()).await.unwrap()
}

/// A request of a browser with these cookies.
async fn open(app: &TestApp, path: &str, cookies: &str) -> Reply {
    let headers = [("cookie", cookies), ("accept", "text/html"), ("sec-fetch-site", "none")];
    call(app, "GET", path, &headers, Vec::new()).await
}

fn place(reply: &Reply) -> &str {
    reply.headers.get("location").map_or("", |place| place.to_str().unwrap())
}

#[sqlx::test]
async fn pv_01_odd_tokens_are_judged_one_by_one(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db.clone()).await;
    world.person(MIRA, accounts());
    let now = app.clock().now().unix_timestamp();
    let usual = json!({ "alg": "ES256", "typ": "JWT", "kid": FIRST.kid });
    let right = world.claims(MIRA, "s1");
    let with = |name: &str, value: Value| {
        let mut changed = right.clone();
        changed[name] = value;
        FIRST.token(&changed)
    };
    let without = |name: &str| {
        let mut changed = right.clone();
        changed.as_object_mut().unwrap().remove(name);
        FIRST.token(&changed)
    };
    let headed = |header: Value| FIRST.sign(&header, &right);
    let mut tampered = FIRST.token(&right);
    tampered.replace_range(60..61, if &tampered[60..61] == "A" { "B" } else { "A" });
    let none = headed(json!({ "alg": "none", "typ": "JWT" }));
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    let odd = [
        ("no typ", headed(json!({ "alg": "ES256", "kid": FIRST.kid }))),
        ("typ at+jwt", headed(json!({ "alg": "ES256", "typ": "at+jwt", "kid": FIRST.kid }))),
        ("wrong iss", with("iss", json!("auth.privy.io"))),
        ("no iss", without("iss")),
        ("wrong aud", with("aud", json!("another-app"))),
        ("no aud", without("aud")),
        ("expired five seconds ago", with("exp", json!(now - 5))),
        ("nbf in the future", with("nbf", json!(now + 60))),
        ("another key", SECOND.sign(&usual, &right)),
        ("alg none", unsigned),
        ("HS256 with the public key", hmac_token(&FIRST.spki(), &json!({ "alg": "HS256", "typ": "JWT" }), &right)),
        ("tampered", tampered),
        ("no exp", without("exp")),
        ("no sub", without("sub")),
        ("no sid", without("sid")),
        ("an identity token", world.identity_token(MIRA, &accounts())),
        ("aud a list with us", with("aud", json!([APP]))),
        ("unknown kid", headed(json!({ "alg": "ES256", "typ": "JWT", "kid": "unknown" }))),
        ("iat in ten minutes", with("iat", json!(now + 600))),
    ];
    for (what, token) in &odd {
        let refused = sync(&app, token).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "privy_token_invalid"), "{what}");
        assert!(refused.session().is_none(), "{what}");
    }
    assert_eq!((count(&app, "users").await, count(&app, "sessions").await), (0, 0));
    let nameless = headed(json!({ "alg": "ES256", "typ": "JWT" }));
    assert_eq!(sync(&app, &nameless).await.status, StatusCode::OK, "no kid, and one key");
    world.publish(&[FIRST, SECOND]);
    let restarted = app.second_process().await;
    assert_eq!(sync(&restarted, &nameless).await.status, StatusCode::UNAUTHORIZED, "no kid, and two keys");
    // An access token in the place of the identity token tells nothing.
    world.set_rest_down(true);
    let access = with("linked_accounts", json!(accounts()));
    let bearer = format!("Bearer {}", world.token("did:privy:another", "s2"));
    let headers = [("authorization", bearer.as_str()), ("privy-id-token", access.as_str())];
    let synced = call(&restarted, "POST", "/api/auth/sync", &headers, Vec::new()).await;
    assert_eq!((synced.status, &synced.body["linkedAccounts"]), (StatusCode::OK, &json!([])));
    assert_eq!(odd.len() + 2, 21);
}

#[sqlx::test]
async fn pv_09_a_token_opens_a_session_of_ours(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    for (headers, code) in [
        (vec![], "privy_token_missing"),
        (vec![("authorization", "Bearer nonsense")], "privy_token_invalid"),
        (vec![("authorization", "Basic abc")], "privy_token_missing"),
        (vec![("cookie", "privy-token=")], "privy_token_missing"),
    ] {
        let refused = call(&app, "POST", "/api/auth/sync", &headers, Vec::new()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, code));
    }
    let synced = sync(&app, &world.token(MIRA, "s1")).await;
    assert_eq!(synced.status, StatusCode::OK, "{}", synced.body);
    let listed = json!([
        { "type": "email", "label": "mira@example.com" },
        { "type": "google_oauth", "label": "mira@example.com" },
        { "type": "telepathy" },
    ]);
    let id = synced.body["id"].clone();
    let expected = json!({ "id": id, "displayName": "Mira Okafor", "created": true, "linkedAccounts": listed });
    assert_eq!(synced.body, expected);
    let session = synced.session().unwrap();
    let row: (String, Option<String>) =
        sqlx::query_as("select method, privy_session from sessions").fetch_one(app.db()).await.unwrap();
    assert_eq!(row, ("privy".to_owned(), Some("s1".to_owned())));
    // The cookie that Privy's scripts leave does as well, and the same browser keeps its session.
    let token = world.token(MIRA, "s1");
    let cookies = format!("privy-token={token}; __Host-aura={session}");
    let headers = [("cookie", cookies.as_str()), ("sec-fetch-site", "same-origin")];
    let again = call(&app, "POST", "/api/auth/sync", &headers, Vec::new()).await;
    assert_eq!((again.status, &again.body["created"], &again.body["id"]), (StatusCode::OK, &json!(false), &id));
    assert!(again.session().is_none());
    assert_eq!(count(&app, "sessions").await, 1);
    let me = call(&app, "GET", "/api/auth/me", &[("cookie", &cookies)], Vec::new()).await;
    assert_eq!(me.body, json!({ "id": id, "displayName": "Mira Okafor", "linkedAccounts": listed }));
    let stranger = call(&app, "GET", "/api/auth/me", &[], Vec::new()).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    // Another site's page cannot do it for her.
    let headers = [("cookie", cookies.as_str()), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(call(&app, "POST", "/api/auth/sync", &headers, Vec::new()).await.status, StatusCode::FORBIDDEN);
    let dump = dump(&app).await;
    assert!(!dump.contains(&token) && !dump.contains(&session), "no token lies in the database");
}

#[sqlx::test]
async fn a_key_that_was_set_is_taken_instead_of_published_ones(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app_with(db, &[("PRIVY_VERIFICATION_KEY", &FIRST.pem().replace('\n', "\\n"))]).await;
    world.person(MIRA, accounts());
    world.publish(&[SECOND]);
    assert_eq!(sync(&app, &world.token(MIRA, "s1")).await.status, StatusCode::OK);
    let other = SECOND.token(&world.claims(MIRA, "s2"));
    assert_eq!(sync(&app, &other).await.code(), "privy_token_invalid");
    assert!(world.asked(&format!("/api.privy.io/v1/apps/{APP}/jwks.json")).is_empty());
}

#[sqlx::test]
async fn pv_23_without_an_app_everything_is_not_set_up(db: PgPool) {
    let app = TestApp::new(db).await;
    let refused = sync(&app, "token").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::NOT_IMPLEMENTED, "privy_not_set_up"));
    for path in ["/api/auth/privy/google", "/api/auth/privy/callback?privy_oauth_state=a&privy_oauth_code=b"] {
        let refused = call(&app, "GET", path, &[("sec-fetch-site", "none")], Vec::new()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::NOT_IMPLEMENTED, "privy_not_set_up"), "{path}");
    }
    let mut browser = Browser::new(&app);
    for (verb, fields) in [
        ("privy/start-code", vec![("way", "email"), ("target", "mira@example.com")]),
        ("privy/verify-code", vec![("code", "123456")]),
        ("privy/sync", vec![("next", "")]),
        ("privy/wallet-challenge", vec![("wallet", "0x52908400098527886E0F7030069857D2E4169EE7")]),
        ("privy/verify-wallet", vec![("signature", "0x")]),
    ] {
        let refused = browser.json(verb, &fields).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::NOT_IMPLEMENTED, "privy_not_set_up".into()),
            "{verb}"
        );
    }
    assert!(!browser.get("/signin").await.text().contains("Privy"));
    assert_eq!(open(&app, "/chat", "privy-session=t").await.headers["location"], "/signin");
}

#[sqlx::test]
async fn pv_10_a_hundred_syncs_at_once_are_one_person(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let other = app.second_process().await;
    world.person(MIRA, accounts());
    let token = world.token(MIRA, "s1");
    let all = futures::future::join_all((0..100).map(|at| sync(if at % 2 == 0 { &app } else { &other }, &token))).await;
    let first = all[0].body["id"].clone();
    for reply in &all {
        assert_eq!((reply.status, &reply.body["id"]), (StatusCode::OK, &first), "{}", reply.body);
    }
    assert_eq!(all.iter().filter(|reply| reply.body["created"] == true).count(), 1);
    assert_eq!((count(&app, "users").await, count(&app, "identities").await), (1, 1));
    assert_eq!(kinds(&app).await, ["email", "google_oauth", "telepathy"]);
}

#[sqlx::test]
async fn pv_11_an_outage_of_privy_keeps_nobody_out(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    world.set_rest_down(true);
    let bearer = format!("Bearer {}", world.token(MIRA, "s1"));
    let compact = json!([{ "type": "email", "address": "mira@example.com", "lv": 1 }]);
    let of_another = world.identity_token("did:privy:another", &json!([{ "type": "phone", "phone_number": "+1555" }]));
    for (identity_token, listed) in
        [(of_another, 0), ("nonsense".to_owned(), 0), (world.identity_token(MIRA, &compact), 1)]
    {
        let headers = [("authorization", bearer.as_str()), ("privy-id-token", identity_token.as_str())];
        let synced = call(&app, "POST", "/api/auth/sync", &headers, Vec::new()).await;
        let accounts = synced.body["linkedAccounts"].as_array().map(Vec::len);
        assert_eq!((synced.status, accounts), (StatusCode::OK, Some(listed)), "{}", synced.body);
    }
    // From the cookie too; and what a token leaves out stays as it was.
    world.set_rest_down(false);
    assert_eq!(sync(&app, &world.token(MIRA, "s2")).await.body["linkedAccounts"].as_array().unwrap().len(), 3);
    world.set_rest_down(true);
    let cookies =
        format!("privy-token={}; privy-id-token={}", world.token(MIRA, "s3"), world.identity_token(MIRA, &compact));
    let synced = call(&app, "POST", "/api/auth/sync", &[("cookie", &cookies)], Vec::new()).await;
    assert_eq!((synced.status, synced.body["linkedAccounts"].as_array().map(Vec::len)), (StatusCode::OK, Some(3)));
    // With everything away the keys at hand serve on; a process without keys says so.
    world.set_down(true);
    later(&app, &world, Duration::hours(20));
    assert_eq!(sync(&app, &world.token(MIRA, "s4")).await.status, StatusCode::OK);
    let started = app.second_process().await;
    let refused = sync(&started, &world.token(MIRA, "s5")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::SERVICE_UNAVAILABLE, "privy_away"));
}

#[sqlx::test]
async fn pv_12_an_address_at_privy_links_nothing(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    world.person(MIRA, accounts());
    let synced = sync(&app, &world.token(MIRA, "s1")).await;
    assert_eq!((synced.status, &synced.body["created"]), (StatusCode::OK, &json!(true)));
    assert!(!browser.viewer().await.unwrap().contains(synced.body["id"].as_str().unwrap()));
    assert_eq!((count(&app, "users").await, count(&app, "user_emails").await), (2, 1));
}

#[sqlx::test]
async fn pv_13_who_signed_out_here_does_not_come_back_with_the_old_session(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    let mut browser = Browser::new(&app);
    browser.set_cookie("__Host-aura", &sync(&app, &world.token(MIRA, "s1")).await.session().unwrap());
    browser.form("sign-out-everywhere", &[]).await;
    let refused = sync(&app, &world.token(MIRA, "s1")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "privy_session_ended"));
    assert_eq!(sync(&app, &world.token(MIRA, "s2")).await.status, StatusCode::OK, "a new sign-in there is one here");
    sqlx::query("update users set status = 'suspended', suspended_at = created_at").execute(app.db()).await.unwrap();
    let refused = sync(&app, &world.token(MIRA, "s3")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "suspended"));
}

#[sqlx::test]
async fn pv_14_whom_privy_has_no_more_is_not_let_in(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let refused = sync(&app, &world.token(MIRA, "s1")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "privy_gone"));
    world.person(MIRA, accounts());
    let session = sync(&app, &world.token(MIRA, "s1")).await.session().unwrap();
    let mut browser = Browser::new(&app);
    browser.set_cookie("__Host-aura", &session);
    assert!(browser.viewer().await.is_some());
    assert_eq!(post(&app, "m1", &json!({ "type": "user.deleted", "user": { "id": MIRA } })).await, StatusCode::OK);
    drain(&app).await;
    assert!(browser.viewer().await.is_none(), "the sessions end");
    assert_eq!((count(&app, "users").await, count(&app, "identities").await), (1, 0));
    assert!(kinds(&app).await.is_empty());
    // Even while Privy's REST is away, and in another process, its token brings nobody back.
    world.set_rest_down(true);
    let refused = sync(&app.second_process().await, &world.token(MIRA, "s9")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "privy_gone"));
}

#[sqlx::test]
async fn pv_15_a_deleted_person_keeps_their_other_ways(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    let session = sync(&app, &world.token(MIRA, "s1")).await;
    let user = session.body["id"].as_str().unwrap().to_owned();
    sqlx::query("insert into user_emails (email, user_id, verified_at) values ('mira@example.com', $1::uuid, $2)")
        .bind(&user)
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    post(&app, "m1", &json!({ "type": "user.deleted", "user": { "id": MIRA } })).await;
    drain(&app).await;
    assert!(browser.viewer().await.unwrap().contains(&user), "a session by mail has nothing to do with Privy");
    let living: Vec<String> =
        sqlx::query_scalar("select method from sessions where ended_at is null").fetch_all(app.db()).await.unwrap();
    assert_eq!(living, ["email_code"]);
    let told: i64 = sqlx::query_scalar("select count(*) from audit_events where kind = 'way_removed'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(told, 1);
}

#[sqlx::test]
async fn what_is_listed_goes_with_the_way_in(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    let session = sync(&app, &world.token(MIRA, "s1")).await.session().unwrap();
    app.state().privy.purge().await.unwrap();
    assert_eq!(kinds(&app).await.len(), 3);
    sqlx::query("delete from identities").execute(app.db()).await.unwrap();
    let cookie = format!("__Host-aura={session}");
    let me = call(&app, "GET", "/api/auth/me", &[("cookie", &cookie)], Vec::new()).await;
    assert_eq!((me.status, &me.body["linkedAccounts"]), (StatusCode::OK, &json!([])));
    app.state().privy.purge().await.unwrap();
    assert!(kinds(&app).await.is_empty());
}

#[sqlx::test]
async fn pv_16_a_replayed_event_has_one_effect(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    sync(&app, &world.token(MIRA, "s1")).await;
    world.person(MIRA, json!([{ "type": "phone", "phoneNumber": "+15550100123" }]));
    let asked = || world.asked(&format!("/api.privy.io/v1/users/{MIRA}")).len();
    let before = asked();
    let event = json!({ "type": "user.linked_account", "user": { "id": MIRA }, "account": {} });
    for _ in 0..10 {
        assert_eq!(post(&app, "m1", &event).await, StatusCode::OK);
        drain(&app).await;
    }
    assert_eq!(asked(), before + 1);
    assert_eq!(kinds(&app).await, ["phone"]);
    // Somebody who has never been here gets no account by an event.
    world.person("did:privy:stranger", accounts());
    post(&app, "m2", &json!({ "type": "user.created", "user": { "id": "did:privy:stranger" } })).await;
    drain(&app).await;
    assert_eq!(count(&app, "users").await, 1);
    // While Privy is away the event waits.
    world.set_down(true);
    world.person(MIRA, accounts());
    post(&app, "m3", &json!({ "type": "user.updated_account", "user": { "id": MIRA } })).await;
    drain(&app).await;
    let (state, problem): (String, Option<String>) =
        sqlx::query_as("select state, problem from webhook_events where event_id = 'm3'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!((state.as_str(), problem.as_deref()), ("waiting", Some("privy: away")));
    assert_eq!(kinds(&app).await, ["phone"]);
}

/// Fifty events about six people: linking, unlinking, changes, a chain of two merges, and a deletion.
fn story() -> Vec<Value> {
    let mut events = Vec::new();
    for turn in 0..7 {
        for person in ["a", "b", "c", "d", "e", "f"] {
            let kind = ["created", "linked_account", "updated_account", "unlinked_account", "authenticated"][turn % 5];
            events.push(json!({ "type": format!("user.{kind}"), "user": { "id": format!("did:privy:{person}") }, "turn": turn }));
        }
    }
    let moved = |from: &str, to: &str| {
        json!({
            "type": "user.transferred_account", "account": {}, "fromUser": { "id": format!("did:privy:{from}") },
            "toUser": { "id": format!("did:privy:{to}") }, "deletedUser": true,
        })
    };
    events.push(moved("a", "x"));
    events.push(moved("x", "y"));
    events.push(json!({ "type": "user.deleted", "user": { "id": "did:privy:a" } }));
    events.push(json!({ "type": "user.deleted", "user": { "id": "did:privy:b" } }));
    events.push(moved("c", "d"));
    events.push(json!({ "type": "mfa.enabled", "user_id": "did:privy:d", "method": "totp" }));
    events.push(json!({ "type": "user.wallet_created", "user": { "id": "did:privy:e" }, "wallet": {} }));
    events.push(json!({ "type": "intent.created", "something": "new" }));
    assert_eq!(events.len(), 50);
    events
}

/// Who comes in by whom, and what is listed for whom, after these events.
async fn told(db: PgPool, order: &[usize]) -> Vec<String> {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let mut people = Vec::new();
    for person in ["a", "b", "c", "d", "e", "f"] {
        let did = format!("did:privy:{person}");
        world.person(&did, json!([{ "type": "email", "address": format!("{person}@example.com") }]));
        let id = sync(&app, &world.token(&did, person)).await.body["id"].as_str().unwrap().to_owned();
        people.push((id, person));
    }
    for gone in ["a", "b", "c", "x"] {
        world.delete(&format!("did:privy:{gone}"));
    }
    world.person("did:privy:y", json!([{ "type": "phone", "phoneNumber": "+15550100123" }]));
    world.person("did:privy:e", json!([{ "type": "custom_auth", "custom_user_id": "e" }]));
    let events = story();
    for &at in order {
        assert_eq!(post(&app, &format!("m{at}"), &events[at]).await, StatusCode::OK);
        drain(&app).await;
    }
    let undone = count(&app, "webhook_events where state <> 'done'").await;
    assert_eq!((undone, count(&app, "webhook_events").await), (0, 50));
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select user_id::text, 'in by ' || subject from identities
         union all select user_id::text, kind || ' ' || subject from privy_accounts
         union all select user_id::text, 'signed in' from sessions where ended_at is null",
    )
    .fetch_all(app.db())
    .await
    .unwrap();
    let name = |id: &str| people.iter().find(|(other, _)| other == id).unwrap().1;
    let mut told: Vec<String> = rows.iter().map(|(id, what)| format!("{}: {what}", name(id))).collect();
    told.sort_unstable();
    told
}

/// An order of fifty that a number decides.
fn shuffled(mut seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..50).collect();
    for at in (1..order.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (seed >> 33) as usize % (at + 1));
    }
    order
}

const AS_IT_WAS: [&str; 11] = [
    "a: in by did:privy:y",
    "a: phone +15550100123",
    "d: email d@example.com",
    "d: in by did:privy:d",
    "d: signed in",
    "e: custom_auth e",
    "e: in by did:privy:e",
    "e: signed in",
    "f: email f@example.com",
    "f: in by did:privy:f",
    "f: signed in",
];

#[sqlx::test]
async fn events_in_order_lead_where_they_should(db: PgPool) {
    assert_eq!(Box::pin(told(db, &(0..50).collect::<Vec<_>>())).await, AS_IT_WAS);
}

#[sqlx::test]
async fn backwards_they_lead_to_the_same(db: PgPool) {
    assert_eq!(Box::pin(told(db, &(0..50).rev().collect::<Vec<_>>())).await, AS_IT_WAS);
}

#[sqlx::test]
async fn pv_17_any_order_leads_to_the_same(db: PgPool) {
    assert_eq!(Box::pin(told(db, &shuffled(7))).await, AS_IT_WAS);
}

#[sqlx::test]
async fn another_order_leads_to_the_same(db: PgPool) {
    assert_eq!(Box::pin(told(db, &shuffled(20_260_312))).await, AS_IT_WAS);
}

/// Follows redirects as a browser does, and tells where it went.
async fn walk(app: &TestApp, start: &str, cookies: &mut String) -> Vec<String> {
    let mut went = vec![start.to_owned()];
    for _ in 0..10 {
        let reply = open(app, went.last().unwrap(), cookies).await;
        for cookie in reply.headers.get_all("set-cookie") {
            cookies.push_str("; ");
            cookies.push_str(cookie.to_str().unwrap().split(';').next().unwrap());
        }
        if reply.status != StatusCode::SEE_OTHER {
            return went;
        }
        went.push(place(&reply).to_owned());
    }
    panic!("a loop: {went:?}");
}

#[sqlx::test]
async fn pv_18_there_is_one_way_to_renewal_and_no_loop(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    let renewal = "/refresh?redirect_uri=%2Fconnections%3Fa%3Db";
    let mut cookies = "privy-session=t".to_owned();
    assert_eq!(walk(&app, "/connections?a=b", &mut cookies).await, ["/connections?a=b", renewal]);
    // Back from there, still without a token: signed out, and it ends there.
    let back = walk(&app, "/connections?a=b", &mut cookies).await;
    assert_eq!((back.len(), back[1].starts_with("/signin?next=")), (2, true), "{back:?}");
    for (path, cookies) in [
        ("/connections?privy_oauth_code=x&privy_oauth_state=y", "privy-session=t"),
        ("/connections", "privy-session="),
        ("/connections", ""),
    ] {
        assert!(place(&open(&app, path, cookies).await).starts_with("/signin"), "{path} {cookies}");
    }
    let program = call(&app, "GET", "/chat", &[("cookie", "privy-session=t")], Vec::new()).await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED, "programs are told");
    // A clock that is off, other keys, a deleted person, no answer from Privy: a token that is worth nothing leads
    // to the sign-in page, not to renewal, and pressing the button there says why.
    let mut early = world.claims(MIRA, "s1");
    early["iat"] = json!(app.clock().now().unix_timestamp() + 300);
    let mut late = world.claims(MIRA, "s1");
    late["exp"] = json!(app.clock().now().unix_timestamp() - 300);
    let tokens = [
        (FIRST.token(&early), "privy_token_invalid"),
        (FIRST.token(&late), "privy_token_invalid"),
        (SECOND.token(&world.claims(MIRA, "s1")), "privy_token_invalid"),
        (world.token("did:privy:deleted", "s1"), "privy_gone"),
    ];
    for (token, code) in tokens {
        let mut cookies = format!("privy-session=t; privy-token={token}");
        assert_eq!(walk(&app, "/chat", &mut cookies).await, ["/chat", "/signin"]);
        let mut browser = Browser::new(&app);
        browser.set_cookie("privy-token", &token);
        let refused = browser.json("privy/sync", &[("next", "/chat")]).await;
        assert_eq!(refused.code(), code);
        assert!(browser.get("/signin").await.text().contains("signed in at Privy"), "the choice stays");
    }
    world.set_down(true);
    let away = app.second_process().await;
    let mut cookies = format!("privy-session=t; privy-token={}", world.token(MIRA, "s1"));
    assert_eq!(walk(&away, "/chat", &mut cookies).await, ["/chat", "/signin"]);
}

#[sqlx::test]
async fn the_renewal_page_goes_on_when_there_is_a_token(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    world.person(MIRA, accounts());
    let mut browser = Browser::new(&app);
    let page = browser.get("/refresh?redirect_uri=/connections").await;
    assert!(page.text().contains("Renew your sign-in") && page.text().contains("href=\"/connections\""));
    let evil = browser.get("/refresh?redirect_uri=https://evil.example").await;
    assert!(!evil.text().contains("href=\"https://evil.example"));
    browser.set_cookie("privy-token", &world.token(MIRA, "s1"));
    let page = browser.get("/refresh?redirect_uri=/connections").await;
    assert!(page.text().contains("Continue as you are signed in at Privy"));
    let done = browser.form_from("/refresh", "privy/sync", &[("next", "/connections")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/connections"));
    assert!(browser.viewer().await.is_some());
}

#[sqlx::test]
async fn pv_19_a_code_by_mail_or_message_signs_in_without_a_script(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let other = app.second_process().await;
    for (way, typed, sent, place) in [
        (
            "email",
            " Mira@Example.com ",
            json!({ "email": "mira@example.com" }),
            "/auth.privy.io/api/v1/passwordless/init",
        ),
        (
            "sms",
            "+1 (555) 010-0123",
            json!({ "phoneNumber": "+15550100123" }),
            "/auth.privy.io/api/v1/passwordless_sms/init",
        ),
    ] {
        let mut browser = Browser::new(&app);
        let fields = [("way", way), ("target", typed), ("next", "/connections")];
        let begun = browser.form_from("/signin", "privy/start-code", &fields).await;
        assert_eq!((begun.status, begun.location()), (StatusCode::FOUND, "/signin/privy"), "{}", begun.text());
        assert_eq!(world.asked(place), [sent]);
        let page = browser.get("/signin/privy").await;
        assert!(page.text().contains("••") && !page.text().contains("+15550100123") && !page.text().contains("mira@"));
        // A second process, and a stranger in between.
        let mut browser = browser.at(&other);
        let wrong = browser.json("privy/verify-code", &[("code", "111111")]).await;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "privy_code_wrong".into()));
        let mut stranger = Browser::new(&app);
        let refused = stranger.json("privy/verify-code", &[("code", CODE)]).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::GONE, "sign_in_not_begun".into()));
        let mut again = browser.clone();
        let done = browser.form_from("/signin/privy", "privy/verify-code", &[("code", CODE)]).await;
        assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/connections"), "{}", done.text());
        assert!(browser.viewer().await.is_some());
        assert_eq!(again.json("privy/verify-code", &[("code", CODE)]).await.status, StatusCode::GONE, "once");
    }
    let dump = dump(&app).await;
    assert!(!dump.contains("canary-privy"), "Privy's tokens are not kept");
}

#[sqlx::test]
async fn codes_are_limited_and_expire(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let mut browser = Browser::new(&app);
    let mira = [("way", "email"), ("target", "mira@example.com")];
    for (fields, code) in [
        ([("way", "email"), ("target", "no address")], "email_invalid"),
        ([("way", "sms"), ("target", "0555")], "number_invalid"),
    ] {
        let refused = browser.json("privy/start-code", &fields).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()));
    }
    for turn in 0..5 {
        assert!(browser.json("privy/start-code", &mira).await.status.is_success(), "{turn}");
    }
    assert_eq!(browser.json("privy/start-code", &mira).await.status, StatusCode::TOO_MANY_REQUESTS);
    later(&app, &world, Duration::seconds(10));
    for _ in 0..5 {
        assert_eq!(
            browser.json("privy/verify-code", &[("code", "111111")]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        later(&app, &world, Duration::seconds(1));
    }
    let limited = browser.json("privy/verify-code", &[("code", CODE)]).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS, "the right one too");
    later(&app, &world, Duration::minutes(11));
    assert_eq!(browser.json("privy/verify-code", &[("code", CODE)]).await.status, StatusCode::GONE);
    assert_eq!(count(&app, "users").await, 0);
    app.state().privy.purge().await.unwrap();
    assert_eq!(count(&app, "privy_flows").await, 0);
}

/// Clicks a service on the sign-in page; gives the state in the consent page's address, and the browser's cookie.
async fn leave(app: &TestApp, path: &str) -> (String, String) {
    let reply = call(app, "GET", path, &[("accept", "text/html"), ("sec-fetch-site", "same-origin")], Vec::new()).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let address = url::Url::parse(place(&reply)).unwrap();
    assert!(address.path().ends_with("/auth.privy.io/consent"), "{address}");
    let state = address.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (state, cookie)
}

#[sqlx::test]
async fn pv_20_a_consent_at_a_service_signs_in(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let (state, cookie) = leave(&app, "/api/auth/privy/google?next=/connections").await;
    let asked = &world.asked("/auth.privy.io/api/v1/oauth/init")[0];
    assert_eq!(
        (&asked["provider"], &asked["redirect_to"]),
        (&json!("google"), &json!("http://localhost:3000/api/auth/privy/callback"))
    );
    let back = |state: &str, code: &str, service: &str| {
        format!(
            "/api/auth/privy/callback?privy_oauth_state={state}&privy_oauth_code={code}&privy_oauth_provider={service}"
        )
    };
    let other = app.second_process().await;
    for (path, cookies) in [
        (back(&state, "granted", "google"), ""),
        (back(&state, "granted", "google"), "__Host-aura-signin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        (back("another", "granted", "google"), cookie.as_str()),
        (format!("{}&privy_oauth_state=x", back(&state, "granted", "google")), cookie.as_str()),
        ("/api/auth/privy/callback".to_owned(), cookie.as_str()),
    ] {
        assert_eq!(open(&other, &path, cookies).await.status, StatusCode::GONE, "{path}");
    }
    let declined = format!("/api/auth/privy/callback?privy_oauth_state={state}&error=access_denied");
    assert_eq!(open(&other, &declined, &cookie).await.status, StatusCode::FORBIDDEN);
    let done = open(&other, &back(&state, "granted", "google"), &cookie).await;
    assert_eq!((done.status, place(&done)), (StatusCode::SEE_OTHER, "/connections"));
    assert!(done.session().is_some());
    assert_eq!(
        (done.headers["referrer-policy"].as_bytes(), done.headers["cache-control"].as_bytes()),
        (&b"no-referrer"[..], &b"no-store"[..])
    );
    assert_eq!(open(&app, &back(&state, "granted", "google"), &cookie).await.status, StatusCode::GONE, "once");
    // The service that it was begun for, a code that Privy gave, in ten minutes.
    let (state, cookie) = leave(&app, "/api/auth/privy/google").await;
    assert_eq!(open(&app, &back(&state, "granted", "spotify"), &cookie).await.status, StatusCode::GONE);
    let (state, cookie) = leave(&app, "/api/auth/privy/google").await;
    assert_eq!(open(&app, &back(&state, "made-up", "google"), &cookie).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (state, cookie) = leave(&app, "/api/auth/privy/google").await;
    later(&app, &world, Duration::minutes(11));
    assert_eq!(open(&app, &back(&state, "granted", "google"), &cookie).await.status, StatusCode::GONE);
    assert_eq!(count(&app, "users").await, 1);
    // Off, unknown, and sent by another site.
    for path in ["/api/auth/privy/github", "/api/auth/privy/nothing"] {
        assert_eq!(open(&app, path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let headers = [("accept", "text/html"), ("sec-fetch-site", "cross-site")];
    let elsewhere = call(&app, "GET", "/api/auth/privy/google?next=/connections", &headers, Vec::new()).await;
    assert_eq!(place(&elsewhere), "/signin?next=/connections");
}

#[sqlx::test]
async fn pv_21_a_wallets_signature_signs_in_once(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let mut browser = Browser::new(&app);
    let wallet = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    let refused = browser.json("privy/wallet-challenge", &[("wallet", "0x12")]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "wallet_invalid".into()));
    let asked = browser.json("privy/wallet-challenge", &[("wallet", wallet), ("next", "/connections")]).await;
    let text = asked.value().as_str().unwrap().to_owned();
    assert!(text.starts_with("localhost:3000 wants you to sign in with your Ethereum account:\n0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n"), "{text}");
    assert!(text.contains("\nNonce: nonce00000000\n") && text.ends_with("Resources:\n- https://privy.io"));
    let mut stranger = Browser::new(&app);
    assert_eq!(stranger.json("privy/verify-wallet", &[("signature", "0xsigned")]).await.status, StatusCode::GONE);
    let mut again = browser.clone();
    let done = browser.json("privy/verify-wallet", &[("signature", "0xsigned")]).await;
    assert_eq!((done.status, done.value()), (StatusCode::OK, json!("/connections")));
    assert!(browser.viewer().await.is_some());
    assert_eq!(world.asked("/auth.privy.io/api/v1/siwe/authenticate")[0]["message"], json!(text), "as it was written");
    assert_eq!(
        again.json("privy/verify-wallet", &[("signature", "0xsigned")]).await.status,
        StatusCode::GONE,
        "a nonce is used once"
    );
    let forged = again.json("privy/wallet-challenge", &[("wallet", wallet)]).await;
    assert_eq!(forged.status, StatusCode::OK);
    let refused = again.json("privy/verify-wallet", &[("signature", "0xforged")]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "privy_code_wrong".into()));
    let row: String = sqlx::query_scalar("select label from identities").fetch_one(app.db()).await.unwrap();
    assert_eq!(row, "0x5aAe…eAed");
}

#[sqlx::test]
async fn pv_22_the_sign_in_page_offers_what_is_switched_on(db: PgPool) {
    let world = PrivyWorld::start().await;
    let app = world.app(db).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/signin?next=/connections").await;
    let text = page.text();
    assert!(text.contains("Sign in with Privy") && text.contains("/api/auth/privy/google?next=/connections"));
    assert!(text.contains("/api/auth/privy/spotify") && !text.contains("/api/auth/privy/github"));
    assert!(text.contains("privy-number") && !text.contains("signed in at Privy"));
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("privy"), "nothing of Privy's runs in the page: {policy}");
    assert_eq!(world.asked("/auth.privy.io/api/v1/apps/app-1").len(), 1);
    world.switch("sms_auth", false);
    browser.get("/signin").await;
    assert_eq!(world.asked("/auth.privy.io/api/v1/apps/app-1").len(), 1, "read now and then, not for every page");
    later(&app, &world, Duration::minutes(10));
    assert!(!browser.get("/signin").await.text().contains("privy-number"));
    let off = browser.json("privy/start-code", &[("way", "sms"), ("target", "+15550100123")]).await;
    assert_eq!((off.status, off.code()), (StatusCode::NOT_FOUND, "privy_not_offered".into()));
    // Privy's own outage takes nothing else away.
    world.set_down(true);
    let started = app.second_process().await;
    let page = Browser::new(&started).get("/signin").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Send code") && !page.text().contains("Privy"));
}
