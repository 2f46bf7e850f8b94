//! Another address for an account, and taking that back.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, dump, forms_of, mails_to, newest_mail, wait},
    support::{Logs, TestApp},
};

const MIRA: &str = "mira@example.com";
const NEW: &str = "mira@new.example";
const EVE: &str = "eve@example.com";

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    wait(app, Duration::minutes(1));
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    browser
}

/// Both steps of a change; what the second answered.
async fn change(app: &TestApp, browser: &mut Browser, to: &str) -> crate::browser::Answer {
    wait(app, Duration::minutes(1));
    let sent = browser.form_from("/settings/security", "start-email-change", &[("email", to)]).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::FOUND, "/settings/security"), "{}", sent.text());
    let code = newest_mail(app, to).await.code();
    browser.form_from("/settings/security", "finish-email-change", &[("code", &code)]).await
}

async fn undo_link(app: &TestApp, email: &str) -> (String, String) {
    let link = newest_mail(app, email).await.link_to("/undo-email");
    let token = link.split_once("token=").unwrap().1.to_owned();
    (link, token)
}

async fn addresses(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select email::text from user_emails order by email").fetch_all(app.db()).await.unwrap()
}

#[sqlx::test]
async fn ac_01_a_change_proves_the_new_address_and_tells_the_old(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mut copy = mira.clone();
    let before = mails_to(&app, MIRA).await;
    let sent = mira.form_from("/settings/security", "start-email-change", &[("email", " Mira@NEW.example ")]).await;
    assert_eq!(sent.status, StatusCode::FOUND);
    assert_eq!(addresses(&app).await, [MIRA], "asking changes nothing");
    assert_eq!(mails_to(&app, MIRA).await, before, "and is not yet worth a letter");
    let page = mira.get("/settings/security").await;
    assert!(page.text().contains("m••a@new.example"), "{}", page.text());
    let code = newest_mail(&app, NEW).await.code();
    wait(&app, Duration::milliseconds(1));
    let done = mira.form("finish-email-change", &[("code", &code)]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/settings/security"), "{}", done.text());

    assert_eq!(addresses(&app).await, [NEW]);
    assert!(mira.viewer().await.unwrap().contains(NEW));
    assert!(copy.viewer().await.is_none(), "the session has a new secret");
    let letter = newest_mail(&app, MIRA).await.0;
    assert_eq!((letter.template.as_str(), mails_to(&app, MIRA).await), ("address_changed", before + 1));
    assert!(letter.text.contains("m••a@new.example") && letter.text.contains("/undo-email?token="), "{}", letter.text);
    assert_eq!(mails_to(&app, NEW).await, 1, "the code was the letter");
    signed_in(&app, NEW).await;
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(people, 1);
}

#[sqlx::test]
async fn ac_02_the_old_address_opens_nothing_and_nobody_can_take_it_for_72_hours(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    change(&app, &mut mira, NEW).await;
    let mut eve = signed_in(&app, EVE).await;
    wait(&app, Duration::minutes(1));
    let mut anybody = Browser::new(&app);
    assert_eq!(anybody.start_json(MIRA).await.status, StatusCode::OK, "the same answer as for any address");
    let code = newest_mail(&app, MIRA).await.code();
    let refused = anybody.json("verify-code", &[("code", &code)]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "address_held".into()));
    assert!(anybody.viewer().await.is_none());

    // Eve reads the old mailbox, but gets no code to it either.
    wait(&app, Duration::minutes(1));
    assert_eq!(eve.json("start-email-change", &[("email", MIRA)]).await.status, StatusCode::OK);
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "address_known");
    assert_eq!(addresses(&app).await, [EVE, NEW]);

    wait(&app, Duration::hours(72));
    app.identity().purge().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from email_changes").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 0);
    signed_in(&app, MIRA).await;
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(people, 3, "then it is anybody's");
}

#[sqlx::test]
async fn ac_03_the_undo_link_acts_only_by_post_once_and_without_a_session(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mut phone = signed_in(&app, MIRA).await;
    change(&app, &mut mira, NEW).await;
    let (link, token) = undo_link(&app, MIRA).await;
    let before = dump(&app).await;
    for _ in 0..3 {
        let mut scanner = Browser::new(&app);
        let page = scanner.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("m••a@example.com") && page.text().contains("Bring it back"), "{}", page.text());
        scanner.head(&link).await;
    }
    assert_eq!(dump(&app).await, before, "opening the link changed something");

    let mut owner = Browser::new(&app);
    let done = owner.form_from(&link, "undo-email-change", &[("token", &token)]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/undo-email?done=yes"), "{}", done.text());
    assert!(owner.get(done.location()).await.text().contains("Your address is back"));
    assert_eq!(addresses(&app).await, [MIRA]);
    assert!(mira.viewer().await.is_none() && phone.viewer().await.is_none(), "all sessions end");
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "address_restored");
    assert!(owner.viewer().await.is_none(), "the link signs nobody in");
    let again = owner.json("undo-email-change", &[("token", &token)]).await;
    assert_eq!((again.status, again.code()), (StatusCode::GONE, "undo_too_late".into()));
    assert!(owner.get(&link).await.text().contains("Nothing can be undone here"));
    signed_in(&app, MIRA).await;
}

#[sqlx::test]
async fn ac_04_after_72_hours_nothing_is_undone(db: PgPool) {
    let app = TestApp::new(db).await;
    let other_process = app.second_process().await;
    let mut mira = signed_in(&app, MIRA).await;
    change(&app, &mut mira, NEW).await;
    let (link, token) = undo_link(&app, MIRA).await;
    wait(&app, Duration::hours(72) - Duration::seconds(1));
    let mut late = Browser::new(&other_process);
    assert!(late.get(&link).await.text().contains("Bring it back"), "a second before, on another process");
    wait(&app, Duration::seconds(2));
    assert!(late.get(&link).await.text().contains("Nothing can be undone here"));
    let refused = late.json("undo-email-change", &[("token", &token)]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::GONE, "undo_too_late".into()));
    assert_eq!(addresses(&app).await, [NEW]);
    assert!(mira.viewer().await.is_some());
    for token in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        assert_eq!(late.json("undo-email-change", &[("token", token)]).await.status, StatusCode::GONE, "{token}");
    }
}

#[sqlx::test]
async fn ac_05_a_thief_who_changes_the_address_twice_loses_everything(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut thief = signed_in(&app, MIRA).await;
    change(&app, &mut thief, "thief@example.com").await;
    let (_, undo_for_mira) = undo_link(&app, MIRA).await;
    wait(&app, Duration::minutes(1));
    change(&app, &mut thief, "thief@second.example").await;
    let (_, undo_for_thief) = undo_link(&app, "thief@example.com").await;
    // The thief adds a way in of their own, and leaves a change unfinished.
    sqlx::query(
        "insert into identities (id, user_id, provider, issuer, subject, label, created_at, last_used_at)
         select id, id, 'github', 'https://github.com', '1', 'thief', $1, $1 from users",
    )
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
    wait(&app, Duration::minutes(1));
    thief.form("start-email-change", &[("email", "thief@third.example")]).await;
    let pending = newest_mail(&app, "thief@third.example").await.code();

    let mut mira = Browser::new(&app);
    let done = mira.form("undo-email-change", &[("token", &undo_for_mira)]).await;
    assert_eq!(done.location(), "/undo-email?done=yes", "{}", done.text());
    assert_eq!(addresses(&app).await, [MIRA]);
    assert_eq!(mira.json("undo-email-change", &[("token", &undo_for_thief)]).await.code(), "undo_too_late");
    assert!(thief.viewer().await.is_none());
    assert_eq!(thief.json("finish-email-change", &[("code", &pending)]).await.status, StatusCode::UNAUTHORIZED);
    let left: (i64, i64) = sqlx::query_as(
        "select (select count(*) from identities), (select count(*) from sign_in_ceremonies where user_id is not null)",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!(left, (0, 0), "ways in and codes");
}

/// An attacker begins to make the victim's address theirs before the victim comes; the victim then makes an account.
#[sqlx::test]
async fn ac_06_an_unfinished_change_does_not_take_over_who_comes_later(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut eve = signed_in(&app, EVE).await;
    eve.form("start-email-change", &[("email", MIRA)]).await;
    let code = newest_mail(&app, MIRA).await.code();
    let mut mira = signed_in(&app, MIRA).await;
    // Even if Mira is talked into telling the code.
    let refused = eve.json("finish-email-change", &[("code", &code)]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "address_taken".into()));
    assert_eq!(addresses(&app).await, [EVE, MIRA]);
    assert!(mira.viewer().await.unwrap().contains(MIRA) && eve.viewer().await.unwrap().contains(EVE));
}

/// An attacker who was signed in keeps an unfinished change over the owner's «sign out everywhere».
#[sqlx::test]
async fn an_unfinished_change_dies_with_its_session(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut thief = signed_in(&app, MIRA).await;
    thief.form("start-email-change", &[("email", EVE)]).await;
    let code = newest_mail(&app, EVE).await.code();
    let mut mira = signed_in(&app, MIRA).await;
    mira.form("end-other-devices", &[]).await;
    assert_eq!(thief.json("finish-email-change", &[("code", &code)]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(mira.json("finish-email-change", &[("code", &code)]).await.code(), "code_not_asked");
    assert_eq!(addresses(&app).await, [MIRA]);
}

/// An attacker begins to sign in with the victim's address and keeps that open until the victim has an account.
#[sqlx::test]
async fn a_sign_in_that_was_begun_first_opens_nothing_later(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut eve = Browser::new(&app);
    eve.start(MIRA, "").await;
    let mut mira = signed_in(&app, MIRA).await;
    assert!(eve.viewer().await.is_none());
    let wrong = eve.json("verify-code", &[("code", "000000")]).await;
    assert!(["code_wrong", "code_expired"].contains(&wrong.code().as_str()));
    mira.form("sign-out-everywhere", &[]).await;
    assert!(eve.viewer().await.is_none() && mira.viewer().await.is_none());
}

#[sqlx::test]
async fn ac_07_known_and_unknown_addresses_are_answered_alike(db: PgPool) {
    let app = TestApp::new(db).await;
    signed_in(&app, EVE).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mut answers = Vec::new();
    for email in [EVE, "nobody@example.com"] {
        wait(&app, Duration::minutes(1));
        let answer = mira.json("start-email-change", &[("email", email)]).await;
        let page = mira.get_json("/api/identity/security").await.value()["awaited"]["resend_in"].clone();
        let wrong = mira.json("finish-email-change", &[("code", "000000")]).await;
        answers.push((answer.status, answer.text().to_owned(), answer.header_names(), page, wrong.code()));
    }
    assert_eq!(answers[0], answers[1]);
    let letter = newest_mail(&app, EVE).await.0;
    assert_eq!(letter.template, "address_known");
    assert!(!letter.text.contains(MIRA), "who asked is nobody's business");
}

#[sqlx::test]
async fn what_is_no_address_or_looks_like_one_gets_no_mail(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mails: i64 = sqlx::query_scalar("select count(*) from mails").fetch_one(app.db()).await.unwrap();
    for email in [
        "",
        "mira",
        "mira@new.example\r\nBcc: all@example.com",
        "mira@new.example\nSubject: x",
        "mira@new.example%0d%0aBcc:all@example.com",
        "mira\u{ff20}new.example",
        "mira@new\u{2024}example",
        "міра@new.example",
        "a@b.example, c@d.example",
        "<mira@new.example>",
    ] {
        wait(&app, Duration::seconds(20));
        let refused = mira.json("start-email-change", &[("email", email)]).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "email_invalid".into()),
            "{email:?}"
        );
    }
    let same = mira.json("start-email-change", &[("email", "MIRA@example.com")]).await;
    assert_eq!((same.status, same.code()), (StatusCode::UNPROCESSABLE_ENTITY, "address_same".into()));
    let after: i64 = sqlx::query_scalar("select count(*) from mails").fetch_one(app.db()).await.unwrap();
    assert_eq!(after, mails);
}

#[sqlx::test]
async fn one_account_cannot_write_to_many_mailboxes(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    for number in 0..5 {
        let email = format!("n{number}@example.com");
        assert_eq!(mira.json("start-email-change", &[("email", &email)]).await.status, StatusCode::OK);
    }
    let sixth = mira.json("start-email-change", &[("email", "n5@example.com")]).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(mails_to(&app, "n5@example.com").await, 0);
}

#[sqlx::test]
async fn who_has_no_address_adds_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    sqlx::query("delete from user_emails").execute(app.db()).await.unwrap();
    let page = mira.get("/settings/security").await;
    assert!(page.text().contains("has no address yet"), "{}", page.text());
    let done = change(&app, &mut mira, NEW).await;
    assert_eq!(done.location(), "/settings/security", "{}", done.text());
    assert_eq!(addresses(&app).await, [NEW]);
    assert_eq!(mails_to(&app, NEW).await, 1);
    let changes: i64 = sqlx::query_scalar("select count(*) from email_changes").fetch_one(app.db()).await.unwrap();
    assert_eq!(changes, 0, "there is nothing to undo");
}

#[sqlx::test]
async fn of_two_who_want_one_address_at_once_one_gets_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut mira, mut eve) = (signed_in(&app, MIRA).await, signed_in(&app, EVE).await);
    wait(&app, Duration::milliseconds(1));
    mira.form("start-email-change", &[("email", NEW)]).await;
    let first = newest_mail(&app, NEW).await.code();
    wait(&app, Duration::seconds(1));
    eve.form("start-email-change", &[("email", NEW)]).await;
    let second = newest_mail(&app, NEW).await.code();
    let (a, b) = ([("code", first.as_str())], [("code", second.as_str())]);
    let (one, other) = tokio::join!(mira.json("finish-email-change", &a), eve.json("finish-email-change", &b));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT], "{} {}", one.text(), other.text());
    assert_eq!(addresses(&app).await.len(), 2);
}

#[sqlx::test]
async fn the_undo_secret_can_be_read_nowhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let (logs, _listening) = Logs::listen();
    let mut mira = signed_in(&app, MIRA).await;
    change(&app, &mut mira, NEW).await;
    let (link, token) = undo_link(&app, MIRA).await;
    Browser::new(&app).get(&link).await;
    let (dump, log) = (dump(&app).await, logs.text());
    assert!(log.contains("/undo-email"), "the log was listened to");
    for form in forms_of(&token) {
        assert!(!dump.contains(&form) && !log.contains(&form));
    }
    assert!(!log.contains(MIRA) && !log.contains(NEW));
}
