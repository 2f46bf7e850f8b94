//! What is posted to the addresses that people register, and what they do with it.

use std::{path::Path, process::Command, time::Duration as Wait};

use aura::{
    integrations::{
        OutgoingWebhooks, Readings, jobs,
        webhooks::service::{Secretive, Wish},
    },
    kit::id::{ConnectionId, UserId, WebhookEndpointId},
    platform::{crypto::Place, webhooks::verify},
    serve,
};
use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use wiremock::{Request, ResponseTemplate};

use crate::{
    browser::{Browser, dump, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::{Vendor, connect, count, person, slow},
};

const HOOK: &str = "https://hooks.example/aura";
const AT: &str = "/hooks.example/aura";
const LIST: &str = "/api/v1/webhooks";
const MIRA: &str = "mira@example.com";
const HOUR: i64 = 3_600;

fn webhooks(app: &TestApp) -> OutgoingWebhooks {
    app.state().integrations.webhooks().clone()
}

async fn register_at(app: &TestApp, user: UserId, url: &str) -> Secretive {
    webhooks(app).make(user, &Wish { url: Some(url), ..Wish::default() }).await.unwrap()
}

async fn register(app: &TestApp, user: UserId) -> Secretive {
    register_at(app, user, HOOK).await
}

/// Something that everybody is told: a connection is made and ended, a second later than the last.
async fn happen(app: &TestApp, user: UserId) -> ConnectionId {
    wait(app, Duration::seconds(1));
    let id = connect(app, user, "spotify", "canary-access", None, None).await;
    app.state().integrations.disconnect(user, id, Readings::Keep).await.unwrap();
    id
}

async fn send(app: &TestApp) {
    webhooks(app).send_due().await.unwrap();
}

/// What was posted, the oldest first: state, tries, status, answer, problem.
type Line = (String, i32, Option<i32>, Option<String>, Option<String>);

async fn log(app: &TestApp) -> Vec<Line> {
    sqlx::query_as("select state, tries, last_status, last_answer, problem from webhook_deliveries order by id")
        .fetch_all(app.db())
        .await
        .unwrap()
}

async fn states(app: &TestApp) -> Vec<String> {
    log(app).await.into_iter().map(|line| line.0).collect()
}

async fn due(app: &TestApp) -> OffsetDateTime {
    sqlx::query_scalar("select due_at from webhook_deliveries order by id desc limit 1")
        .fetch_one(app.db())
        .await
        .unwrap()
}

fn header<'a>(post: &'a Request, name: &str) -> &'a str {
    post.headers[name].to_str().unwrap()
}

fn is_signed(app: &TestApp, secret: &str, post: &Request) -> bool {
    verify(&[SecretString::from(secret)], &post.headers, &post.body, app.clock().now()).is_ok()
}

/// Whether npm `svix` believes a post, as seen at the test's moment; none where it is not installed.
#[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
fn believed_by_svix(app: &TestApp, secret: &str, post: &Request, body: &[u8]) -> Option<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end");
    if !root.join("node_modules/svix").exists() && !root.join("../node_modules/svix").exists() {
        println!("not run: svix is not installed (make setup)");
        return None;
    }
    let script = "
        const { Webhook } = require('svix');
        const { now, secret, headers, body } = JSON.parse(process.argv[1]);
        Date.now = () => now * 1000;
        try { new Webhook(secret).verify(Buffer.from(body, 'hex').toString(), headers); console.log('believed'); }
        catch (error) { console.log(error.name + ': ' + error.message); }";
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<String, Value> =
        names.into_iter().map(|name| (name.to_owned(), json!(header(post, name)))).collect();
    let asked = json!({ "now": app.clock().now().unix_timestamp(), "secret": secret, "headers": headers, "body": hex::encode(body) });
    let said = Command::new("node").args(["-e", script, &asked.to_string()]).current_dir(root).output().unwrap();
    let (said, wrong) = (String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap());
    assert!(said.contains("believed") || said.contains("WebhookVerificationError"), "{said}{wrong}");
    Some(said.trim() == "believed")
}

#[sqlx::test]
async fn oh_01_what_happens_to_a_connection_is_posted_signed(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(204)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let Secretive { secret, row } = register(&app, user).await;
    assert!(secret.starts_with("whsec_") && row.url == HOOK);
    let id = happen(&app, user).await;
    send(&app).await;
    send(&app).await;
    assert_eq!(log(&app).await, [("delivered".to_owned(), 1, Some(204), None, None)]);
    let posts = vendor.asked(AT).await;
    assert_eq!(posts.len(), 1);
    assert!(
        is_signed(&app, &secret, &posts[0]) && !is_signed(&app, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &posts[0])
    );
    assert!(header(&posts[0], "user-agent").starts_with("Aura/"));
    let body: Value = serde_json::from_slice(&posts[0].body).unwrap();
    let data = json!({ "id": id, "service": "spotify", "name": "Spotify", "account": "mira" });
    let expected = json!({ "type": "connection.disconnected", "timestamp": "2026-03-12T12:00:01Z", "data": data });
    assert_eq!(body, expected);
    // One that stands is told of as the API shows it, and at its end with why.
    let id =
        connect(&app, user, "google-calendar", "canary-access", Some("canary-refresh"), Some(app.clock().now())).await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", crate::vendor::GOOGLE_TOKEN, gone).await;
    app.state().integrations.renew_due().await.unwrap();
    send(&app).await;
    let posts = vendor.asked(AT).await;
    let body: Value = serde_json::from_slice(&posts[1].body).unwrap();
    let shown = Program::new(&app, user).await.get(&format!("/api/v1/connections/{id}")).await.value();
    assert_eq!(body["type"], "connection.needs_reauth");
    for member in ["id", "service", "name", "account", "state", "reason", "link"] {
        assert!(shown[member].is_string() && body["data"][member] == shown[member], "{member}: {body}");
    }
    assert!(!body.to_string().contains("canary"));
}

#[sqlx::test]
async fn oh_02_a_program_that_nobody_here_wrote_believes_the_signature(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let Secretive { secret, row } = register(&app, user).await;
    happen(&app, user).await;
    send(&app).await;
    let post = &vendor.asked(AT).await[0];
    let Some(believed) = believed_by_svix(&app, &secret, post, &post.body) else { return };
    assert!(believed);
    let changed = String::from_utf8(post.body.clone()).unwrap().replace("Spotify", "Spotifx");
    assert_eq!(believed_by_svix(&app, &secret, post, changed.as_bytes()), Some(false));
    // While one secret takes the place of another, both are good.
    let next = webhooks(&app).rotate(user, row.id).await.unwrap().secret;
    happen(&app, user).await;
    send(&app).await;
    let post = &vendor.asked(AT).await[1];
    for secret in [&secret, &next] {
        assert_eq!(believed_by_svix(&app, secret, post, &post.body), Some(true));
    }
}

#[sqlx::test]
async fn oh_03_what_did_not_happen_is_not_posted(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    register(&app, user).await;
    let id = connect(&app, user, "spotify", "a", None, None).await;
    // The transaction comes to its very end, and fails there.
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
         create constraint trigger refuse after insert on connection_events deferrable initially deferred
             for each row execute function refuse();",
    )
    .execute(app.db())
    .await
    .unwrap();
    assert!(app.state().integrations.disconnect(user, id, Readings::Keep).await.is_err());
    assert_eq!((count(&app, "connections").await, count(&app, "webhook_deliveries").await), (1, 0));
    sqlx::raw_sql("drop trigger refuse on connection_events").execute(app.db()).await.unwrap();
    app.state().integrations.disconnect(user, id, Readings::Keep).await.unwrap();
    send(&app).await;
    assert_eq!(states(&app).await, ["delivered"]);
    assert_eq!(vendor.asked(AT).await.len(), 1);
}

#[sqlx::test]
async fn oh_04_what_fails_is_tried_eight_times_in_about_a_day_under_one_id(db: PgPool) {
    let vendor = Vendor::start().await;
    let refusal = ResponseTemplate::new(500).set_body_string(format!("<b>down</b>\r\n{}", "x".repeat(20_000)));
    vendor.answers("POST", AT, refusal).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let Secretive { secret, .. } = register(&app, user).await;
    happen(&app, user).await;
    let began = app.clock().now();
    let mut waits = Vec::new();
    for tries in 1..=7 {
        send(&app).await;
        let line = log(&app).await.remove(0);
        assert_eq!((line.0.as_str(), line.1, line.2), ("waiting", tries, Some(500)));
        let wait_for = due(&app).await - app.clock().now();
        waits.push(wait_for.whole_seconds());
        // Not a moment before its time.
        wait(&app, wait_for - Duration::seconds(1));
        send(&app).await;
        assert_eq!(log(&app).await[0].1, tries);
        wait(&app, Duration::seconds(1));
    }
    send(&app).await;
    let (state, tries, status, answer, problem) = log(&app).await.remove(0);
    assert_eq!((state.as_str(), tries, status), ("failed", 8, Some(500)));
    let answer = answer.unwrap();
    assert!(answer.starts_with("<b>down</b>  x") && answer.len() == 500, "{answer}");
    assert_eq!(problem.as_deref(), Some("it did not take it"));
    for (waited, told) in waits.iter().zip([5, 300, 1_800, 2 * HOUR, 4 * HOUR, 7 * HOUR, 10 * HOUR]) {
        assert!((told * 9 / 10 - 1..=told * 11 / 10 + 1).contains(waited), "{waits:?}");
    }
    assert!((21..=26).contains(&(app.clock().now() - began).whole_hours()));
    wait(&app, Duration::days(2));
    send(&app).await;
    let posts = vendor.asked(AT).await;
    assert_eq!(posts.len(), 8);
    assert!(posts.iter().all(|post| header(post, "webhook-id") == header(&posts[0], "webhook-id")));
    // Each try is signed at its own time: an old signature is refused by whoever checks it.
    let times: std::collections::BTreeSet<&str> = posts.iter().map(|post| header(post, "webhook-timestamp")).collect();
    assert!(times.len() == 8 && !is_signed(&app, &secret, &posts[7]));
}

#[sqlx::test]
async fn oh_05_an_endpoint_may_ask_for_more_time_within_bounds(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    register(&app, user).await;
    let busy = |status, wait: &str| ResponseTemplate::new(status).insert_header("retry-after", wait);
    // The first pause is 5 seconds.
    for (status, asked, at_least, at_most) in
        [(429, "100", 100, 100), (503, "900000", 12 * HOUR, 12 * HOUR), (503, "1", 4, 6), (500, "100", 4, 6)]
    {
        vendor.server.reset().await;
        vendor.answers("POST", AT, busy(status, asked)).await;
        happen(&app, user).await;
        send(&app).await;
        let waits = (due(&app).await - app.clock().now()).whole_seconds();
        assert!((at_least..=at_most).contains(&waits), "{status} {asked}: {waits}");
        sqlx::query("delete from webhook_deliveries").execute(app.db()).await.unwrap();
    }
}

#[sqlx::test]
async fn oh_06_the_queue_posts_by_itself_and_two_processes_post_once(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, slow(150, &json!({}))).await;
    let app = vendor.app(db).await;
    let other = app.second_process().await;
    let user = person(&app).await;
    register(&app, user).await;
    for _ in 0..3 {
        happen(&app, user).await;
    }
    let (mine, theirs) = (webhooks(&app), webhooks(&other));
    let (one, two, three) = tokio::join!(mine.send_due(), theirs.send_due(), mine.send_due());
    one.and(two).and(three).unwrap();
    assert_eq!(states(&app).await, ["delivered"; 3]);
    assert_eq!(vendor.asked(AT).await.len(), 3);

    // The job that the event has left does it, without waiting for the answer in its place of the queue.
    happen(&app, user).await;
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
    while states(&app).await[3] != "delivered" {
        tokio::time::sleep(Wait::from_millis(20)).await;
    }
    assert_eq!(vendor.asked(AT).await.len(), 4);
}

#[sqlx::test]
async fn oh_07_a_crash_between_posting_and_noting_posts_again_under_the_same_id(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers_times(1, "POST", AT, slow(60_000, &json!({}))).await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    register(&app, user).await;
    happen(&app, user).await;
    let dying = webhooks(&app);
    let attempt = tokio::spawn(async move { dying.send_due().await });
    while vendor.asked(AT).await.is_empty() {
        tokio::time::sleep(Wait::from_millis(20)).await;
    }
    attempt.abort();
    let _ = attempt.await;
    let other = app.second_process().await;
    send(&other).await;
    assert_eq!(vendor.asked(AT).await.len(), 1, "somebody may be at it");
    wait(&app, Duration::minutes(1));
    send(&other).await;
    assert_eq!(log(&app).await, [("delivered".to_owned(), 2, Some(200), None, None)]);
    let posts = vendor.asked(AT).await;
    assert_eq!(posts.len(), 2);
    assert_eq!(header(&posts[0], "webhook-id"), header(&posts[1], "webhook-id"));
    assert_eq!(posts[0].body, posts[1].body);
}

#[sqlx::test]
async fn oh_08_one_delivery_or_all_that_failed_are_posted_again_under_their_ids(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(400)).await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let user = person(&app).await;
    let row = register(&app, user).await.row;
    let program = Program::new(&app, user).await;
    let mut moments = Vec::new();
    for _ in 0..3 {
        happen(&app, user).await;
        moments.push(app.clock().now());
    }
    sqlx::query("update webhook_deliveries set tries = 7").execute(app.db()).await.unwrap();
    send(&app).await;
    assert_eq!(states(&app).await, ["failed"; 3]);
    vendor.server.reset().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let here = format!("{LIST}/{}", row.id);
    let program = program.coming_from([192, 0, 2, 8]);
    let listed = program.get(&format!("{here}/deliveries?state=failed")).await.value();
    let oldest = listed["items"][2]["id"].as_str().unwrap().to_owned();
    let again = program.send("POST", &format!("{here}/deliveries/{oldest}/replay"), None).await;
    assert_eq!((again.status, again.value()["state"].as_str()), (StatusCode::ACCEPTED, Some("waiting")));
    send(&app).await;
    assert_eq!(states(&app).await, ["delivered", "failed", "failed"]);
    assert_eq!(header(&vendor.asked(AT).await[0], "webhook-id"), oldest);
    // What was delivered can be posted again, too.
    program.send("POST", &format!("{here}/deliveries/{oldest}/replay"), None).await;
    send(&app).await;
    assert_eq!(header(&vendor.asked(AT).await[1], "webhook-id"), oldest);

    let since =
        |at: OffsetDateTime| json!({ "since": at.format(&time::format_description::well_known::Rfc3339).unwrap() });
    let replay = format!("{here}/replay");
    let all = program.send("POST", &replay, Some(&since(moments[2]))).await;
    assert_eq!((all.status, all.value()), (StatusCode::ACCEPTED, json!({ "deliveries": 1 })));
    send(&app).await;
    assert_eq!(states(&app).await, ["delivered", "failed", "delivered"]);
    let ahead = program.send("POST", &replay, Some(&since(app.clock().now() + Duration::HOUR))).await;
    assert_eq!((ahead.status.as_u16(), ahead.code().as_str()), (422, "since_invalid"));
    program.send("PATCH", &here, Some(&json!({ "on": false }))).await;
    assert_eq!(program.send("POST", &replay, Some(&since(moments[0]))).await.code(), "webhook_off");
}

#[sqlx::test]
async fn oh_09_for_a_day_the_secret_before_signs_as_well(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let Secretive { secret: first, row } = register(&app, user).await;
    let second = webhooks(&app).rotate(user, row.id).await.unwrap().secret;
    assert_ne!(*first, *second);
    let signed_by = async |secrets: [&str; 3]| {
        happen(&app, user).await;
        send(&app).await;
        let post = vendor.asked(AT).await.pop().unwrap();
        let count = header(&post, "webhook-signature").split(' ').count();
        (secrets.map(|secret| is_signed(&app, secret, &post)), count)
    };
    let third = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(signed_by([&first, &second, third]).await, ([true, true, false], 2));
    wait(&app, Duration::hours(23));
    assert_eq!(signed_by([&first, &second, third]).await, ([true, true, false], 2));
    wait(&app, Duration::hours(1));
    assert_eq!(signed_by([&first, &second, third]).await, ([false, true, false], 1));
    jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!(count(&app, "webhook_endpoints where sealed_previous_secret is not null").await, 0);
    // Twice in a day: the oldest signs no more.
    let third = webhooks(&app).rotate(user, row.id).await.unwrap().secret;
    let fourth = webhooks(&app).rotate(user, row.id).await.unwrap().secret;
    assert_eq!(signed_by([&second, &third, &fourth]).await, ([false, true, true], 2));
}

#[sqlx::test]
async fn oh_10_nothing_is_posted_into_a_private_network(db: PgPool) {
    let vendor = Vendor::start().await;
    let into = ResponseTemplate::new(302).insert_header("location", format!("{}/inside", vendor.server.uri()));
    vendor.answers("POST", AT, into).await;
    vendor.answers("POST", "/inside", ResponseTemplate::new(200)).await;
    let overrides = format!("hooks.example={}", vendor.server.uri());
    let app = TestApp::with(db, &[("HOST_OVERRIDES", &overrides), ("RATE_LIMIT", "1000/10s")]).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    for url in [
        "http://hooks.example/aura",
        "http://127.0.0.1:4010/",
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://user:password@hooks.example/",
        "https://hooks.example@127.0.0.1/",
        "ftp://hooks.example/",
        "javascript:alert(1)",
        "//hooks.example/",
        "hooks.example",
        "",
        &format!("https://hooks.example/{}", "x".repeat(2_000)),
    ] {
        let refused = program.send("POST", LIST, Some(&json!({ "url": url }))).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "url_invalid"), "{url}");
    }
    assert_eq!(count(&app, "webhook_endpoints").await, 0);
    // A redirect is an answer, and no order; a name is looked up when something is posted, and leads inside.
    register(&app, user).await;
    happen(&app, user).await;
    send(&app).await;
    let redirect = "it answered with a redirect, which is not followed".to_owned();
    assert_eq!(log(&app).await, [("waiting".to_owned(), 1, Some(302), None, Some(redirect))]);
    assert!(vendor.asked("/inside").await.is_empty());
    sqlx::query("delete from webhook_endpoints").execute(app.db()).await.unwrap();
    let port = vendor.server.address().port();
    register_at(&app, user, &format!("https://localhost:{port}/inside")).await;
    happen(&app, user).await;
    send(&app).await;
    let inside = "its name leads into a private network".to_owned();
    assert_eq!(log(&app).await, [("waiting".to_owned(), 1, None, None, Some(inside))]);
    assert!(vendor.asked("/inside").await.is_empty());
}

#[sqlx::test]
async fn oh_11_an_endpoint_that_is_gone_or_fails_for_days_is_switched_off_and_its_owner_told(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(410)).await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, _) = person_at(&app, MIRA).await;
    let row = register(&app, user).await.row;
    let program = Program::new(&app, user).await;
    let here = format!("{LIST}/{}", row.id);
    happen(&app, user).await;
    happen(&app, user).await;
    send(&app).await;
    assert_eq!(states(&app).await, ["failed"; 2]);
    assert_eq!(vendor.asked(AT).await.len(), 1, "what waited for it is given up");
    let shown = program.get(&here).await.value();
    assert_eq!((&shown["on"], &shown["off_reason"]), (&json!(false), &json!("gone")));
    let letter = newest_mail(&app, MIRA).await.0;
    assert!(letter.template == "webhook_off" && letter.text.contains("hooks.example"), "{}", letter.text);
    assert_eq!(count(&app, "notifications where title like '%hooks.example%'").await, 1);
    happen(&app, user).await;
    assert_eq!(states(&app).await.len(), 2, "nothing is written for one that is off");
    let on = program.send("PATCH", &here, Some(&json!({ "on": true }))).await;
    assert_eq!((on.status, &on.value()["on"]), (StatusCode::OK, &json!(true)));

    // Four days of failures are borne, five are not; whatever reaches it in between begins anew.
    vendor.server.reset().await;
    vendor.answers("POST", AT, ResponseTemplate::new(500)).await;
    let fails_wholly = async || {
        happen(&app, user).await;
        for _ in 0..8 {
            send(&app).await;
            wait(&app, Duration::hours(12));
        }
        program_state(&app, user, row.id).await
    };
    assert_eq!(fails_wholly().await, None, "after 4 days");
    vendor.answers_times(1, "POST", AT, ResponseTemplate::new(200)).await;
    happen(&app, user).await;
    send(&app).await;
    assert_eq!(fails_wholly().await, None, "after another 4");
    assert_eq!(fails_wholly().await.as_deref(), Some("failing"));
    assert_eq!(count(&app, "notifications where title like '%hooks.example%'").await, 2);
}

async fn program_state(app: &TestApp, user: UserId, id: WebhookEndpointId) -> Option<String> {
    webhooks(app).endpoint(user, id).await.unwrap().off_reason
}

#[sqlx::test]
async fn oh_12_a_slow_endpoint_holds_nobody_else(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", "/slow.example/", ResponseTemplate::new(200).set_delay(Wait::from_secs(60))).await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    register_at(&app, user, "https://slow.example/").await;
    for _ in 0..20 {
        happen(&app, user).await;
    }
    // As the queue does it: more jobs than it has places.
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
    register(&app, user).await;
    sqlx::query("update webhook_endpoints set is_on = false, off_reason = 'owner' where url like '%slow%'")
        .execute(app.db())
        .await
        .unwrap();
    happen(&app, user).await;
    sqlx::query("update webhook_endpoints set is_on = true, off_reason = null").execute(app.db()).await.unwrap();
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
    webhooks(&app).look_around().await.unwrap();
    while vendor.asked(AT).await.is_empty() {
        tokio::time::sleep(Wait::from_millis(20)).await;
    }
    assert!(vendor.asked("/slow.example/").await.len() <= 4, "two at a time");
}

#[sqlx::test]
async fn oh_13_somebody_elses_webhook_is_not_there_and_keys_act_within_their_scopes(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (mira, _) = person_at(&app, MIRA).await;
    let (jonas, mut his) = person_at(&app, "jonas@example.com").await;
    let row = register(&app, mira).await.row;
    let theirs = register(&app, jonas).await.row;
    happen(&app, mira).await;
    let owner = Program::new(&app, mira).await;
    let stranger = Program::new(&app, jonas).await;
    let key = async |scopes: &[&str]| {
        let made =
            owner.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "k", "scopes": scopes }))).await.value();
        owner.showing(made["key"].as_str().unwrap())
    };
    let (reads, writes) = (key(&["webhooks:read"]).await, key(&["webhooks:write"]).await);
    let here = format!("{LIST}/{}", row.id);
    let listed = owner.get(&format!("{here}/deliveries")).await.value();
    let delivery = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let since = json!({ "since": "2026-03-01T00:00:00Z" });
    let edit = json!({ "name": "mine" });
    let requests = [
        ("GET", here.clone(), None, true),
        ("GET", format!("{here}/deliveries"), None, true),
        ("GET", format!("{here}/deliveries/{delivery}"), None, true),
        ("PATCH", here.clone(), Some(&edit), false),
        ("POST", format!("{here}/secret"), None, false),
        ("POST", format!("{here}/ping"), None, false),
        ("POST", format!("{here}/replay"), Some(&since), false),
        ("POST", format!("{here}/deliveries/{delivery}/replay"), None, false),
        ("DELETE", here.clone(), None, false),
    ];
    for (method, path, body, is_read) in &requests {
        let refused = stranger.send(method, path, *body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "not_found"), "{method} {path}");
        let other = if *is_read { &writes } else { &reads };
        assert_eq!(other.send(method, path, *body).await.code(), "scope_missing", "{method} {path}");
    }
    // Nor is a delivery found under an endpoint that it does not belong to.
    let moved = format!("{LIST}/{}/deliveries/{delivery}", theirs.id);
    assert_eq!(stranger.get(&moved).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.send("POST", &format!("{moved}/replay"), None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(LIST).await.value()["items"].as_array().unwrap().len(), 1);
    for (path, fields) in [
        ("switch", vec![("id", row.id.to_string())]),
        ("delete", vec![("id", row.id.to_string())]),
        ("rotate", vec![("id", row.id.to_string())]),
        ("ping", vec![("id", row.id.to_string())]),
        ("replay", vec![("id", row.id.to_string()), ("delivery", delivery.clone())]),
        ("change", vec![("id", row.id.to_string()), ("url", HOOK.to_owned())]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        his.post_form(&format!("/api/outgoing-webhooks/{path}"), &fields).await;
    }
    assert!(!his.get(&format!("/settings/developer/webhooks/{}", row.id)).await.text().contains("hooks.example"));
    assert_eq!(count(&app, "webhook_deliveries where attempts = 0 and state = 'waiting'").await, 1);
    for (method, path, body, is_read) in &requests {
        let allowed = if *is_read { &reads } else { &writes };
        assert!(allowed.send(method, path, *body).await.status.is_success(), "{method} {path}");
    }
    assert_eq!((count(&app, "webhook_endpoints").await, count(&app, "webhook_deliveries").await), (1, 0));
}

#[sqlx::test]
async fn oh_14_a_secret_is_shown_once_and_stands_nowhere_in_clear(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let made = program.begin("POST", LIST, Some(&json!({ "url": HOOK })), &[]).await;
    assert_eq!(made.headers()["cache-control"], "no-store");
    let made = crate::browser::Answer::of(made).await.value();
    let first = made["secret"].as_str().unwrap().to_owned();
    let here = format!("{LIST}/{}", made["webhook"]["id"].as_str().unwrap());
    let second = program.send("POST", &format!("{here}/secret"), None).await.value();
    let second = second["secret"].as_str().unwrap().to_owned();
    happen(&app, user).await;
    send(&app).await;
    let (listed, written) = (program.get(LIST).await, dump(&app).await);
    let posts = program.get(&format!("{here}/deliveries")).await;
    for secret in [first, second] {
        let bytes = secret.trim_start_matches("whsec_").to_owned();
        for place in [listed.text(), posts.text(), &written] {
            assert!(!place.contains(&bytes) && !place.contains(&hex::encode(&secret)), "{bytes}");
        }
    }
    // Keys that take the place of others reach both columns, and a value opens in its own alone.
    let sealed: Vec<&str> =
        serve::sealed().into_iter().filter(|one| one.table == "webhook_endpoints").map(|one| one.column).collect();
    assert_eq!(sealed, ["sealed_secret", "sealed_previous_secret"]);
    let (row, value): (Uuid, String) =
        sqlx::query_as("select id, sealed_secret from webhook_endpoints").fetch_one(app.db()).await.unwrap();
    let place = |column| Place { table: "webhook_endpoints", column, row, owner: Uuid::from(user), provider: "" };
    assert!(app.vault().open(&place("sealed_secret"), &value).is_ok());
    assert!(app.vault().open(&place("sealed_previous_secret"), &value).is_err());
}

#[sqlx::test]
async fn oh_15_webhooks_go_with_their_person_and_posts_after_thirty_days(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let stays = person(&app).await;
    for one in [user, stays] {
        register(&app, one).await;
        happen(&app, one).await;
    }
    send(&app).await;
    wait(&app, Duration::days(29));
    happen(&app, stays).await;
    jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!(count(&app, "webhook_deliveries").await, 3);
    wait(&app, Duration::days(1));
    jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!(count(&app, "webhook_deliveries").await, 1);
    happen(&app, user).await;
    let phone = Program::new(&app, user).await;
    assert_eq!(phone.delete("/api/v1/users/me").await.status, StatusCode::ACCEPTED);
    wait(&app, Duration::days(7) + Duration::seconds(1));
    assert_eq!(app.state().departures.sweep().await.unwrap(), 1);
    assert_eq!((count(&app, "webhook_endpoints").await, count(&app, "webhook_deliveries").await), (1, 1));
    // The job of what was never posted finds nothing, and is content.
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
}

#[sqlx::test]
async fn oh_16_only_the_chosen_events_are_posted_and_what_does_not_fit_is_refused(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    for (body, status, code) in [
        (json!({}), 422, ""),
        (json!({ "url": HOOK, "events": ["connection.everything"] }), 422, "event_unknown"),
        (json!({ "url": HOOK, "events": ["ping"] }), 422, "event_unknown"),
        (json!({ "url": HOOK, "name": "x".repeat(101) }), 422, "name_invalid"),
        (json!({ "url": HOOK, "name": "a\nb" }), 422, "name_invalid"),
        (json!({ "url": HOOK, "secret": "whsec_mine" }), 422, ""),
        (json!({ "url": 7 }), 422, ""),
        (json!([HOOK]), 422, ""),
    ] {
        let refused = program.send("POST", LIST, Some(&body)).await;
        assert!(refused.status.is_client_error(), "{body}: {}", refused.text());
        if !code.is_empty() {
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{body}");
        }
    }
    assert_eq!(count(&app, "webhook_endpoints").await, 0);
    let chosen = json!({ "url": HOOK, "name": " mine ", "events": ["connection.connected", "connection.connected"] });
    let (key, twice) = ([("idempotency-key", "one")], [(); 2]);
    let mut answers = Vec::new();
    for () in twice {
        let answer = crate::browser::Answer::of(program.begin("POST", LIST, Some(&chosen), &key).await).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answers.push(answer.value());
    }
    assert_eq!((answers[0] == answers[1], count(&app, "webhook_endpoints").await), (true, 1));
    let hook = &answers[0]["webhook"];
    assert_eq!((&hook["name"], &hook["events"]), (&json!("mine"), &json!(["connection.connected"])));
    happen(&app, user).await;
    assert_eq!(count(&app, "webhook_deliveries").await, 0, "nobody asked for that");
    let here = format!("{LIST}/{}", hook["id"].as_str().unwrap());
    let all = program.send("PATCH", &here, Some(&json!({ "events": [] }))).await;
    assert_eq!((all.status, &all.value()["events"]), (StatusCode::OK, &json!([])));
    assert_eq!(program.send("PATCH", &here, Some(&json!({ "id": 1 }))).await.status.as_u16() / 100, 4);
    happen(&app, user).await;
    assert_eq!(count(&app, "webhook_deliveries").await, 1);
    for number in 1..10 {
        let one = program.send("POST", LIST, Some(&json!({ "url": format!("{HOOK}/{number}") }))).await;
        assert_eq!(one.status, StatusCode::CREATED);
    }
    let eleventh = program.send("POST", LIST, Some(&json!({ "url": HOOK }))).await;
    assert_eq!((eleventh.status, eleventh.code().as_str()), (StatusCode::CONFLICT, "too_many_webhooks"));
    // A page at a time, and none twice.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = program.get(&format!("{LIST}?limit=4{cursor}")).await.value();
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["url"].to_string()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (10, 10));
}

#[sqlx::test]
async fn oh_17_a_ping_is_posted_once_and_its_answer_known_at_once(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", AT, ResponseTemplate::new(418).set_body_string("short and stout")).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let wanted = json!({ "url": HOOK, "events": ["connection.connected"] });
    let made = program.send("POST", LIST, Some(&wanted)).await.value();
    let here = format!("{LIST}/{}", made["webhook"]["id"].as_str().unwrap());
    let ping = program.send("POST", &format!("{here}/ping"), None).await;
    assert_eq!((ping.status, ping.value()["event"].as_str()), (StatusCode::ACCEPTED, Some("ping")));
    send(&app).await;
    wait(&app, Duration::days(1));
    send(&app).await;
    let posts = vendor.asked(AT).await;
    assert_eq!(posts.len(), 1);
    let body: Value = serde_json::from_slice(&posts[0].body).unwrap();
    assert_eq!(body["type"], "ping");
    let shown = program.get(&format!("{here}/deliveries/{}", ping.value()["id"].as_str().unwrap())).await.value();
    let told = (&shown["state"], &shown["last_status"], &shown["last_answer"], &shown["payload"]);
    assert_eq!(told, (&json!("failed"), &json!(418), &json!("short and stout"), &body));
    assert!(program.get(&here).await.value()["failing_since"].is_null(), "a trial tells nothing of the endpoint");
}

#[sqlx::test]
async fn oh_18_without_a_script_webhooks_are_added_tried_replaced_and_deleted(db: PgPool) {
    let vendor = Vendor::start().await;
    let answer = ResponseTemplate::new(500).set_body_string("<script>alert(1)</script>");
    vendor.answers("POST", AT, answer).await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let all = "/settings/developer/webhooks";
    assert!(browser.get("/settings/developer").await.text().contains(&format!("href=\"{all}\"")));
    assert!(browser.get(all).await.text().contains("Nothing is posted anywhere"));
    let wrong = [("url", "http://hooks.example/typed"), ("name", "My hook")];
    let refused = browser.post_from(all, "/api/outgoing-webhooks/add", &wrong, "text/html").await;
    let page = browser.get(refused.location()).await;
    assert!(page.text().contains("Give an address that begins with https://"), "{}", page.text());
    assert!(page.text().contains("value=\"http://hooks.example/typed\""), "what was typed is kept");

    let added = browser.post_form("/api/outgoing-webhooks/add", &[("url", HOOK), ("name", "My hook")]).await;
    let here = added.location().to_owned();
    assert!(here.starts_with("/settings/developer/webhooks/") && !here.contains("whsec_"), "{here}");
    let page = browser.get(&here).await;
    assert!(page.text().contains("whsec_") && page.text().contains("My hook"));
    assert!(!browser.get(&here).await.text().contains("whsec_"), "it is shown once");
    let id = here.rsplit('/').next().unwrap().to_owned();

    let tried = browser.post_form("/api/outgoing-webhooks/ping", &[("id", &id)]).await;
    assert_eq!(tried.location(), here);
    send(&app).await;
    let page = browser.get(&here).await;
    let shown = page.text().split("<template").next().unwrap();
    for words in
        ["ping", "Failed", "Last answer: 500", "&lt;script&gt;alert(1)&lt;/script&gt;", "Post all that failed again"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!page.text().contains("<script>alert(1)"));
    browser.post_form("/api/outgoing-webhooks/replay", &[("id", &id)]).await;
    send(&app).await;
    assert_eq!(vendor.asked(AT).await.len(), 2);
    let delivery: Uuid = sqlx::query_scalar("select id from webhook_deliveries").fetch_one(app.db()).await.unwrap();
    browser.post_form("/api/outgoing-webhooks/replay", &[("id", &id), ("delivery", &delivery.to_string())]).await;
    send(&app).await;
    assert_eq!(vendor.asked(AT).await.len(), 3);

    let fields = [("id", id.as_str()), ("url", HOOK), ("name", "Another"), ("events[]", "connection.connected")];
    assert_eq!(browser.post_form("/api/outgoing-webhooks/change", &fields).await.location(), here);
    let page = browser.get(&here).await;
    assert!(page.text().contains("Another") && page.text().contains("checked"));
    assert!(page.dialog("rotate").contains("/api/outgoing-webhooks/rotate"));
    browser.post_form("/api/outgoing-webhooks/rotate", &[("id", &id)]).await;
    let page = browser.get(&here).await;
    assert!(page.text().contains("whsec_") && page.text().contains("signs as well until"));
    browser.post_form("/api/outgoing-webhooks/switch", &[("id", &id)]).await;
    assert!(browser.get(&here).await.text().contains("Off. Nothing is posted."));
    browser.post_form("/api/outgoing-webhooks/switch", &[("id", &id), ("on", "true")]).await;
    assert!(!browser.get(&here).await.text().contains("Off. Nothing is posted."));
    let page = browser.get(&here).await;
    assert!(page.dialog("delete").contains("This cannot be undone"));
    assert_eq!(browser.post_form("/api/outgoing-webhooks/delete", &[("id", &id)]).await.location(), all);
    assert_eq!(count(&app, "webhook_endpoints").await, 0);
    let log = browser.get("/settings/activity").await;
    assert!(log.text().contains("Added a webhook") && log.text().contains("Deleted a webhook"));
    let mut nobody = Browser::new(&app);
    assert!(nobody.get(all).await.location().starts_with("/signin"));
    let _ = user;
}
