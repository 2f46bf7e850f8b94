//! Proving anew who one is, before what is sensitive.

use aura::{
    identity::session::{PROOF_LASTS, require_recent},
    kit::id::UserId,
};
use http::StatusCode;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{Browser, dump, mails_to, newest_mail, wait},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const NOBODY: &str = "0192f0c1-0000-7000-8000-000000000000";
/// Each sensitive act with fields that it takes.
const SENSITIVE: [(&str, &[(&str, &str)]); 5] = [
    ("end-device", &[("id", NOBODY)]),
    ("end-other-devices", &[]),
    ("start-email-change", &[("email", "new@example.com")]),
    ("unlink", &[("id", NOBODY)]),
    ("answer-link", &[("yes", "true")]),
];

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    browser.sign_in(app, MIRA).await;
    browser
}

/// What no refused act may change.
async fn untouched(app: &TestApp) -> Vec<String> {
    let dump = dump(app).await;
    let tables = ["user_emails", "sign_in_ceremonies", "mails", "identities", "audit_events"];
    let rows = tables.map(|table| dump.lines().find(|line| line.starts_with(&format!("public.{table}:"))).unwrap());
    let living: String = sqlx::query_scalar(
        "select string_agg(id::text || secret_hash, ' ' order by id) from sessions where ended_at is null",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    rows.into_iter().map(str::to_owned).chain([living]).collect()
}

/// Asks for a code, and types it.
async fn confirm(app: &TestApp, browser: &mut Browser, next: &str) -> crate::browser::Answer {
    let sent = browser.form_from("/settings/confirm", "send-proof", &[("next", next)]).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.text());
    let code = newest_mail(app, MIRA).await.code();
    browser.form_from("/settings/confirm", "prove-code", &[("code", &code)]).await
}

#[sqlx::test]
async fn se_11_without_a_recent_proof_nothing_sensitive_is_done(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    // A second one, so that there is something to end.
    wait(&app, Duration::seconds(20));
    let mut other = signed_in(&app).await;
    wait(&app, PROOF_LASTS);
    browser.viewer().await.unwrap();
    for (verb, fields) in SENSITIVE {
        wait(&app, Duration::seconds(20));
        let before = untouched(&app).await;
        let refused = browser.form_from("/settings/security", verb, fields).await;
        assert_eq!(refused.status, StatusCode::FOUND, "{verb}");
        assert_eq!(refused.location(), "/settings/confirm?next=/settings/security", "{verb}");
        let refused = browser.json(verb, fields).await;
        assert_eq!(refused.location(), "/settings/confirm?next=/settings/security", "{verb}");
        if !["unlink", "answer-link"].contains(&verb) {
            assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "prove_first".into()), "{verb}");
        }
        assert_eq!(untouched(&app).await, before, "{verb} changed something");
    }
    assert!(other.viewer().await.is_some());

    let done = confirm(&app, &mut browser, "/settings/security").await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/settings/security"), "{}", done.text());
    assert_eq!(browser.form("end-other-devices", &[]).await.location(), "/settings/security");
    assert!(other.viewer().await.is_none());
}

#[sqlx::test]
async fn a_proof_holds_for_ten_minutes(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    wait(&app, PROOF_LASTS - Duration::milliseconds(1));
    assert_eq!(browser.json("end-other-devices", &[]).await.status, StatusCode::OK);
    wait(&app, Duration::milliseconds(1));
    assert_eq!(browser.json("end-other-devices", &[]).await.code(), "prove_first");
    // Using the session is no proof.
    browser.get("/settings/security").await;
    assert_eq!(browser.json("end-other-devices", &[]).await.code(), "prove_first");
}

#[sqlx::test]
async fn se_12_a_proof_gives_the_session_a_new_secret(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    let mut copy = browser.clone();
    wait(&app, Duration::minutes(30));
    let page = browser.get("/settings/confirm?next=/connections").await;
    assert!(page.text().contains("Send a code to m••a@example.com"), "{}", page.text());
    let done = confirm(&app, &mut browser, "/connections").await;
    assert_eq!(done.location(), "/connections");
    assert!(browser.viewer().await.is_some());
    assert!(copy.viewer().await.is_none(), "who has the old secret is out");
    let sessions: i64 =
        sqlx::query_scalar("select count(*) from sessions where ended_at is null").fetch_one(app.db()).await.unwrap();
    assert_eq!(sessions, 1, "it is the same session");
}

#[sqlx::test]
async fn the_code_belongs_to_one_session_and_to_this_purpose(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut here = signed_in(&app).await;
    wait(&app, Duration::seconds(40));
    let mut there = signed_in(&app).await;
    wait(&app, Duration::minutes(30));
    here.form_from("/settings/confirm", "send-proof", &[("next", "")]).await;
    let code = newest_mail(&app, MIRA).await.code();
    // Neither in another session of the same person, nor as a code to sign in with, nor for another act.
    assert_eq!(there.json("prove-code", &[("code", &code)]).await.code(), "code_not_asked");
    assert_eq!(here.json("finish-email-change", &[("code", &code)]).await.code(), "code_not_asked");
    assert_eq!(here.json("verify-code", &[("code", &code)]).await.code(), "sign_in_not_begun");
    let page = here.get("/settings/confirm").await;
    assert!(page.text().contains("Six-digit code"), "{}", page.text());
    assert_eq!(here.form("prove-code", &[("code", &code)]).await.location(), "/settings/security");
    let again = here.json("prove-code", &[("code", &code)]).await;
    assert_eq!((again.status, again.code()), (StatusCode::GONE, "code_used".into()));
}

#[sqlx::test]
async fn five_wrong_codes_are_the_end_and_ten_minutes_too(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    wait(&app, Duration::minutes(30));
    browser.form_from("/settings/confirm", "send-proof", &[("next", "")]).await;
    let right = newest_mail(&app, MIRA).await.code();
    assert_eq!(browser.json("send-proof", &[]).await.code(), "resend_too_early");
    wait(&app, Duration::minutes(10));
    assert_eq!(browser.json("prove-code", &[("code", &right)]).await.code(), "code_expired");

    browser.form_from("/settings/confirm", "send-proof", &[("next", "https://evil.example")]).await;
    let right = newest_mail(&app, MIRA).await.code();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    wait(&app, Duration::minutes(1));
    for expected in ["code_wrong", "code_wrong", "code_wrong", "code_wrong", "code_dead", "too_many_requests"] {
        assert_eq!(browser.json("prove-code", &[("code", wrong)]).await.code(), expected);
    }
    wait(&app, Duration::minutes(1));
    assert_eq!(browser.json("prove-code", &[("code", &right)]).await.code(), "code_dead");
    assert_eq!(browser.json("end-other-devices", &[]).await.code(), "prove_first");
}

#[sqlx::test]
async fn nobody_is_led_elsewhere_by_a_proof(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    wait(&app, Duration::minutes(30));
    for wish in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        wait(&app, Duration::minutes(2));
        let done = confirm(&app, &mut browser, wish).await;
        assert_eq!(done.location(), "/chat", "{wish}");
        let page = browser.get(&format!("/settings/confirm?next={wish}")).await;
        assert!(!page.text().contains("href=\"https://evil") && !page.text().contains("href=\"//evil"), "{wish}");
    }
}

#[sqlx::test]
async fn without_an_address_another_way_proves(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    let user: UserId = sqlx::query_scalar("select id from users").fetch_one(app.db()).await.unwrap();
    sqlx::query("delete from user_emails").execute(app.db()).await.unwrap();
    sqlx::query(
        "insert into identities (id, user_id, provider, issuer, subject, label, created_at, last_used_at)
         values ($1, $1, 'github', 'https://github.com', '1', 'mira', $2, $2)",
    )
    .bind(Uuid::from(user))
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
    wait(&app, Duration::minutes(30));
    let before = mails_to(&app, MIRA).await;
    let page = browser.get("/settings/confirm?next=/connections").await;
    assert!(page.text().contains("/api/auth/prove/github?next=/connections"), "{}", page.text());
    assert!(page.text().contains("Confirm with GitHub") && !page.text().contains("Send a code"), "{}", page.text());
    assert_eq!(browser.json("send-proof", &[]).await.code(), "no_address");
    assert_eq!(mails_to(&app, MIRA).await, before);
    assert_eq!(browser.get("/settings/security").await.status, StatusCode::OK);
}

#[sqlx::test]
async fn the_gate_counts_from_the_last_proof(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = signed_in(&app).await;
    wait(&app, Duration::hours(1));
    confirm(&app, &mut browser, "").await;
    let secret = browser.cookie("__Host-aura").unwrap();
    let secret = aura_secret(&secret);
    let session = app.identity().session_by_secret(&secret).await.unwrap().unwrap();
    let proved = session.proved_at;
    assert_eq!(proved, app.clock().now());
    assert!(session.signed_in_at < proved);
    assert!(require_recent(&session, proved + PROOF_LASTS - Duration::microseconds(1)).is_ok());
    assert_eq!(require_recent(&session, proved + PROOF_LASTS).unwrap_err().code, "prove_first");
}

fn aura_secret(cookie: &str) -> zeroize::Zeroizing<[u8; 32]> {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    zeroize::Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(cookie).unwrap().try_into().unwrap())
}
