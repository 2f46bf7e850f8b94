//! A new password for somebody who has lost theirs, or never had one.

use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, mails_to, newest_mail, wait},
    program::{Program, person_at},
    stranger::{GOOD, Stranger, access, is, other_than, refused},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const NEW: &str = "wexlqvzj und mehr";

#[sqlx::test]
async fn pw_21_a_code_sets_a_new_password_once_and_signs_everything_out(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    let token = stranger.joins(&app, MIRA, GOOD).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let mut program = Program::new(&app, user).await;
    wait(&app, Duration::minutes(1));
    let begun = stranger.post("recoveries", &json!({ "email": "Mira@Example.com" })).await;
    let letter = newest_mail(&app, MIRA).await;
    assert_eq!(letter.0.template, "recover");
    let code = letter.code();
    assert!(browser.viewer().await.is_some(), "asking changes nothing");

    // A password that is not taken costs no try and no code; the right code works at another process, too.
    for bad in ["short", "password1", MIRA] {
        let answer = stranger.recover(&begun, &code, bad).await;
        assert_eq!(
            (answer.status, answer.value()["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("new_password"))
        );
    }
    assert_eq!(refused(&stranger.recover(&begun, &other_than(&code), NEW).await), is(422, "code_wrong"));
    let letters = mails_to(&app, MIRA).await;
    wait(&app, Duration::milliseconds(1));
    let later = app.second_process().await;
    let there = stranger.at(&later);
    let (one, two) = tokio::join!(stranger.recover(&begun, &code, NEW), there.recover(&begun, &code, NEW));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [StatusCode::NO_CONTENT, StatusCode::GONE], "two at once, on two processes");
    assert_eq!(refused(&stranger.recover(&begun, &code, NEW).await), is(410, "code_used"));

    assert!(browser.viewer().await.is_none() && !program.is_signed_in().await);
    assert_eq!(program.renew().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.send("GET", "/api/v1/sessions", &token, "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(mails_to(&app, MIRA).await, letters + 1);
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "password_recovered");
    let audited: i64 = sqlx::query_scalar("select count(*) from audit_events where kind = 'password_recovered'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(audited, 1);
    wait(&app, Duration::minutes(1));
    assert_eq!(refused(&stranger.log_in(MIRA, GOOD).await), is(401, "wrong_credentials"));
    access(&stranger.log_in(MIRA, NEW).await);
}

#[sqlx::test]
async fn pw_22_recovery_sets_a_first_password_and_nothing_for_nobody(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    person_at(&app, MIRA).await;
    let begun = stranger.post("recoveries", &json!({ "email": MIRA })).await;
    let code = newest_mail(&app, MIRA).await.code();
    assert_eq!(stranger.recover(&begun, &code, NEW).await.status, StatusCode::NO_CONTENT);
    access(&stranger.log_in(MIRA, NEW).await);

    let begun = stranger.post("recoveries", &json!({ "email": "nobody@example.com" })).await;
    assert_eq!(mails_to(&app, "nobody@example.com").await, 0);
    for left in (0..5).rev() {
        let code = if left == 0 { is(410, "code_dead") } else { is(422, "code_wrong") };
        assert_eq!(refused(&stranger.recover(&begun, "123456", NEW).await), code);
    }
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(people, 1);
}

#[sqlx::test]
async fn pw_23_what_somebody_else_had_begun_does_not_outlive_a_recovery(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    stranger.joins(&app, MIRA, GOOD).await;
    // Somebody who found an open app begins to change the address, and asks for another recovery.
    let (user, _) = person_at(&app, MIRA).await;
    let thief = Program::new(&app, user).await;
    let wish = json!({ "email": "thief@example.com" });
    thief.send("POST", "/api/v1/users/me/email-changes", Some(&wish)).await;
    let change = newest_mail(&app, "thief@example.com").await.code();
    wait(&app, Duration::minutes(1));
    let first = stranger.post("recoveries", &json!({ "email": MIRA })).await;
    let stale = newest_mail(&app, MIRA).await.code();
    wait(&app, Duration::milliseconds(1));
    let second = stranger.post("recoveries", &json!({ "email": MIRA })).await;
    let code = newest_mail(&app, MIRA).await.code();
    assert_eq!(stranger.recover(&second, &code, NEW).await.status, StatusCode::NO_CONTENT);

    let begun: i64 = sqlx::query_scalar("select count(*) from sign_in_ceremonies where user_id = $1")
        .bind(uuid::Uuid::from(user))
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(begun, 0, "nothing waits to be finished any more");
    let confirm = "/api/v1/users/me/email-changes/confirm";
    let answer = thief.send("POST", confirm, Some(&json!({ "code": change }))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let owner = Program::new(&app, user).await;
    let answer = owner.send("POST", confirm, Some(&json!({ "code": change }))).await;
    assert_eq!(refused(&answer), is(410, "code_not_asked"));
    assert_eq!(refused(&stranger.recover(&first, &stale, "another one, stolen").await), is(410, "code_used"));
}

#[sqlx::test]
async fn pw_24_a_recovery_of_an_address_that_was_given_up_opens_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    let (_, mut browser) = person_at(&app, MIRA).await;
    let begun = stranger.post("recoveries", &json!({ "email": MIRA })).await;
    let code = newest_mail(&app, MIRA).await.code();
    browser.form_from("/settings/security", "start-email-change", &[("email", "new@example.com")]).await;
    let change = newest_mail(&app, "new@example.com").await.code();
    browser.form_from("/settings/security", "finish-email-change", &[("code", &change)]).await;
    assert_eq!(refused(&stranger.recover(&begun, &code, NEW).await), is(410, "code_used"));
    wait(&app, Duration::minutes(1));
    // While it can be brought back it is nobody's.
    let letters = mails_to(&app, MIRA).await;
    let begun = stranger.post("recoveries", &json!({ "email": MIRA })).await;
    assert_eq!((begun.status, mails_to(&app, MIRA).await), (StatusCode::ACCEPTED, letters));
    let begun = stranger.register(MIRA, GOOD).await;
    assert_eq!(
        (begun.status, newest_mail(&app, MIRA).await.0.template),
        (StatusCode::ACCEPTED, "has_account".to_owned())
    );
    assert!(Browser::new(&app).viewer().await.is_none());
}
