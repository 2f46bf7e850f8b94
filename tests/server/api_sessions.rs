//! Where a person is signed in, as their programs and their pages see it.

use http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{mails_to, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::person,
};

const MIRA: &str = "mira@example.com";
const NONE: StatusCode = StatusCode::NO_CONTENT;

async fn listed(program: &Program, query: &str) -> Value {
    let answer = program.get(&format!("/api/v1/sessions{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.value()
}

#[sqlx::test]
async fn tk_15_the_list_of_sessions_tells_browsers_and_apps(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    wait(&app, Duration::minutes(1));
    let first = Program::new(&app, user).await;
    wait(&app, Duration::minutes(1));
    let program = Program::on(&app, user, None, "Mira's tablet").await;
    Program::new(&app, person(&app).await).await;
    let all = listed(&program, "").await;
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "{all}");
    assert!(all.get("next_cursor").is_none());
    let told = |name: &str| items.iter().map(|item| item[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("kind"), ["app", "app", "browser"]);
    assert_eq!(told("current"), [true, false, false]);
    assert_eq!(items[0]["device"]["name"], "Mira's tablet");
    assert_eq!(items[0]["device"]["platform"], "ios");
    assert_eq!(items[0]["device"]["id"], program.device.to_string());
    assert_eq!(items[1]["id"], first.session.to_string());
    assert_eq!(items[1]["address"], "192.0.x.x", "the last part is hidden");
    assert!(items[2].get("device").is_none() && items[2]["browser"].is_string());
    assert_eq!(told("method"), ["email_code"; 3]);

    // In parts, each once.
    let part = listed(&program, "?limit=2").await;
    assert_eq!(part["items"].as_array().unwrap()[..], items[..2]);
    let rest = listed(&program, &format!("?limit=2&cursor={}", part["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest["items"].as_array().unwrap()[..], items[2..]);
    for query in ["?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?user_id=1"] {
        let answer = program.get(&format!("/api/v1/sessions{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }

    // An app that rests for long is still signed in; a browser is not.
    wait(&app, Duration::days(29));
    let mut program = program;
    program.renew().await;
    let items = listed(&program, "").await["items"].clone();
    let kinds: Vec<_> = items.as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(kinds, ["app", "app"]);
    wait(&app, Duration::days(1));
    assert!(!program.is_signed_in().await, "thirty days are the end");
}

#[sqlx::test]
async fn tk_16_ending_another_session_wants_a_recent_proof_and_leaving_wants_none(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let old = Program::new(&app, user).await;
    let stranger = Program::new(&app, person(&app).await).await;
    wait(&app, Duration::minutes(10));
    let fresh = Program::new(&app, user).await;
    let at = |program: &Program| format!("/api/v1/sessions/{}", program.session);
    let answer = old.delete(&at(&fresh)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "prove_first"));
    for (id, status) in [(stranger.session.to_string(), StatusCode::NOT_FOUND), ("x".into(), StatusCode::NOT_FOUND)] {
        assert_eq!(fresh.delete(&format!("/api/v1/sessions/{id}")).await.status, status, "{id}");
    }
    assert!(fresh.is_signed_in().await && stranger.is_signed_in().await);
    assert_eq!(fresh.delete(&at(&old)).await.status, NONE);
    assert!(!old.is_signed_in().await);
    assert_eq!(fresh.delete(&at(&old)).await.status, StatusCode::NOT_FOUND, "it has ended already");
    assert_eq!(fresh.delete(&at(&fresh)).await.status, NONE);
    assert!(!fresh.is_signed_in().await);

    // Everywhere, however old the proof is.
    let (one, two) = (Program::new(&app, user).await, Program::new(&app, user).await);
    wait(&app, Duration::hours(1));
    assert_eq!(one.delete("/api/v1/sessions").await.status, NONE);
    assert!(!one.is_signed_in().await && !two.is_signed_in().await && browser.viewer().await.is_none());
    assert!(stranger.is_signed_in().await);
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "sessions_ended");
}

#[sqlx::test]
async fn tk_17_the_security_page_shows_apps_beside_browsers_and_signs_them_out(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let mails = mails_to(&app, MIRA).await;
    wait(&app, Duration::seconds(1));
    let program = Program::on(&app, user, None, "<b>Mira's phone</b>").await;
    let letter = newest_mail(&app, MIRA).await.0;
    assert_eq!((mails_to(&app, MIRA).await, letter.template.as_str()), (mails + 1, "new_device"));
    assert!(letter.text.contains("An app on iOS signed in from 192.0.x.x."), "{}", letter.text);
    let again = Program::on(&app, user, Some(program.device), "Mira's phone").await;
    assert_eq!((again.device, mails_to(&app, MIRA).await), (program.device, mails + 1), "a known device is no news");

    let page = browser.get("/settings/security").await;
    assert!(page.text().contains("&lt;b&gt;Mira's phone") && page.text().contains("App on iOS, 192.0.x.x"));
    let session = program.session.to_string();
    let done = browser.form_from("/settings/security", "end-device", &[("id", &session)]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/settings/security"));
    assert!(!program.is_signed_in().await && again.is_signed_in().await);
    let log = browser.get("/settings/activity").await;
    assert!(log.text().contains("Signed another device out") && log.text().contains("Mira's phone"));
}
