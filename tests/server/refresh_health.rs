//! Who is told what when a renewal fails, and who is not.

use aura::integrations::tools::ToolError;
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, mails_to, newest_mail, wait},
    program::person_at,
    vendor::{
        EVENTS, GITHUB_TOKEN, GOOGLE_TOKEN, Vendor, ask, begin, connect, count, person, return_address, state, state_of,
    },
};

const MIRA: &str = "mira@example.com";
const TOOL: &str = "google_calendar__list_events";
const USER: &str = "/api.github.com/user";

#[sqlx::test]
async fn rf_02_a_client_that_is_refused_is_shown_to_operators_and_alarms_nobody_else(db: PgPool) {
    let vendor = Vendor::start().await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"}));
    vendor.answers("POST", GOOGLE_TOKEN, refused).await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let app = vendor.app(db).await;
    let integrations = &app.state().integrations;
    let fingerprint = aura::platform::crypto::digest(b"client-of-google").to_vec();
    let mut connections = Vec::new();
    for _ in 0..3 {
        let user = person(&app).await;
        let past = app.clock().now() - Duration::SECOND;
        let id = connect(&app, user, "google-calendar", "old", Some("r"), Some(past)).await;
        connections.push((user, id));
    }
    sqlx::query("update connections set client_fingerprint = $1").bind(&fingerprint).execute(app.db()).await.unwrap();
    for (user, id) in &connections {
        let error = ask(&app, *user, *id, TOOL, json!({})).await.unwrap_err();
        assert!(matches!(error, ToolError::Provider { service: "Google Calendar", .. }), "{error}");
        assert_eq!(state(&app, *id).await, ("active".into(), None));
    }
    assert_eq!(count(&app, "notifications").await, 0, "none of them can mend it");
    let faults = integrations.client_faults().await.unwrap();
    assert_eq!((faults.len(), faults[0].service, faults[0].connections), (1, "Google Calendar", 3));
    assert_eq!(faults[0].since, app.clock().now());

    // While it lasts, one of them looks from time to time, not all of them.
    let before = vendor.token_requests().await;
    for _ in 0..10 {
        wait(&app, Duration::MINUTE);
        integrations.renew_due().await.unwrap();
    }
    let looked = vendor.token_requests().await - before;
    assert!((5..=10).contains(&looked), "{looked}");

    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    sqlx::query(
        "update users set role = 'admin' where id = (select user_id from user_emails where email = $1::citext)",
    )
    .bind(MIRA)
    .execute(app.db())
    .await
    .unwrap();
    let page = browser.get("/admin/services").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["Google Calendar", "3 connections wait", "2026-03-12 12:00 UTC", "GOOGLE_CALENDAR_CLIENT_SECRET"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }

    // The secret is right again.
    vendor.server.reset().await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    wait(&app, Duration::minutes(2));
    let (user, id) = connections[0];
    sqlx::query("update connections set paused_until = $1 where id <> $2")
        .bind(app.clock().now() + Duration::minutes(5))
        .bind(Uuid::from(id))
        .execute(app.db())
        .await
        .unwrap();
    ask(&app, user, id, TOOL, json!({})).await.unwrap();
    assert!(integrations.client_faults().await.unwrap().is_empty(), "the first that works ends it");
    assert_eq!(count(&app, "connections where paused_until is not null").await, 0, "for all that wait");
    for (user, id) in &connections {
        ask(&app, *user, *id, TOOL, json!({})).await.unwrap();
    }
    assert!(browser.get("/admin/services").await.text().contains("None."));
}

#[sqlx::test]
async fn a_client_that_is_refused_at_connecting_is_shown_to_operators_too(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    vendor.json("GET", USER, json!({"id": 7, "login": "mira-okafor"})).await;
    let refused = ResponseTemplate::new(200).set_body_json(json!({"error": "incorrect_client_credentials"}));
    vendor.answers_times(1, "POST", GITHUB_TOKEN, refused).await;
    vendor.json("POST", GITHUB_TOKEN, json!({"access_token": "canary", "scope": "repo"})).await;
    for faults in [1, 0] {
        wait(&app, Duration::seconds(7));
        let state = state_of(&begin(&app, &browser, "github").await);
        browser.get(&return_address("github", &[("code", "c"), ("state", &state)])).await;
        assert_eq!(app.state().integrations.client_faults().await.unwrap().len(), faults);
    }
}

#[sqlx::test]
async fn rf_03_a_withdrawn_grant_is_told_once_in_the_app_and_by_mail_after_one_call(db: PgPool) {
    let vendor = Vendor::start().await;
    let renewed = ResponseTemplate::new(200).set_body_json(json!({"access_token": "new", "expires_in": 3600}));
    vendor.answers_times(1, "POST", GOOGLE_TOKEN, renewed).await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", GOOGLE_TOKEN, gone).await;
    let app = vendor.app(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let mails = mails_to(&app, MIRA).await;
    let soon = app.clock().now() + Duration::HOUR;
    let id = connect(&app, user, "google-calendar", "old", Some("r"), Some(soon)).await;
    let integrations = &app.state().integrations;
    for _ in 0..180 {
        wait(&app, Duration::MINUTE);
        integrations.renew_due().await.unwrap();
    }
    for _ in 0..3 {
        assert!(matches!(ask(&app, user, id, TOOL, json!({})).await, Err(ToolError::NeedsReconnect { .. })));
    }
    assert_eq!(vendor.token_requests().await, 2, "renewed once; a dead token is tried once");
    assert_eq!(state(&app, id).await, ("needs_reauth".into(), Some("revoked".into())));
    let told: (String, String) = sqlx::query_as("select title, link from notifications where kind = 'connection'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(told, ("Google Calendar has to be connected again".to_owned(), format!("/connections/{id}")));
    assert_eq!(mails_to(&app, MIRA).await, mails + 1);
    let letter = newest_mail(&app, MIRA).await.0;
    assert!(letter.template == "connection_broken" && letter.text.contains(&format!("/connections/{id}")));
}

#[sqlx::test]
async fn a_connection_does_not_end_before_its_person_can_be_told(db: PgPool) {
    let vendor = Vendor::start().await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", GOOGLE_TOKEN, gone).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let id = connect(&app, user, "google-calendar", "old", Some("r"), Some(past)).await;
    sqlx::query("alter table notifications rename to notifications_away").execute(app.db()).await.unwrap();
    app.state().integrations.renew_due().await.unwrap();
    assert_eq!((state(&app, id).await.0.as_str(), vendor.token_requests().await), ("active", 1));
    assert_eq!(count(&app, "connection_events where kind = 'needs_reauth'").await, 0);
    sqlx::query("alter table notifications_away rename to notifications").execute(app.db()).await.unwrap();
    wait(&app, Duration::minutes(2));
    app.state().integrations.renew_due().await.unwrap();
    assert_eq!(state(&app, id).await.0, "needs_reauth");
    assert_eq!(count(&app, "notifications where kind = 'connection'").await, 1);
    assert_eq!(count(&app, "connection_events where kind = 'needs_reauth'").await, 1);
}

#[sqlx::test]
async fn a_token_that_may_be_spent_is_told_as_that_also_after_an_outage(db: PgPool) {
    let vendor = Vendor::start().await;
    let dead = ResponseTemplate::new(200).set_body_json(json!({"error": "bad_refresh_token"}));
    let answers = [ResponseTemplate::new(200).set_body_string("<html>"), ResponseTemplate::new(503), dead];
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let soon = app.clock().now() + Duration::HOUR;
    let id = connect(&app, user, "github", "old", Some("r"), Some(soon)).await;
    app.state().integrations.renew_due().await.unwrap();
    wait(&app, Duration::minutes(50));
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(state(&app, id).await.0, "active", "{number}");
        vendor.server.reset().await;
        vendor.answers("POST", GITHUB_TOKEN, answer).await;
        app.state().integrations.renew_due().await.unwrap();
        assert_eq!(vendor.token_requests().await, 1, "{number}");
        wait(&app, Duration::minutes(10));
    }
    assert_eq!(state(&app, id).await, ("needs_reauth".into(), Some("lost_rotation".into())));
}

#[sqlx::test]
async fn rf_12_access_that_was_withdrawn_while_nobody_looked_is_known_within_a_day(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", USER, json!({"id": 7, "login": "mira-okafor"})).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    // A token that never ends, of which nobody would hear anything.
    let id = connect(&app, user, "github", "canary-lasting", None, None).await;
    sqlx::query("update connections set account_id = '7'").execute(app.db()).await.unwrap();
    let integrations = &app.state().integrations;
    for _ in 0..48 {
        integrations.look_around().await.unwrap();
        wait(&app, Duration::HOUR);
    }
    let looked = vendor.asked(USER).await.len();
    assert!((2..=4).contains(&looked), "once in less than a day: {looked}");
    assert_eq!(state(&app, id).await.0, "active");
    let label: String = sqlx::query_scalar("select account_label from connections").fetch_one(app.db()).await.unwrap();
    assert_eq!(label, "mira-okafor", "what people know it by is kept true");

    // The service is away for a while, and nobody is alarmed.
    vendor.server.reset().await;
    vendor.answers("GET", USER, ResponseTemplate::new(503)).await;
    for _ in 0..30 {
        wait(&app, Duration::HOUR);
        integrations.look_around().await.unwrap();
    }
    assert_eq!((state(&app, id).await.0.as_str(), count(&app, "notifications").await), ("active", 0));
    let tried = vendor.asked(USER).await.len();
    assert!(tried >= 8, "what could not be seen is looked at again soon: {tried}");

    vendor.server.reset().await;
    vendor.answers("GET", USER, ResponseTemplate::new(401).set_body_json(json!({"message": "Bad credentials"}))).await;
    let withdrawn = app.clock().now();
    while state(&app, id).await.0 == "active" {
        wait(&app, Duration::minutes(30));
        integrations.look_around().await.unwrap();
        assert!(app.clock().now() - withdrawn < Duration::DAY, "not noticed within a day");
    }
    assert_eq!(state(&app, id).await, ("needs_reauth".into(), Some("revoked".into())));
    assert_eq!(count(&app, "notifications").await, 1);
    let looked = vendor.asked(USER).await.len();
    for _ in 0..48 {
        wait(&app, Duration::HOUR);
        integrations.look_around().await.unwrap();
    }
    assert_eq!(vendor.asked(USER).await.len(), looked, "what waits for its person is left alone");
}

#[sqlx::test]
async fn a_look_that_is_refused_renews_once_before_it_ends_a_connection(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let refused = || ResponseTemplate::new(401).set_body_json(json!({"message": "Bad credentials"}));
    let look = async || {
        for _ in 0..24 {
            app.state().integrations.look_around().await.unwrap();
            wait(&app, Duration::HOUR);
        }
    };
    let id = connect(&app, user, "github", "old", Some("refresh"), None).await;
    for (again, expected) in [(false, "active"), (true, "needs_reauth")] {
        vendor.server.reset().await;
        vendor.json("POST", GITHUB_TOKEN, json!({"access_token": "new", "refresh_token": "newer"})).await;
        vendor.answers_times(1, "GET", USER, refused()).await;
        if again {
            vendor.answers("GET", USER, refused()).await;
        } else {
            // Somebody else's, whose name is not taken over.
            vendor.json("GET", USER, json!({"id": 8, "login": "jonas-weil"})).await;
        }
        look().await;
        assert_eq!((state(&app, id).await.0.as_str(), vendor.token_requests().await), (expected, 1));
    }
    assert_eq!(state(&app, id).await.1.as_deref(), Some("revoked"));
    assert_eq!(count(&app, "notifications where kind = 'connection'").await, 1);
    let label: String = sqlx::query_scalar("select account_label from connections").fetch_one(app.db()).await.unwrap();
    assert_eq!(label, "mira");
}

#[sqlx::test]
async fn a_look_that_sees_fewer_permissions_takes_the_tools_that_need_them(db: PgPool) {
    let vendor = Vendor::start().await;
    let scopes = "/api.sendgrid.com/v3/scopes";
    vendor.json("GET", scopes, json!({"scopes": ["stats.read", "mail.send"]})).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let id = connect(&app, user, "sendgrid", "SG.canary-key", None, None).await;
    sqlx::query("update connections set scopes = array['mail.send', 'stats.read']").execute(app.db()).await.unwrap();
    let integrations = &app.state().integrations;
    let day = async || {
        for _ in 0..24 {
            wait(&app, Duration::HOUR);
            integrations.look_around().await.unwrap();
        }
    };
    day().await;
    vendor.server.reset().await;
    vendor.json("GET", scopes, json!({"scopes": ["mail.send"]})).await;
    day().await;
    let granted: Vec<String> = sqlx::query_scalar("select scopes from connections where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(granted, ["mail.send"]);
    assert_eq!(count(&app, "connection_events where kind = 'scopes_reduced'").await, 1);
}
