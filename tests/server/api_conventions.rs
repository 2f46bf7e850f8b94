//! What holds for all routes of the JSON API.

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use tower::ServiceExt as _;

use crate::{
    browser::wait,
    program::Program,
    support::{Logs, TestApp},
    vendor::person,
};

/// Every member in its place, and none of them named.
const ARRAY_FOR_A_DEVICE: &str =
    r#"{"email":"mira@example.com","password":"something","device":[null,"a phone","ios",null]}"#;
const ARRAY_FOR_ALL: &str = r#"["mira@example.com","something",{"name":"a phone","platform":"ios"}]"#;
const WRONG_PASSWORD: &str =
    r#"{"email":"mira@example.com","password":"something","device":{"name":"a phone","platform":"ios"}}"#;
const SPENT_TOKEN: &str = r#"{"refresh_token":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
/// What is sent, with the status and the code that it is refused with.
type Refused<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);
/// What came back: the status, the head, and the body as JSON where it is.
type Told = (StatusCode, HeaderMap, Value);

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = app.router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn bearer(program: &Program) -> String {
    format!("Bearer {}", program.access)
}

#[sqlx::test]
async fn ap_01_pages_of_one_origin_may_use_the_api_and_no_other_is_named_back(db: PgPool) {
    let (logs, _listening) = Logs::listen();
    let app = TestApp::with(db, &[("FRONTEND_URL", "https://app.example.com")]).await;
    let program = Program::new(&app, person(&app).await).await;
    let token = bearer(&program);
    let preflight = [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
    let ours = "https://app.example.com";
    for (origin, allowed) in [
        (ours, true),
        ("https://app.example.com.evil.example", false),
        ("https://evil.example", false),
        ("http://app.example.com", false),
        ("https://app.example.com:8443", false),
        ("null", false),
    ] {
        let with_origin = [("origin", origin), preflight[0], preflight[1]];
        let (_, before, _) = send(&app, "OPTIONS", "/api/v1/api-keys", &with_origin, "").await;
        let (status, during, _) =
            send(&app, "GET", "/api/v1/sessions", &[("origin", origin), ("authorization", &token)], "").await;
        assert_eq!(status, StatusCode::OK);
        for headers in [&before, &during] {
            let named = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap());
            assert_eq!(named, allowed.then_some(ours), "{origin}");
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
            let varies: Vec<_> = headers.get_all(header::VARY).iter().map(|vary| vary.to_str().unwrap()).collect();
            assert!(varies.join(",").to_lowercase().contains("origin"), "{varies:?}");
        }
        assert_eq!(logs.text().contains(&format!("\"origin\":\"{origin}\"")), !allowed, "{origin}");
    }
    assert!(logs.text().contains("https://app.example.com"), "the allowed list is told");
}

#[sqlx::test]
async fn ap_02_an_answer_that_has_not_changed_is_not_sent_again(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let token = bearer(&program);
    let path = "/api/v1/devices";
    let (_, head, _) = send(&app, "GET", path, &[("authorization", &token)], "").await;
    let tag = head[header::ETAG].to_str().unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let asked = [("authorization", token.as_str()), ("if-none-match", known.as_str())];
        let (status, head, body) = send(&app, "GET", path, &asked, "").await;
        assert_eq!((status, body), (StatusCode::NOT_MODIFIED, Value::Null), "{known}");
        assert_eq!(head[header::ETAG].to_str().unwrap(), tag);
    }
    let asked = [("authorization", token.as_str()), ("if-none-match", "\"other\"")];
    assert_eq!(send(&app, "GET", path, &asked, "").await.0, StatusCode::OK);
    let stranger = Program::new(&app, person(&app).await).await;
    let (_, head, _) = send(&app, "GET", path, &[("authorization", &bearer(&stranger))], "").await;
    assert_ne!(head[header::ETAG].to_str().unwrap(), tag);
}

#[sqlx::test]
async fn ap_03_a_post_with_an_idempotency_key_is_done_once(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let second = app.second_process().await;
    let program = Program::new(&app, person(&app).await).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let body = json!({ "name": "backup", "scopes": ["files:read"] }).to_string();
    let post = |app: &TestApp, who: &Program, key: &str, body: &str| {
        let (router, token, key, body) = (app.router(), bearer(who), key.to_owned(), body.to_owned());
        async move {
            let request = Request::post("/api/v1/api-keys")
                .header(header::HOST, "localhost:3000")
                .header(header::AUTHORIZATION, token)
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", key)
                .body(Body::from(body))
                .unwrap();
            let answer = router.oneshot(request).await.unwrap();
            let replayed = answer.headers().contains_key("idempotent-replayed");
            let status = answer.status();
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            (status, replayed, serde_json::from_slice::<Value>(&bytes).unwrap_or_default())
        }
    };
    let (status, replayed, first) = post(&app, &program, "one", &body).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, false));
    for app in [&app, &second] {
        let (status, replayed, again) = post(app, &program, "one", &body).await;
        assert_eq!((status, replayed, &again), (StatusCode::CREATED, true, &first));
    }
    let other = json!({ "name": "other", "scopes": ["files:read"] }).to_string();
    let (status, _, said) = post(&app, &program, "one", &other).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused")));
    // Another person's key of the same name is another key.
    let (status, replayed, theirs) = post(&app, &stranger, "one", &body).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, false));
    assert_ne!(theirs["key"], first["key"]);
    // A refusal is given again as well.
    let wrong = json!({ "name": "", "scopes": ["files:read"] }).to_string();
    for again in [false, true] {
        let (status, replayed, said) = post(&app, &program, "wrong", &wrong).await;
        assert_eq!((status, replayed), (StatusCode::UNPROCESSABLE_ENTITY, again));
        assert_eq!(said["code"], json!("name_invalid"));
    }
    // Many at once, over two processes: one is done.
    let many = futures::future::join_all(
        (0..20).map(|n| post(if n % 2 == 0 { &app } else { &second }, &program, "many", &body)),
    )
    .await;
    let made = many.iter().filter(|(status, replayed, _)| *status == StatusCode::CREATED && !replayed).count();
    assert_eq!(made, 1);
    assert!(many.iter().all(|(status, ..)| matches!(status.as_u16(), 201 | 409)), "{many:?}");
    let keys = program.get("/api/v1/api-keys?limit=100").await.value()["items"].as_array().unwrap().len();
    assert_eq!(keys, 2);
    for key in ["", "a b", &"k".repeat(256)] {
        let (status, _, said) = post(&app, &program, key, &body).await;
        assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_idempotency_key")), "{key}");
    }
}

#[sqlx::test]
async fn ap_04_work_that_was_cut_off_is_not_repeated_silently(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let token = bearer(&program);
    let body = json!({ "name": "backup", "scopes": ["files:read"] }).to_string();
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("idempotency-key", "cut-off")];
    assert_eq!(send(&app, "POST", "/api/v1/api-keys", &headers, &body).await.0, StatusCode::CREATED);
    // As if the process had died before it wrote down its answer.
    sqlx::query("update idempotency_keys set sealed_answer = null").execute(app.db()).await.unwrap();
    let (status, head, said) = send(&app, "POST", "/api/v1/api-keys", &headers, &body).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("idempotency_running")));
    assert_eq!(head[header::RETRY_AFTER], "1");
    wait(&app, Duration::minutes(3));
    let (status, _, said) = send(&app, "POST", "/api/v1/api-keys", &headers, &body).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("idempotency_unknown")));
    wait(&app, Duration::days(1));
    assert!(app.state().idempotency.purge().await.unwrap() >= 1);
}

#[sqlx::test]
async fn ap_05_every_refusal_is_a_problem_with_a_code_and_a_request_id(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let token = bearer(&program);
    let json_type = ("content-type", "application/json");
    let auth = ("authorization", token.as_str());
    let page = ("accept", "text/html");
    let cases: &[Refused<'_>] = &[
        ("GET", "/api/v1/devices", &[page], "", 401, "unauthenticated"),
        ("GET", "/api/v1/devices", &[("authorization", "Bearer x"), page], "", 401, "token_invalid"),
        ("GET", "/api/v1/nothing-here", &[auth, page], "", 404, "not_found"),
        ("GET", "/api/v1/devices/not-an-id", &[auth, page], "", 404, "not_found"),
        ("PUT", "/api/v1/devices", &[auth, page], "", 405, "method_not_allowed"),
        ("POST", "/api/v1/devices", &[auth, json_type, page], "{", 400, "not_json"),
        ("POST", "/api/v1/devices", &[auth, json_type, page], "[]", 422, "invalid_body"),
        ("POST", "/api/v1/tokens", &[json_type, page], ARRAY_FOR_A_DEVICE, 422, "invalid_body"),
        ("POST", "/api/v1/tokens", &[json_type, page], ARRAY_FOR_ALL, 422, "invalid_body"),
        ("POST", "/api/v1/tokens", &[json_type, page], WRONG_PASSWORD, 401, "wrong_credentials"),
        ("POST", "/api/v1/tokens/refresh", &[json_type, page], SPENT_TOKEN, 401, "refresh_invalid"),
        ("POST", "/api/v1/devices", &[auth, page, ("content-type", "text/plain")], "{}", 415, "unsupported_media_type"),
        ("GET", "/api/v1/devices?limit=0", &[auth], "", 422, "invalid_limit"),
        ("GET", "/api/v1/devices?limit=many", &[auth], "", 422, "invalid_query"),
        ("GET", "/api/v1/devices?cursor=%00", &[auth], "", 422, "invalid_cursor"),
        ("GET", "/api/v1/devices?other=1", &[auth], "", 422, "invalid_query"),
    ];
    for (method, path, headers, body, status, code) in cases {
        let (told, head, said) = send(&app, method, path, headers, body).await;
        let case = format!("{method} {path}: {said}");
        assert_eq!((told.as_u16(), &said["code"]), (*status, &json!(code)), "{case}");
        assert_eq!(head[header::CONTENT_TYPE], "application/problem+json", "{case}");
        assert_eq!((&said["type"], &said["status"]), (&json!("about:blank"), &json!(status)), "{case}");
        assert_eq!(said["request_id"].as_str(), head["x-request-id"].to_str().ok(), "{case}");
        assert!(said["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{case}");
        assert_eq!(head.contains_key(header::WWW_AUTHENTICATE), *status == 401, "{case}");
        assert_eq!(head.contains_key(header::ALLOW), *status == 405, "{case}");
    }
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(2 * 1024 * 1024));
    let (told, _, said) = send(&app, "POST", "/api/v1/devices", &[auth, json_type, page], &large).await;
    assert_eq!((told, &said["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
}
