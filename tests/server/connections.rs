//! Keeping access alive, and ending it.

use aura::integrations::{
    Readings,
    model::{ConnectionState, Verdict},
    service::forms::Pasting,
    tools::ToolError,
};
use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, dump, wait},
    program::Program,
    support::TestApp,
    vendor::{EVENTS, GITHUB_TOKEN, GOOGLE_TOKEN, Vendor, ask, connect, count, fields, person, slow, state, user_of},
};

const LIST: &str = "google_calendar__list_events";
const ISSUES: &str = "/api.github.com/issues";

fn calendar() -> Value {
    json!({"items": [{"summary": "Design sync", "start": {"dateTime": "2026-03-12T15:00:00Z"}}]})
}

fn bearer(request: &wiremock::Request) -> &str {
    request.headers["authorization"].to_str().unwrap()
}

async fn expired(app: &TestApp, provider: &str) -> (aura::kit::id::UserId, aura::kit::id::ConnectionId) {
    let user = person(app).await;
    let past = app.clock().now() - Duration::SECOND;
    (user, connect(app, user, provider, "canary-old", Some("canary-refresh-1"), Some(past)).await)
}

#[sqlx::test]
async fn a_hundred_callers_on_two_processes_make_one_refresh(db: PgPool) {
    let vendor = Vendor::start().await;
    let reply = json!({"access_token": "new", "refresh_token": "canary-refresh-2", "expires_in": 3600});
    vendor.answers("POST", GOOGLE_TOKEN, slow(300, &reply)).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let other = Box::pin(app.second_process()).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    let calls = (0..100).map(|number| {
        let app = if number % 2 == 0 { &app } else { &other };
        async move { ask(app, user, connection, LIST, json!({})).await.map(|answer| answer.items.len()) }
    });
    for answer in futures::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), 1);
    }
    assert_eq!(vendor.token_requests().await, 1);
    let asked = vendor.asked(EVENTS).await;
    assert!(asked.len() == 100 && asked.iter().all(|request| bearer(request) == "Bearer new"));
    assert_eq!(state(&app, connection).await.0, "active");
    let (version, leased): (i64, bool) =
        sqlx::query_as("select version, lease_owner is not null or exchange_started_at is not null from connections")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!((version, leased), (1, false));
}

#[sqlx::test]
async fn a_reply_without_a_refresh_token_keeps_the_old_one(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": "3600"})).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    for _ in 0..2 {
        ask(&app, user, connection, LIST, json!({})).await.unwrap();
        wait(&app, Duration::hours(2));
    }
    let sent: Vec<String> =
        vendor.asked(GOOGLE_TOKEN).await.iter().map(|request| fields(request)["refresh_token"].clone()).collect();
    assert_eq!(sent, ["canary-refresh-1", "canary-refresh-1"]);
}

#[sqlx::test]
async fn access_is_renewed_ahead_and_lasts_through_an_outage(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers_times(1, "POST", GOOGLE_TOKEN, ResponseTemplate::new(503)).await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let hour = app.clock().now() + Duration::HOUR;
    let connection = connect(&app, user, "google-calendar", "old", Some("r"), Some(hour)).await;
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 0, "fresh");
    wait(&app, Duration::minutes(50));
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 1, "due, and the service is away: the old token still does");
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 1, "the service is left alone for a while");
    wait(&app, Duration::minutes(5));
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 2);
    let tokens: Vec<String> = vendor.asked(EVENTS).await.iter().map(|request| bearer(request).to_owned()).collect();
    assert_eq!(tokens, ["Bearer old", "Bearer old", "Bearer old", "Bearer new"]);
}

#[sqlx::test]
async fn cn_08_two_hours_of_outage_ask_nobody_to_sign_in_again(db: PgPool) {
    let vendor = Vendor::start().await;
    let outages = [
        ResponseTemplate::new(503),
        ResponseTemplate::new(200).set_body_string("<html>maintenance</html>"),
        ResponseTemplate::new(429).insert_header("retry-after", "60"),
        ResponseTemplate::new(400).set_body_json(json!({"error": "temporarily_unavailable"})),
        ResponseTemplate::new(500).set_body_json(json!({"error": "server_error"})),
    ];
    for outage in outages {
        vendor.answers_times(1, "POST", GOOGLE_TOKEN, outage).await;
    }
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    for _ in 0..5 {
        let refused = ask(&app, user, connection, LIST, json!({})).await.unwrap_err();
        assert!(matches!(refused, ToolError::Provider { .. } | ToolError::Limited { .. }), "{refused}");
        assert_eq!(state(&app, connection).await.0, "active");
        wait(&app, Duration::minutes(24));
    }
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
}

#[sqlx::test]
async fn cn_09_a_withdrawn_grant_is_known_at_the_first_refusal(db: PgPool) {
    let vendor = Vendor::start().await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", GOOGLE_TOKEN, gone).await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    for _ in 0..2 {
        let refused = ask(&app, user, connection, LIST, json!({})).await.unwrap_err();
        assert!(matches!(refused, ToolError::NeedsReconnect { service: "Google Calendar" }), "{refused}");
    }
    assert_eq!(vendor.token_requests().await, 1);
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("revoked".into())));
    assert!(app.state().integrations.tools(user).await.unwrap().is_empty());
    let view = &app.state().integrations.connections(user).await.unwrap()[0];
    assert!(view.state == ConnectionState::NeedsReauth && view.trouble.as_ref().unwrap().contains("withdrawn"));
}

/// A token endpoint that takes the request and hangs up, and answers `then` the next time.
async fn hangs_up_once(then: Value) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        for turn in 0.. {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut request = [0; 8192];
            assert!(line.read(&mut request).await.unwrap() > 0);
            if turn > 0 {
                let (status, body) = if then.get("error").is_some() {
                    ("400 Bad Request", then.to_string())
                } else {
                    ("200 OK", then.to_string())
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                line.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        }
    });
    (address, task)
}

#[sqlx::test]
async fn a_lost_reply_is_asked_for_again_where_the_old_token_still_works(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", EVENTS, calendar()).await;
    let (token, task) = hangs_up_once(json!({"access_token": "new", "expires_in": 3600})).await;
    let world = format!("oauth2.googleapis.com={token},*={}", vendor.server.uri());
    let app = vendor.app_with(db, &[("HOST_OVERRIDES", &world)]).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(state(&app, connection).await.0, "active");
    task.abort();
}

#[sqlx::test]
async fn a_lost_reply_of_a_single_use_token_ends_with_the_true_reason(db: PgPool) {
    let vendor = Vendor::start().await;
    let (token, task) = hangs_up_once(json!({"error": "bad_refresh_token"})).await;
    let world = format!("github.com={token},*={}", vendor.server.uri());
    let app = vendor.app_with(db, &[("HOST_OVERRIDES", &world)]).await;
    let (user, connection) = expired(&app, "github").await;
    let first = ask(&app, user, connection, "github__list_my_issues", json!({})).await.unwrap_err();
    assert!(matches!(first, ToolError::Provider { .. }), "{first}");
    assert_eq!(state(&app, connection).await.0, "active");
    wait(&app, Duration::minutes(6));
    let second = ask(&app, user, connection, "github__list_my_issues", json!({})).await.unwrap_err();
    assert!(matches!(second, ToolError::NeedsReconnect { .. }), "{second}");
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("lost_rotation".into())));
    task.abort();
}

#[sqlx::test]
async fn a_holder_that_comes_too_late_saves_nothing(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", GOOGLE_TOKEN, slow(600, &json!({"access_token": "late", "expires_in": 3600}))).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    let newer = connect(&app, user, "google-calendar", "unused", None, None).await;
    let place = |row| aura::platform::crypto::Place {
        table: "connections",
        column: "sealed_access_token",
        row: Uuid::from(row),
        owner: Uuid::from(user),
        provider: "google-calendar",
    };
    let sealed = app.vault().seal(&place(connection), b"newer").unwrap();
    sqlx::query("delete from connections where id = $1").bind(Uuid::from(newer)).execute(app.db()).await.unwrap();
    let late = ask(&app, user, connection, LIST, json!({}));
    let overtake = async {
        while vendor.token_requests().await == 0 {
            tokio::task::yield_now().await;
        }
        // Another process took over after the lease had run out, and finished first.
        sqlx::query(
            "update connections set sealed_access_token = $2, access_expires_at = null, version = version + 1,
                 fence = fence + 1, lease_owner = null, lease_until = null where id = $1",
        )
        .bind(Uuid::from(connection))
        .bind(&sealed)
        .execute(app.db())
        .await
        .unwrap();
    };
    let (answer, ()) = tokio::join!(late, overtake);
    answer.unwrap();
    assert_eq!(bearer(&vendor.asked(EVENTS).await[0]), "Bearer newer");
    let (version, kept): (i64, String) =
        sqlx::query_as("select version, sealed_access_token from connections").fetch_one(app.db()).await.unwrap();
    assert_eq!((version, kept), (1, sealed));
}

#[sqlx::test]
async fn cn_07_a_caller_that_goes_away_does_not_lose_the_new_token(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", GOOGLE_TOKEN, slow(200, &json!({"access_token": "new", "expires_in": 3600}))).await;
    vendor.json("GET", EVENTS, calendar()).await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "google-calendar").await;
    {
        let mut leaving = Box::pin(ask(&app, user, connection, LIST, json!({})));
        while vendor.token_requests().await == 0 {
            assert!(futures::poll!(&mut leaving).is_pending());
            tokio::task::yield_now().await;
        }
    }
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 1);
}

#[sqlx::test]
async fn a_refused_token_is_renewed_once_and_tried_once_more(db: PgPool) {
    let vendor = Vendor::start().await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"error": {"code": 401}}));
    vendor.answers_times(1, "GET", EVENTS, refused.clone()).await;
    vendor.json("GET", EVENTS, calendar()).await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let hour = app.clock().now() + Duration::HOUR;
    let connection = connect(&app, user, "google-calendar", "old", Some("r"), Some(hour)).await;
    ask(&app, user, connection, LIST, json!({})).await.unwrap();
    assert_eq!((vendor.token_requests().await, vendor.asked(EVENTS).await.len()), (1, 2));

    vendor.server.reset().await;
    vendor.answers("GET", EVENTS, refused).await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "newer", "expires_in": 3600})).await;
    let error = ask(&app, user, connection, LIST, json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::NeedsReconnect { .. }), "{error}");
    assert_eq!((vendor.token_requests().await, vendor.asked(EVENTS).await.len()), (1, 2));
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("revoked".into())));
}

#[sqlx::test]
async fn a_refused_token_that_cannot_be_renewed_is_the_end(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor
        .answers("GET", ISSUES, ResponseTemplate::new(401).set_body_json(json!({"message": "Bad credentials"})))
        .await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "github", "old", None, None).await;
    let error = ask(&app, user, connection, "github__list_my_issues", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::NeedsReconnect { service: "GitHub" }), "{error}");
    assert_eq!((vendor.token_requests().await, vendor.asked(ISSUES).await.len()), (0, 1));
    assert_eq!(state(&app, connection).await.0, "needs_reauth");
}

#[sqlx::test]
async fn a_token_moved_to_another_person_does_not_open(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", ISSUES, json!([])).await;
    let app = vendor.app(db).await;
    let (mira, jonas) = (person(&app).await, person(&app).await);
    let hers = connect(&app, mira, "github", "canary-hers", None, None).await;
    let his = connect(&app, jonas, "github", "canary-his", None, None).await;
    sqlx::query(
        "update connections set sealed_access_token = (select sealed_access_token from connections where id = $2)
         where id = $1",
    )
    .bind(Uuid::from(his))
    .bind(Uuid::from(hers))
    .execute(app.db())
    .await
    .unwrap();
    let error = ask(&app, jonas, his, "github__list_my_issues", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::NeedsReconnect { .. }), "{error}");
    assert_eq!(state(&app, his).await, ("needs_reauth".into(), Some("sealed_broken".into())));
    assert!(vendor.asked(ISSUES).await.is_empty());
    ask(&app, mira, hers, "github__list_my_issues", json!({})).await.unwrap();
}

#[sqlx::test]
async fn a_changed_client_asks_to_sign_in_again_without_spending_the_token(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let (user, connection) = expired(&app, "github").await;
    sqlx::query("update connections set client_fingerprint = $1")
        .bind(aura::platform::crypto::digest(b"an earlier client").to_vec())
        .execute(app.db())
        .await
        .unwrap();
    let error = ask(&app, user, connection, "github__list_my_issues", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::NeedsReconnect { .. }), "{error}");
    assert_eq!(state(&app, connection).await.1.as_deref(), Some("client_changed"));
    assert_eq!(vendor.asked(GITHUB_TOKEN).await.len(), 0);
}

#[sqlx::test]
async fn cn_10_a_foreign_connection_does_not_exist(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let (mut mira, mut jonas) = (Browser::new(&app), Browser::new(&app));
    mira.sign_in(&app, "mira@example.com").await;
    jonas.sign_in(&app, "jonas@example.com").await;
    let hers = connect(&app, user_of(&app, "mira@example.com").await, "spotify", "a", None, None).await;
    let his = user_of(&app, "jonas@example.com").await;
    let address = format!("/api/integrations/{hers}/disconnect");
    let refused = jonas.post_json(&address, &json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!(
        jonas.post_json("/api/integrations/nonsense/disconnect", &json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(matches!(ask(&app, his, hers, "spotify__recently_played", json!({})).await, Err(ToolError::NotConnected)));
    assert!(!jonas.get_json("/api/connections/overview").await.text().contains(&hers.to_string()));
    assert_eq!(Browser::new(&app).post_json(&address, &json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(count(&app, "connections").await, 1);
    let ended = mira.post_json(&address, &json!({})).await;
    assert_eq!((ended.status, ended.value()["verdict"].as_str()), (StatusCode::OK, Some("unsupported")));
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn disconnecting_revokes_the_refresh_token_first(db: PgPool) {
    let vendor = Vendor::start().await;
    let revoke = "/api.linear.app/oauth/revoke";
    vendor.answers("POST", revoke, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "linear", "access", Some("refresh"), None).await;
    let ended = app.state().integrations.disconnect(user, connection, Readings::Keep).await.unwrap();
    assert_eq!((ended.verdict, ended.provider.as_str()), (Verdict::Revoked, "linear"));
    let sent: Vec<_> = vendor.asked(revoke).await.iter().map(fields).collect();
    let tokens: Vec<(&str, &str)> =
        sent.iter().map(|sent| (sent["token"].as_str(), sent["token_type_hint"].as_str())).collect();
    assert_eq!(tokens, [("refresh", "refresh_token"), ("access", "access_token")]);
    assert_eq!(sent[0]["client_id"], "client-of-linear");
}

#[sqlx::test]
async fn each_service_gets_access_back_in_its_own_way(db: PgPool) {
    let vendor = Vendor::start().await;
    let grant = "/api.github.com/applications/client-of-github/grant";
    vendor.answers("DELETE", grant, ResponseTemplate::new(204)).await;
    let slack = "/slack.com/api/auth.revoke";
    vendor
        .answers_times(1, "POST", slack, ResponseTemplate::new(200).set_body_json(json!({"ok": true, "revoked": true})))
        .await;
    vendor.json("POST", slack, json!({"ok": false, "error": "invalid_auth"})).await;
    let google = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_token"}));
    vendor.answers("POST", "/oauth2.googleapis.com/revoke", google).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    for (provider, refresh) in [("github", None), ("slack", Some("r")), ("google-calendar", Some("r"))] {
        let connection = connect(&app, user, provider, "access", refresh, None).await;
        let ended = app.state().integrations.disconnect(user, connection, Readings::Keep).await.unwrap();
        assert_eq!(ended.verdict, Verdict::Revoked, "{provider}");
    }
    let body: Value = serde_json::from_slice(&vendor.asked(grant).await[0].body).unwrap();
    assert_eq!(body, json!({"access_token": "access"}));
    let tokens: Vec<String> = vendor.asked(slack).await.iter().map(|request| bearer(request).to_owned()).collect();
    assert_eq!(tokens, ["Bearer r", "Bearer access"]);
}

#[sqlx::test]
async fn cn_11_tokens_are_destroyed_whatever_the_service_says(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", "/api.linear.app/oauth/revoke", ResponseTemplate::new(503)).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let connection = connect(&app, user, "linear", "access", Some("refresh"), None).await;
    let ended = browser.post_form(&format!("/api/integrations/{connection}/disconnect"), &[]).await;
    assert_eq!(ended.location(), "/connections?disconnected=linear&verdict=failed");
    assert_eq!(count(&app, "connections").await, 0);
    let recorded: Vec<String> = sqlx::query_scalar("select kind from connection_events order by created_at, kind desc")
        .fetch_all(app.db())
        .await
        .unwrap();
    assert_eq!(recorded, ["disconnected", "access_not_returned"]);
}

#[sqlx::test]
async fn the_page_disconnects_without_a_script(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let connection = connect(&app, user_of(&app, "mira@example.com").await, "spotify", "a", None, None).await;
    let page = browser.get("/connections").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains(&connection.to_string()) && page.text().contains("Spotify"), "{}", page.text());
    let in_place = page.text().split("<template").next().unwrap();
    assert!(in_place.contains(&connection.to_string()), "the lists need no script to get into their place");
    let fields = [("connection", connection.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ended = browser.post_form("/api/connections/disconnect", &fields).await;
    assert_eq!(ended.location(), "/connections?disconnected=spotify&verdict=unsupported", "{}", ended.text());
    let told = browser.get("/connections?disconnected=spotify&verdict=unsupported").await;
    assert!(told.text().contains("offers no way to revoke"), "{}", told.text());
}

#[sqlx::test]
async fn cn_12_a_key_is_proved_before_it_is_stored(db: PgPool) {
    let vendor = Vendor::start().await;
    let scopes = "/api.sendgrid.com/v3/scopes";
    vendor.answers_times(1, "GET", scopes, ResponseTemplate::new(401).set_body_json(json!({"errors": []}))).await;
    vendor.answers_times(1, "GET", scopes, ResponseTemplate::new(500)).await;
    vendor.json("GET", scopes, json!({"scopes": ["stats.read"]})).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let add = |key: &str| {
        let typed = [("key".to_owned(), SecretString::from(key.to_owned()))].into();
        let integrations = app.state().integrations.clone();
        async move {
            let added = integrations.add_by_form(user, "sendgrid", &typed, Pasting::default()).await;
            added.map_err(|error| aura::error::AppError::from(error).code)
        }
    };
    for key in ["", "SG.", "xx.not-a-key", "SG.with blank in it"] {
        assert_eq!(add(key).await, Err("key_malformed".into()), "{key}");
    }
    assert!(vendor.asked(scopes).await.is_empty());
    assert_eq!(add("SG.canary-wrong").await, Err("key_refused".into()));
    assert_eq!(add("SG.canary-right").await, Err("service_away".into()));
    assert_eq!(count(&app, "connections").await, 0);
    let pasted = |key: &str| json!({"fields": {"key": key}});
    let added = browser.post_json("/api/integrations/sendgrid/key", &pasted(" SG.canary-right\n")).await;
    assert_eq!(
        (added.value()["service"].as_str(), added.value()["state"].as_str()),
        (Some("sendgrid"), Some("active"))
    );
    assert_eq!(bearer(&vendor.asked(scopes).await[2]), "Bearer SG.canary-right");
    assert!(!dump(&app).await.contains("canary-"));
    let wrong = browser.post_json("/api/integrations/sendgrid/key", &pasted("nonsense")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "key_malformed"));
    // A program does it by its token.
    let program = Program::new(&app, user).await;
    let by_program =
        program.send("POST", "/api/integrations/sendgrid/key", Some(&pasted("SG.canary-right"))).await.value();
    assert_eq!(by_program["id"], added.value()["id"], "{by_program}");
    let at_github = browser.post_json("/api/integrations/github/key", &pasted("SG.canary")).await;
    assert_eq!((at_github.status, at_github.code().as_str()), (StatusCode::BAD_REQUEST, "wrong_kind"));
}
