//! The guards around every request, health, and what the log says.

use std::time::{Duration, Instant};

use aura::platform::config::{Settings, Variables};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::Value;
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{
    browser::{Browser, mails_to, newest_mail},
    support::{Logs, TestApp, token_keys},
};

#[sqlx::test]
async fn every_kind_of_page_carries_its_headers(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    for (path, own_scripts) in [
        ("/", false),
        ("/pricing", false),
        ("/integrations", false),
        ("/nowhere", false),
        ("/chat", true),
        ("/connections", true),
    ] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert_eq!(policy.contains("'nonce-"), own_scripts, "{path}: {policy}");
        assert_eq!(policy.contains("'wasm-unsafe-eval'"), own_scripts, "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(!page.header("permissions-policy").is_empty() && !page.header("x-request-id").is_empty(), "{path}");
        let html = page.text();
        assert!(!html.contains("style=\""), "{path} carries an inline style");
        if own_scripts {
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
            let inline: Vec<_> = html.split("<script").skip(1).filter(|tag| !tag.starts_with(" src=\"/")).collect();
            let noncing = format!(" nonce=\"{nonce}\"");
            assert!(!inline.is_empty(), "{path}: {html}");
            for script in inline {
                let (attributes, _) = script.split_once('>').unwrap();
                assert!(attributes.contains(&noncing), "{path}: {attributes}");
            }
            assert!(!browser.get(path).await.header("content-security-policy").contains(nonce), "a nonce came twice");
        } else {
            assert!(!html.contains("<script"), "{path}");
        }
    }
}

#[sqlx::test]
async fn outside_development_browsers_are_told_to_stay_on_https(db: PgPool) {
    let changes = [
        ("AURA_ENV", "production"),
        ("AUTH_URL", "https://aura.example.com"),
        ("HOST_OVERRIDES", ""),
        ("SMTP_HOST", "smtp.example.com"),
        ("FROM_EMAIL", "hello@example.com"),
    ];
    let app = TestApp::with(db, &changes).await;
    let page = Browser::new(&app).get("/").await;
    assert!(page.header("strict-transport-security").contains("max-age="));
    assert!(!Browser::new(&app).get("/signin").await.header("content-security-policy").contains("ws:"));
}

#[sqlx::test]
async fn op_09_a_post_from_another_site_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let mut request = Request::post("/api/identity/start-sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("host", "localhost:3000")
            .header(name, value);
        if name == "origin" {
            // A browser without Sec-Fetch-Site.
            request = request.header("accept", "application/json");
        }
        let request = request.body(Body::from("email=mira%40example.com&next=&time_zone=")).unwrap();
        let response = app.router().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let refusal: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, refusal["code"].as_str()), (StatusCode::FORBIDDEN, Some("cross_site")), "{name}: {value}");
    }
    assert_eq!(mails_to(&app, "mira@example.com").await, 0);
}

#[sqlx::test]
async fn too_much_is_refused_the_same_way_everywhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let form = browser.json("start-sign-in", &[("email", &"a".repeat(70_000))]).await;
    assert_eq!((form.status, form.code()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large".into()));
    let body = serde_json::json!({ "text": "a".repeat(1_100_000) });
    let json = browser.post_json("/api/chat/decide", &body).await;
    assert_eq!((json.status, json.code()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large".into()));
}

#[sqlx::test]
async fn what_is_not_there_is_told_as_the_asker_reads(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains(page.header("x-request-id")), "the page names the request");
    let json = browser.get_json("/api/nowhere").await;
    assert_eq!((json.status, json.code()), (StatusCode::NOT_FOUND, "not_found".into()));
    assert_eq!(json.header("content-type"), "application/problem+json");
    assert_eq!(json.value()["request_id"], Value::from(json.header("x-request-id")));
    let method = browser.post_form("/pricing", &[]).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.text().contains("does not take requests of this kind"));
}

#[sqlx::test]
async fn health_tells_life_from_readiness(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get_json("/healthz").await.status, StatusCode::OK);
    assert_eq!(browser.get_json("/readyz").await.status, StatusCode::OK);
    sqlx::query("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)")
        .execute(app.db())
        .await
        .unwrap();
    let behind = browser.get_json("/readyz").await;
    assert_eq!(behind.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(behind.text().contains("aura migrate"));
}

#[sqlx::test]
async fn op_07_without_the_database_everything_is_answered_soon(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    app.db().close().await;
    let start = Instant::now();
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    for path in ["/readyz", "/chat", "/connections"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.text());
        assert!(answer.text().contains("</html>"), "{path}");
    }
    assert!(start.elapsed() < Duration::from_secs(20), "something waits for the database");
}

#[sqlx::test]
async fn op_08_log_lines_hold_no_secret(db: PgPool) {
    let (logs, _guard) = Logs::listen();
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start("mira@example.com", "").await;
    let mail = newest_mail(&app, "mira@example.com").await;
    browser.get(&mail.link()).await;
    browser.form("verify-code", &[("code", &mail.code())]).await;
    browser.get("/connections").await;
    let text = logs.text();
    for secret in [mail.token(), browser.cookie("__Host-aura").unwrap()] {
        assert!(!text.contains(&secret), "a secret is in the log");
    }
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert!(
        requests.iter().any(|line| line["path"] == "/verify-email" && line["status"] == 200 && line["method"] == "GET")
    );
    assert!(
        requests
            .iter()
            .any(|line| line["path"] == "/connections" && line["user"].is_string() && line["request_id"].is_string())
    );
    assert!(requests.iter().all(|line| line["path"].as_str().is_some_and(|path| !path.contains('?'))));
}

#[sqlx::test]
async fn op_04_each_optional_service_may_be_off(db: PgPool) {
    let all = [
        ("OPENAI_API_KEY", "sk-test"),
        ("MODEL_FALLBACKS", "another-model"),
        ("GITHUB_CLIENT_ID", "id"),
        ("GITHUB_CLIENT_SECRET", "secret"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    for absent in ["", "OPENAI_API_KEY", "MODEL_FALLBACKS", "GITHUB", "TRUSTED_PROXIES"] {
        let rest: Vec<_> = all.into_iter().filter(|(name, _)| absent.is_empty() || !name.starts_with(absent)).collect();
        let app = TestApp::with(db.clone(), &rest).await;
        let mut browser = Browser::new(&app);
        for path in ["/", "/integrations", "/signin", "/readyz"] {
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "without {absent}: {path}");
        }
    }
    let bare: Variables = [
        ("AURA_ENV", "development"),
        ("DATABASE_URL", "postgres://localhost/aura"),
        ("AUTH_SECRET", "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgc2VjcmV0IGF0IGFsbA"),
        ("AURA_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("JWT_PRIVATE_KEY_PATH", token_keys::pair().private.as_str()),
        ("JWT_PUBLIC_KEY_PATH", token_keys::pair().public.as_str()),
    ]
    .into_iter()
    .collect();
    assert!(Settings::load(&bare).unwrap().off().iter().any(|line| line.starts_with("off: answers by a model")));
}

#[sqlx::test]
async fn staging_says_so_on_every_page(db: PgPool) {
    let changes = [
        ("AURA_ENV", "staging"),
        ("AUTH_URL", "https://staging.example.com"),
        ("HOST_OVERRIDES", ""),
        ("SMTP_HOST", "smtp.example.com"),
        ("FROM_EMAIL", "hello@example.com"),
    ];
    let app = TestApp::with(db, &changes).await;
    let mut browser = Browser::new(&app);
    for path in ["/", "/signin", "/nowhere"] {
        assert!(browser.get(path).await.text().contains("class=\"staging\""), "{path}");
    }
}
