//! Warnings before a consent ends by itself.

use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{mails_to, newest_mail, wait},
    program::person_at,
    support::TestApp,
    vendor::{connect, count},
};

const MIRA: &str = "mira@example.com";

async fn consent_ends(app: &TestApp, days: i64) {
    sqlx::query("update connections set consent_expires_at = $1, issued_at = $2")
        .bind(app.clock().now() + Duration::days(days))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
}

#[sqlx::test]
async fn rf_10_a_consent_that_ends_is_told_of_14_and_3_days_ahead_each_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (user, _) = person_at(&app, MIRA).await;
    let before = mails_to(&app, MIRA).await;
    let id = connect(&app, user, "spotify", "a", Some("r"), None).await;
    consent_ends(&app, 180).await;
    let mut told = Vec::new();
    for day in (1..=180).rev() {
        // Two processes, and more than one sweep a day.
        for process in [&app, &other, &app] {
            for _ in 0..process.state().integrations.remind().await.unwrap() {
                told.push(day);
            }
        }
        wait(&app, Duration::DAY);
    }
    assert_eq!(told, [14, 3], "days before the end");
    assert_eq!(count(&app, "notifications where kind = 'connection'").await, 2);
    assert_eq!(mails_to(&app, MIRA).await, before + 2);
    for kind in ["consent_14", "consent_3"] {
        let logged = count(&app, &format!("connection_events where kind = 'reminded' and detail = '{kind}'")).await;
        assert_eq!(logged, 1, "{kind} stands with the connection");
    }
    let letter = newest_mail(&app, MIRA).await.0;
    assert_eq!(
        (letter.template.as_str(), letter.subject.as_str()),
        ("connection_ends", "Your access to Spotify ends in 3 days")
    );
    assert!(letter.text.contains(&format!("/connections/{id}")), "{}", letter.text);

    // Consent given anew has its own warnings.
    consent_ends(&app, 20).await;
    let mut anew = 0;
    for _ in 0..20 {
        anew += app.state().integrations.remind().await.unwrap();
        wait(&app, Duration::DAY);
    }
    assert_eq!(anew, 2);
}

#[sqlx::test]
async fn nobody_is_warned_of_what_has_ended_or_is_gone_and_letters_can_be_switched_off(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let before = mails_to(&app, MIRA).await;
    connect(&app, user, "spotify", "a", Some("r"), None).await;
    let integrations = &app.state().integrations;
    consent_ends(&app, 2).await;
    sqlx::query("update connections set state = 'needs_reauth'").execute(app.db()).await.unwrap();
    assert_eq!(integrations.remind().await.unwrap(), 0, "its person knows already");
    sqlx::query("update connections set state = 'active'").execute(app.db()).await.unwrap();
    consent_ends(&app, 0).await;
    assert_eq!(integrations.remind().await.unwrap(), 0, "it has ended");
    sqlx::query(
        "insert into notification_preferences (user_id, kind, in_app, email) values ($1, 'connection', true, false)",
    )
    .bind(Uuid::from(user))
    .execute(app.db())
    .await
    .unwrap();
    // After a long stop of ours only the warning that still helps is given.
    consent_ends(&app, 2).await;
    assert_eq!(integrations.remind().await.unwrap(), 1);
    assert_eq!(mails_to(&app, MIRA).await, before);
    assert_eq!(count(&app, "notifications where kind = 'connection'").await, 1);
}

#[sqlx::test]
async fn a_grant_that_could_not_be_kept_alive_is_warned_of_a_week_ahead(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    connect(&app, user, "outreach", "a", Some("r"), None).await;
    sqlx::query("update connections set refresh_expires_at = $1, issued_at = $2")
        .bind(app.clock().now() + Duration::days(14))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    let mut told = Vec::new();
    for day in (1..=14).rev() {
        if app.state().integrations.remind().await.unwrap() > 0 {
            told.push(day);
        }
        wait(&app, Duration::DAY);
    }
    assert_eq!(told, [7]);
}
