//! What Resend tells of bounces and complaints, and what follows from it.

use aura::serve;
use axum::body::Body;
use http::{HeaderName, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::Duration;
use tower::ServiceExt as _;

use crate::{
    browser::{Browser, mails_to},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const OLD: &str = "whsec_b2xkIHNlY3JldCBmb3IgdGVzdHM=";
const NEW: &str = "whsec_bmV3IHNlY3JldCBmb3IgdGVzdHM=";
const FOREIGN: &str = "whsec_Zm9yZWlnbiBzZWNyZXQgb2Ygbm9ib2R5";

async fn app(db: PgPool) -> TestApp {
    TestApp::with(db, &[("RESEND_WEBHOOK_SECRET", &format!("{OLD},{NEW}"))]).await
}

fn event(kind: &str, to: &str, bounce: Option<&str>) -> Value {
    let mut event = json!({ "type": kind, "created_at": "2026-03-12T12:00:00.000Z",
        "data": { "email_id": "56761188-7520-42d8", "from": "Aura <noreply@aura.example>", "to": [to], "subject": "x" } });
    if let Some(kind) = bounce {
        event["data"]["bounce"] = json!({ "type": kind, "subType": "General", "message": "no such user" });
    }
    event
}

/// Posts it as Resend does; the status of the answer.
async fn post(app: &TestApp, secret: &str, id: &str, event: &Value) -> StatusCode {
    let body = event.to_string();
    let now = app.clock().now().unix_timestamp();
    let signature = Webhook::new(secret).unwrap().sign(id, now, body.as_bytes()).unwrap();
    send(app, &[("svix-id", id), ("svix-timestamp", &now.to_string()), ("svix-signature", &signature)], body).await
}

async fn send(app: &TestApp, headers: &[(&str, &str)], body: String) -> StatusCode {
    let mut request = Request::post("/api/webhooks/resend").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name.parse::<HeaderName>().unwrap(), *value);
    }
    app.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status()
}

async fn suppressions(app: &TestApp) -> Vec<(String, String)> {
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
    sqlx::query_as("select email::text, reason from mail_suppressions order by email")
        .fetch_all(app.db())
        .await
        .unwrap()
}

async fn events(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query_as("select kind, state from webhook_events order by received_at, event_id")
        .fetch_all(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn ml_10_a_bounce_ends_mail_to_that_address_and_to_no_other(db: PgPool) {
    let app = app(db).await;
    assert_eq!(
        post(&app, OLD, "msg_1", &event("email.bounced", MIRA, Some("Permanent"))).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(suppressions(&app).await, [(MIRA.into(), "bounced".into())]);

    // Both get the same answer; one mail leaves (to a log), the other does not.
    let mut answers = Vec::new();
    for address in ["Mira@Example.com", "jonas@example.com"] {
        let answer = Browser::new(&app).start(address, "").await;
        answers.push((answer.status, answer.text().to_owned(), answer.header_names()));
    }
    assert_eq!(answers[0], answers[1]);
    sqlx::query("update mails set due_at = null").execute(app.db()).await.unwrap();
    serve::jobs(app.state()).drain(app.db()).await.unwrap();
    let states: Vec<(String, String, bool)> =
        sqlx::query_as("select recipient::text, state, sealed_content is null from mails order by recipient")
            .fetch_all(app.db())
            .await
            .unwrap();
    // Nothing listens where this app's mail would go, so the other waits.
    assert_eq!(
        states,
        [("jonas@example.com".into(), "waiting".into(), false), (MIRA.into(), "suppressed".into(), true)]
    );
    assert_eq!(app.state().mailer.suppressed(10).await.unwrap()[0].reason, "bounced");

    // An operator who knows better lets mail go there again.
    assert!(app.state().mailer.allow(MIRA).await.unwrap());
    assert!(suppressions(&app).await.is_empty());
    assert!(!app.state().mailer.allow(MIRA).await.unwrap());
}

#[sqlx::test]
async fn a_complaint_weighs_more_than_a_bounce_in_either_order(db: PgPool) {
    let app = app(db).await;
    let (bounce, complaint) = (event("email.bounced", MIRA, Some("Permanent")), event("email.complained", MIRA, None));
    post(&app, NEW, "msg_1", &bounce).await;
    post(&app, NEW, "msg_2", &complaint).await;
    post(&app, NEW, "msg_3", &bounce).await;
    assert_eq!(suppressions(&app).await, [(MIRA.into(), "complained".into())]);
}

#[sqlx::test]
async fn what_passes_is_kept_and_suppresses_nobody(db: PgPool) {
    let app = app(db).await;
    for (id, event) in [
        ("msg_1", event("email.bounced", MIRA, Some("Transient"))),
        ("msg_2", event("email.delivered", MIRA, None)),
        ("msg_3", event("email.opened", MIRA, None)),
        ("msg_4", json!({ "type": "contact.created", "data": 7 })),
        ("msg_5", json!({ "type": "email.complained" })),
        ("msg_6", json!({ "type": "email.complained", "data": { "to": ["a@b.example", "c@d.example"] } })),
    ] {
        assert_eq!(post(&app, OLD, id, &event).await, StatusCode::NO_CONTENT, "{event}");
    }
    assert_eq!(suppressions(&app).await, []);
    let events = events(&app).await;
    assert_eq!((events.len(), events.iter().filter(|(_, state)| state == "done").count()), (6, 6), "{events:?}");
}

#[sqlx::test]
async fn a_repetition_is_one_event(db: PgPool) {
    let app = app(db).await;
    let bounce = event("email.bounced", MIRA, Some("Permanent"));
    for _ in 0..10 {
        assert_eq!(post(&app, OLD, "msg_1", &bounce).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(events(&app).await.len(), 1);
    suppressions(&app).await;
    app.state().mailer.allow(MIRA).await.unwrap();
    post(&app, OLD, "msg_1", &bounce).await;
    assert!(suppressions(&app).await.is_empty(), "an event that was done is not done again");
}

#[sqlx::test]
async fn ml_11_whoever_is_not_resend_is_refused_and_leaves_nothing(db: PgPool) {
    let app = app(db).await;
    let bounce = event("email.bounced", MIRA, Some("Permanent"));
    assert_eq!(post(&app, FOREIGN, "msg_1", &bounce).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, &[], bounce.to_string()).await, StatusCode::UNAUTHORIZED);
    let now = app.clock().now().unix_timestamp();
    let right = Webhook::new(OLD).unwrap().sign("msg_1", now, bounce.to_string().as_bytes()).unwrap();
    let stamp = now.to_string();
    let signed = |id: &'static str, at: &str| {
        vec![("svix-id", id.to_owned()), ("svix-timestamp", at.to_owned()), ("svix-signature", right.clone())]
    };
    let cases = [
        ("another id", signed("msg_2", &stamp), bounce.to_string()),
        ("another moment", signed("msg_1", &(now + 1).to_string()), bounce.to_string()),
        ("another byte", signed("msg_1", &stamp), bounce.to_string().replace(MIRA, "nora@example.com")),
        ("the same JSON in other bytes", signed("msg_1", &stamp), serde_json::to_string_pretty(&bounce).unwrap()),
    ];
    for (what, headers, body) in cases {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(send(&app, &headers, body).await, StatusCode::UNAUTHORIZED, "{what}");
    }
    let headers = signed("msg_1", &stamp);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.clock().advance(Duration::seconds(301));
    assert_eq!(send(&app, &headers, bounce.to_string()).await, StatusCode::UNAUTHORIZED, "five minutes late");
    app.clock().advance(-Duration::seconds(301));
    assert_eq!(events(&app).await, []);
    assert_eq!(
        send(&app, &headers, bounce.to_string()).await,
        StatusCode::NO_CONTENT,
        "the signature itself was right"
    );
}

#[sqlx::test]
async fn without_a_secret_nobody_is_believed(db: PgPool) {
    let app = TestApp::new(db).await;
    let bounce = event("email.bounced", MIRA, Some("Permanent"));
    assert_eq!(post(&app, OLD, "msg_1", &bounce).await, StatusCode::NOT_IMPLEMENTED);
    assert_eq!((events(&app).await.len(), mails_to(&app, MIRA).await), (0, 0));
}
