//! Sessions: their cookie, their end.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, newest_mail, wait},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";

#[sqlx::test]
async fn se_01_the_cookie_is_out_of_reach(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let started = browser.start(MIRA, "").await;
    let done = browser.form("verify-code", &[("code", &newest_mail(&app, MIRA).await.code())]).await;
    for (cookie, lasts) in
        [(started.set_cookie("__Host-aura-signin"), "Max-Age=600"), (done.set_cookie("__Host-aura"), "Max-Age=7776000")]
    {
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", lasts] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
        }
        assert!(!cookie.contains("Domain") && cookie.len() < 4_096, "{cookie}");
    }
    assert!(done.set_cookie("__Host-aura-signin").contains("Max-Age=0"));
    assert_eq!(browser.cookie("__Host-aura").unwrap().len(), 43, "32 bytes");
}

#[sqlx::test]
async fn se_03_signing_out_ends_this_session_only(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.sign_in(&app, MIRA).await;
    there.sign_in(&app, MIRA).await;
    let kept = here.clone();
    let out = here.form("sign-out", &[]).await;
    assert_eq!((out.status, out.location()), (StatusCode::FOUND, "/signin"));
    assert!(out.header("clear-site-data").contains("storage"));
    assert!(out.set_cookie("__Host-aura").contains("Max-Age=0"));
    assert!(here.viewer().await.is_none());
    let mut kept = kept;
    assert!(kept.viewer().await.is_none(), "the cookie of an ended session is worth nothing");
    assert!(there.viewer().await.is_some());
}

#[sqlx::test]
async fn se_02_signing_out_everywhere_reaches_other_processes_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let other_process = app.second_process().await;
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&other_process));
    here.sign_in(&app, MIRA).await;
    there.sign_in(&other_process, MIRA).await;
    let mut stranger = Browser::new(&app);
    stranger.sign_in(&app, "other@example.com").await;
    assert!(there.viewer().await.is_some());
    here.form("sign-out-everywhere", &[]).await;
    assert!(there.viewer().await.is_none());
    assert!(here.viewer().await.is_none());
    assert!(stranger.viewer().await.is_some());
    let ends: i64 = sqlx::query_scalar("select count(*) from audit_events where kind = 'signed_out_everywhere'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(ends, 1);
}

#[sqlx::test]
async fn a_session_survives_a_restart_and_dies_with_its_row(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let restarted = app.second_process().await;
    let mut same = browser.at(&restarted);
    assert!(same.viewer().await.is_some());
    sqlx::query("delete from sessions").execute(app.db()).await.unwrap();
    assert!(same.viewer().await.is_none());
}

#[sqlx::test]
async fn signing_in_again_ends_the_old_session_of_the_browser(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let mut old = browser.clone();
    browser.sign_in(&app, MIRA).await;
    assert_ne!(old.cookie("__Host-aura"), browser.cookie("__Host-aura"));
    assert!(old.viewer().await.is_none());
    assert!(browser.viewer().await.is_some());
}

#[sqlx::test]
async fn se_04_unused_sessions_end_after_a_fortnight_and_all_after_ninety_days(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut unused, mut used) = (Browser::new(&app), Browser::new(&app));
    unused.sign_in(&app, MIRA).await;
    used.sign_in(&app, MIRA).await;
    for _ in 0..6 {
        wait(&app, Duration::days(13));
        assert!(used.viewer().await.is_some());
    }
    assert!(unused.viewer().await.is_none());
    wait(&app, Duration::days(12));
    assert!(used.viewer().await.is_none(), "ninety days are the end");
}

#[sqlx::test]
async fn use_is_noted_at_most_once_a_minute(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let noted = || async {
        sqlx::query_scalar::<_, time::OffsetDateTime>("select last_used_at from sessions")
            .fetch_one(app.db())
            .await
            .unwrap()
    };
    let first = noted().await;
    wait(&app, Duration::seconds(59));
    browser.viewer().await;
    assert_eq!(noted().await, first);
    wait(&app, Duration::seconds(1));
    browser.viewer().await;
    assert_eq!(noted().await, first + Duration::minutes(1));
}

#[sqlx::test]
async fn sweeping_removes_what_is_of_no_use(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let count = || async {
        let ceremonies: i64 =
            sqlx::query_scalar("select count(*) from sign_in_ceremonies").fetch_one(app.db()).await.unwrap();
        let sessions: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(app.db()).await.unwrap();
        (ceremonies, sessions)
    };
    app.identity().purge().await.unwrap();
    assert_eq!(count().await, (1, 1));
    wait(&app, Duration::hours(2));
    app.identity().purge().await.unwrap();
    assert_eq!(count().await, (0, 1));
    browser.form("sign-out", &[]).await;
    wait(&app, Duration::days(31));
    app.identity().purge().await.unwrap();
    assert_eq!(count().await, (0, 0));
}
