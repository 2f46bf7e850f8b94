//! Keys that people give to programs.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{dump, mails_to, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::person,
};

/// Makes a key with these scopes: what was answered.
async fn make(program: &Program, scopes: &[&str]) -> Value {
    let answer = program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "backup", "scopes": scopes }))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.value()
}

fn key(made: &Value) -> &str {
    made["key"].as_str().unwrap()
}

#[sqlx::test]
async fn ak_01_a_key_is_shown_once_and_stands_nowhere_in_clear(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let made = make(&program, &["files:read", "profile:read", "files:read"]).await;
    let shown = key(&made).to_owned();
    assert!(shown.starts_with("aura_") && shown.len() == 54, "{shown}");
    assert_eq!(made["api_key"]["scopes"], json!(["profile:read", "files:read"]));
    assert_eq!(made["api_key"]["prefix"], json!(shown[..11]));
    let listed = program.get("/api/v1/api-keys").await;
    assert_eq!(listed.value()["items"], json!([made["api_key"]]));
    let written = dump(&app).await;
    assert!(!listed.text().contains(&shown) && !written.contains(&shown[11..]));
    // Bytes are written out as digits.
    assert!(!written.contains(&hex::encode(&shown[20..30])), "a key stands in the database");
}

#[sqlx::test]
async fn ak_02_a_key_acts_within_its_scopes_and_never_as_a_signed_in_person(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let made = make(&program, &["files:read"]).await;
    let with_key = program.showing(key(&made));
    for (method, path, body) in [
        ("GET", "/api/v1/sessions", None),
        ("DELETE", "/api/v1/sessions", None),
        ("GET", "/api/v1/devices", None),
        ("GET", "/api/v1/api-keys", None),
        ("POST", "/api/v1/api-keys", Some(json!({ "name": "more", "scopes": ["files:write"] }))),
    ] {
        let answer = with_key.send(method, path, body.as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "session_required"),
            "{method} {path}"
        );
    }
    assert!(program.is_signed_in().await);

    // What a scope allows, and nothing beside it.
    let profile = "/api/v1/users/me";
    let name = json!({ "display_name": "Mira" });
    for (scope, reads, writes) in [("files:read", 403, 403), ("profile:read", 200, 403), ("profile:write", 403, 200)] {
        let with_key = program.showing(key(&make(&program, &[scope]).await));
        let read = with_key.get(profile).await;
        let written = with_key.send("PATCH", profile, Some(&name)).await;
        assert_eq!((read.status.as_u16(), written.status.as_u16()), (reads, writes), "{scope}");
        for refused in [read, written].into_iter().filter(|answer| answer.status == StatusCode::FORBIDDEN) {
            assert_eq!(refused.code(), "scope_missing", "{scope}");
        }
    }
}

#[sqlx::test]
async fn ak_03_a_revoked_expired_or_foreign_key_opens_nothing_in_any_process(db: PgPool) {
    let app = TestApp::new(db).await;
    let second = app.second_process().await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let asks = |shown: String| {
        let (here, there) = (program.showing(&shown), program.at(&second).showing(&shown));
        async move {
            let (here, there) = (here.get("/api/v1/sessions").await, there.get("/api/v1/sessions").await);
            assert_eq!((here.status, here.code()), (there.status, there.code()));
            here.code()
        }
    };
    let made = make(&program, &["files:read"]).await;
    let place = format!("/api/v1/api-keys/{}", made["api_key"]["id"].as_str().unwrap());
    assert_eq!(asks(key(&made).to_owned()).await, "session_required");
    assert_eq!(stranger.delete(&place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(asks(key(&made).to_owned()).await, "session_required");
    assert_eq!(program.delete(&place).await.status, StatusCode::NO_CONTENT);
    assert_eq!(asks(key(&made).to_owned()).await, "key_invalid");
    assert_eq!(program.delete(&place).await.status, StatusCode::NOT_FOUND);

    let soon = json!({ "name": "short", "scopes": ["files:read"], "expires_at": "2026-03-12T12:30:00Z" });
    let short = program.send("POST", "/api/v1/api-keys", Some(&soon)).await.value();
    assert_eq!(asks(key(&short).to_owned()).await, "session_required");
    wait(&app, Duration::minutes(31));
    assert_eq!(asks(key(&short).to_owned()).await, "key_invalid");

    // Nor is it of use while its person leaves, until they are back.
    let fresh = Program::new(&app, user).await;
    let lasting = make(&fresh, &["files:read"]).await;
    assert_eq!(fresh.delete("/api/v1/users/me").await.status, StatusCode::ACCEPTED);
    assert_eq!(asks(key(&lasting).to_owned()).await, "key_invalid");
    Program::new(&app, user).await;
    assert_eq!(asks(key(&lasting).to_owned()).await, "session_required");
    sqlx::query("update users set status = 'suspended' where id = $1")
        .bind(uuid::Uuid::from(user))
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(asks(key(&lasting).to_owned()).await, "key_invalid");
    for other in ["aura_", "aura_0000000000000000000000000000000000000000000000000", "aura_x y"] {
        assert_eq!(asks(other.to_owned()).await, "key_invalid", "{other}");
    }
}

#[sqlx::test]
async fn ak_04_making_one_needs_a_recent_proof_and_is_told_by_letter(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, "mira@example.com").await;
    let program = Program::new(&app, user).await;
    let before = mails_to(&app, "mira@example.com").await;
    make(&program, &["files:read"]).await;
    assert_eq!(mails_to(&app, "mira@example.com").await, before + 1);
    wait(&app, Duration::minutes(11));
    let late = program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "x", "scopes": ["files:read"] }))).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::FORBIDDEN, "prove_first"));
}

#[sqlx::test]
async fn ak_05_what_does_not_fit_makes_no_key_and_twenty_work_at_most(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let program = Program::new(&app, person(&app).await).await;
    let scopes = json!(["files:read"]);
    for (body, code) in [
        (json!({ "name": "", "scopes": scopes }), "name_invalid"),
        (json!({ "name": "a\u{0}b", "scopes": scopes }), "name_invalid"),
        (json!({ "name": "a".repeat(101), "scopes": scopes }), "name_invalid"),
        (json!({ "name": "a", "scopes": [] }), "scope_missing"),
        (json!({ "name": "a", "scopes": ["everything"] }), "scope_unknown"),
        (json!({ "name": "a", "scopes": scopes, "expires_at": "2026-03-12T11:00:00Z" }), "expiry_invalid"),
        (json!({ "name": "a", "scopes": scopes, "expires_at": "2036-03-12T11:00:00Z" }), "expiry_invalid"),
        (json!({ "name": "a", "scopes": scopes, "role": "admin" }), "invalid_body"),
        (json!({ "name": "a" }), "invalid_body"),
    ] {
        let answer = program.send("POST", "/api/v1/api-keys", Some(&body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{body}");
    }
    let many = futures::future::join_all((0..25).map(|_| async {
        program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "a", "scopes": ["files:read"] }))).await.status
    }))
    .await;
    assert_eq!(many.iter().filter(|status| **status == StatusCode::CREATED).count(), 20);
    assert_eq!(many.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 5);
}
