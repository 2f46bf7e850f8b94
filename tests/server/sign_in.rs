//! Signing in by the code or the link of a mail.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, dump, forms_of, mails_to, newest_mail, wait},
    support::{Logs, TestApp},
};

const MIRA: &str = "mira@example.com";

#[sqlx::test]
async fn si_01_a_code_signs_in_and_makes_the_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let started = browser.start("Mira@Example.com", "/connections").await;
    assert_eq!((started.status, started.location()), (StatusCode::FOUND, "/verify-email"));
    let mail = newest_mail(&app, MIRA).await;
    assert_eq!(mail.0.subject, format!("{} is your Aura sign-in code", mail.code()));
    assert!(mail.0.text.contains(&mail.code()) && mail.0.html.contains(&mail.code()));

    let page = browser.get("/verify-email").await;
    assert!(page.text().contains("m••a@example.com") && !page.text().contains(MIRA));
    let done = browser.form("verify-code", &[("code", &mail.code())]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/connections"));
    assert!(browser.viewer().await.unwrap().contains(MIRA));

    // The next sign-in finds the same person.
    let mut second = Browser::new(&app);
    second.sign_in(&app, MIRA).await;
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(people, 1);
}

#[sqlx::test]
async fn the_browsers_zone_is_kept_and_nonsense_is_not(db: PgPool) {
    let app = TestApp::new(db).await;
    for (told, kept) in [("", "UTC"), ("Asia/Tokyo", "Asia/Tokyo"), ("", "Asia/Tokyo"), ("Mars/Olympus", "Asia/Tokyo")]
    {
        wait(&app, Duration::minutes(2));
        let mut browser = Browser::new(&app);
        browser.form("start-sign-in", &[("email", MIRA), ("next", ""), ("time_zone", told)]).await;
        browser.form("verify-code", &[("code", &newest_mail(&app, MIRA).await.code())]).await;
        let zone: String = sqlx::query_scalar("select time_zone from users").fetch_one(app.db()).await.unwrap();
        assert_eq!(zone, kept, "told {told:?}");
    }
}

#[sqlx::test]
async fn si_02_the_link_acts_only_by_post_and_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "").await;
    let mail = newest_mail(&app, MIRA).await;
    let before = dump(&app).await;
    for _ in 0..3 {
        let page = browser.get(&mail.link()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("/api/identity/verify-link"));
        browser.head(&mail.link()).await;
        // A scanner that opens links has no cookie.
        Browser::new(&app).get(&mail.link()).await;
    }
    assert_eq!(dump(&app).await, before, "opening the link changed something");
    assert!(browser.viewer().await.is_none());

    let mut later = browser.clone();
    let first = browser.form("verify-link", &[("token", &mail.token())]).await;
    assert_eq!(first.location(), "/chat");
    assert!(browser.viewer().await.is_some());
    let second = later.json("verify-link", &[("token", &mail.token())]).await;
    assert_eq!((second.status, second.code()), (StatusCode::GONE, "code_used".into()));
}

#[sqlx::test]
async fn si_03_a_link_works_only_in_the_browser_that_began(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mallory = Browser::new(&app);
    mallory.start("mallory@example.com", "").await;
    let mail = newest_mail(&app, "mallory@example.com").await;

    let mut victim = Browser::new(&app);
    assert!(victim.get(&mail.link()).await.text().contains("Go back to the other browser"));
    let refused = victim.json("verify-link", &[("token", &mail.token())]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "other_browser".into()));
    // Nor when the victim has begun a sign-in of their own.
    victim.start(MIRA, "").await;
    let refused = victim.json("verify-link", &[("token", &mail.token())]).await;
    assert_eq!(refused.code(), "other_browser");
    assert!(victim.viewer().await.is_none());
    for token in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        assert_eq!(victim.json("verify-link", &[("token", token)]).await.status, StatusCode::GONE, "{token}");
    }
}

#[sqlx::test]
async fn si_04_codes_and_links_work_for_ten_minutes(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "").await;
    let mail = newest_mail(&app, MIRA).await;
    wait(&app, Duration::minutes(10));
    let code = browser.json("verify-code", &[("code", &mail.code())]).await;
    assert_eq!((code.status, code.code()), (StatusCode::GONE, "code_expired".into()));
    let link = browser.json("verify-link", &[("token", &mail.token())]).await;
    assert_eq!((link.status, link.code()), (StatusCode::GONE, "code_expired".into()));
    assert!(browser.viewer().await.is_none());
}

#[sqlx::test]
async fn si_05_five_wrong_codes_kill_the_ceremony(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "").await;
    let right = newest_mail(&app, MIRA).await.code();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for left in ["4 more tries", "3 more tries", "2 more tries", "one more try"] {
        let refused = browser.json("verify-code", &[("code", wrong)]).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "code_wrong".into()));
        assert!(refused.text().contains(left), "{}", refused.text());
    }
    assert_eq!(browser.json("verify-code", &[("code", wrong)]).await.code(), "code_dead");
    // The sixth try in a minute is refused before anything is looked at, even the right code.
    let sixth = browser.json("verify-code", &[("code", &right)]).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&sixth.retry_after()));
    wait(&app, Duration::minutes(1));
    let late = browser.json("verify-code", &[("code", &right)]).await;
    assert_eq!((late.status, late.code()), (StatusCode::GONE, "code_dead".into()));
    assert!(browser.viewer().await.is_none());
}

#[sqlx::test]
async fn si_06_ten_posts_at_once_sign_in_once(db: PgPool) {
    let app = TestApp::new(db).await;
    for (round, verb) in ["verify-link", "verify-code"].into_iter().enumerate() {
        wait(&app, Duration::minutes(1));
        let mut browser = Browser::new(&app);
        browser.start(MIRA, "").await;
        let mail = newest_mail(&app, MIRA).await;
        wait(&app, Duration::seconds(10));
        let proof = if verb == "verify-link" { ("token", mail.token()) } else { ("code", mail.code()) };
        let posts = (0..10).map(|_| {
            let (mut same, (field, value)) = (browser.clone(), proof.clone());
            async move { same.json(verb, &[(field, &value)]).await.status }
        });
        let statuses = futures::future::join_all(posts).await;
        assert_eq!(statuses.iter().filter(|status| status.is_success()).count(), 1, "{statuses:?}");
        let sessions: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(app.db()).await.unwrap();
        assert_eq!(sessions, 1 + i64::try_from(round).unwrap());
    }
}

#[sqlx::test]
async fn two_browsers_with_one_new_address_are_one_person(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browsers = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::new(&app);
        browser.start(MIRA, "").await;
        browsers.push((browser, newest_mail(&app, MIRA).await.code()));
    }
    let done = futures::future::join_all(
        browsers
            .into_iter()
            .map(|(mut browser, code)| async move { browser.json("verify-code", &[("code", &code)]).await.status }),
    )
    .await;
    assert!(done.iter().all(StatusCode::is_success), "{done:?}");
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(people, 1);
}

#[sqlx::test]
async fn si_07_the_sixth_mail_in_a_minute_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    for _ in 0..5 {
        assert!(Browser::new(&app).start_json(MIRA).await.status.is_success());
    }
    let sixth = Browser::new(&app).start_json(MIRA).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&sixth.retry_after()));
    assert_eq!(mails_to(&app, MIRA).await, 5);
    // Another mailbox is not held up.
    assert!(Browser::new(&app).start_json("other@example.com").await.status.is_success());
    wait(&app, Duration::minutes(1));
    assert!(Browser::new(&app).start_json(MIRA).await.status.is_success());
}

#[sqlx::test]
async fn ten_mails_a_day_are_enough(db: PgPool) {
    let app = TestApp::new(db).await;
    for _ in 0..10 {
        wait(&app, Duration::minutes(1));
        assert!(Browser::new(&app).start_json(MIRA).await.status.is_success());
    }
    wait(&app, Duration::minutes(1));
    let refused = Browser::new(&app).start_json(MIRA).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.retry_after() > 3_600);
}

#[sqlx::test]
async fn another_mail_has_to_wait_half_a_minute(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "/connections").await;
    let first = newest_mail(&app, MIRA).await.code();
    let early = browser.json("resend", &[]).await;
    assert_eq!((early.status, early.retry_after()), (StatusCode::TOO_MANY_REQUESTS, 30));
    wait(&app, Duration::seconds(30));
    assert!(browser.json("resend", &[]).await.status.is_success());
    let second = newest_mail(&app, MIRA).await.code();
    if first != second {
        assert_eq!(browser.json("verify-code", &[("code", &first)]).await.code(), "code_wrong");
    }
    let done = browser.form("verify-code", &[("code", &second)]).await;
    assert_eq!(done.location(), "/connections", "the wish is kept");
    assert_eq!(Browser::new(&app).json("resend", &[]).await.code(), "sign_in_not_begun");
}

#[sqlx::test]
async fn si_08_known_and_unknown_addresses_are_answered_alike(db: PgPool) {
    let app = TestApp::new(db).await;
    Browser::new(&app).sign_in(&app, MIRA).await;
    let mut answers = Vec::new();
    for email in [MIRA, "nobody@example.com"] {
        let mut browser = Browser::new(&app);
        let answer = browser.start_json(email).await;
        let page = browser.get("/verify-email").await;
        answers.push((answer.status, answer.text().to_owned(), answer.header_names(), page.status));
    }
    assert_eq!(answers[0], answers[1]);
}

#[sqlx::test]
async fn what_is_no_address_gets_no_mail(db: PgPool) {
    let app = TestApp::new(db).await;
    for email in ["", "mira", "mira@example.com\r\nBcc: all@example.com", "mira\u{ff20}example.com", "a@b.de, c@d.de"] {
        wait(&app, Duration::seconds(20));
        let refused = Browser::new(&app).start_json(email).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "email_invalid".into()),
            "{email:?}"
        );
    }
    let mails: i64 = sqlx::query_scalar("select count(*) from mails").fetch_one(app.db()).await.unwrap();
    assert_eq!(mails, 0);
}

#[sqlx::test]
async fn without_a_script_an_error_comes_back_to_the_form(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let refused =
        browser.form_from("/signin", "start-sign-in", &[("email", "mira"), ("next", ""), ("time_zone", "")]).await;
    assert_eq!(refused.status, StatusCode::FOUND);
    let page = browser.get(refused.location()).await;
    assert!(page.text().contains("It looks like name@example.com"), "{}", page.text());
}

#[sqlx::test]
async fn si_09_nobody_is_sent_away_from_the_site(db: PgPool) {
    let app = TestApp::new(db).await;
    for wish in ["https://evil.example", "//evil.example", "/\\evil.example", "/%5cevil.example", "/%09//evil.example"]
    {
        wait(&app, Duration::minutes(1));
        let mut browser = Browser::new(&app);
        browser.start(MIRA, wish).await;
        let done = browser.form("verify-code", &[("code", &newest_mail(&app, MIRA).await.code())]).await;
        assert_eq!(done.location(), "/chat", "{wish}");
    }
}

#[sqlx::test]
async fn si_10_no_secret_can_be_read_in_the_tables_or_the_log(db: PgPool) {
    let app = TestApp::new(db).await;
    let (logs, _listening) = Logs::listen();
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "").await;
    let mail = newest_mail(&app, MIRA).await;
    let sign_in = browser.cookie("__Host-aura-signin").unwrap();
    browser.get(&mail.link()).await;
    browser.form("verify-code", &[("code", "x")]).await;
    browser.form("verify-code", &[("code", &mail.code())]).await;
    let session = browser.cookie("__Host-aura").unwrap();
    browser.viewer().await.unwrap();
    let (dump, log) = (dump(&app).await, logs.text());
    assert!(log.contains("/api/identity/verify-code"), "the log was listened to");
    for secret in [mail.token(), sign_in, session] {
        for form in forms_of(&secret) {
            assert!(!dump.contains(&form), "in the tables");
            assert!(!log.contains(&form), "in the log");
        }
    }
    // Six digits can turn up by chance in a longer number; a value of their own they must not be.
    for text in [&dump, &log] {
        assert!(!text.contains(&format!("\"{}\"", mail.code())));
    }
    assert!(!log.contains(MIRA), "whose mailbox it is does not concern the log");
}
