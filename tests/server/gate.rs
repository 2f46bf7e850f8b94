//! Who may make an account.

use aura::identity::service::operators::Operator;
use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Answer, Browser, mails_to, newest_mail, wait},
    support::TestApp,
};

/// Goes the whole way in, or as far as the gate.
async fn try_sign_in(app: &TestApp, email: &str) -> Answer {
    wait(app, Duration::seconds(30));
    let mut browser = Browser::new(app);
    let started = browser.start_json(email).await;
    assert_eq!(started.status, StatusCode::OK, "{}", started.text());
    let code = newest_mail(app, email).await.code();
    browser.json("verify-code", &[("code", &code)]).await
}

async fn people(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap()
}

async fn app(db: PgPool, changes: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("LIMIT_STORE_TIMEOUT", "20000")];
    all.extend(changes);
    TestApp::with(db, &all).await
}

#[sqlx::test]
async fn gt_01_by_invitation_only_invited_addresses_make_an_account_and_once(db: PgPool) {
    let app = app(db, &[("SIGN_UP", "invitation")]).await;
    let refused = try_sign_in(&app, "eve@example.com").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "not_invited".into()));
    assert_eq!(people(&app).await, 0);

    app.identity().invite(Operator::Command, "Mira@Example.com").await.unwrap();
    assert!(newest_mail(&app, "mira@example.com").await.0.text.contains("works once"));
    assert_eq!(try_sign_in(&app, "mira@example.com").await.status, StatusCode::OK);
    assert_eq!(people(&app).await, 1);
    assert_eq!(
        try_sign_in(&app, "mira@example.com").await.status,
        StatusCode::OK,
        "whoever has an account is not asked"
    );

    // The account is gone, and the invitation was used.
    sqlx::query("delete from users").execute(app.db()).await.unwrap();
    assert_eq!(try_sign_in(&app, "mira@example.com").await.code(), "not_invited");

    app.identity().invite(Operator::Command, "late@example.com").await.unwrap();
    wait(&app, Duration::days(8));
    assert_eq!(try_sign_in(&app, "late@example.com").await.code(), "not_invited", "an invitation lasts seven days");
    assert_eq!(people(&app).await, 0);
}

#[sqlx::test]
async fn gt_02_an_invitation_that_was_taken_back_opens_nothing(db: PgPool) {
    let app = app(db, &[("SIGN_UP", "invitation")]).await;
    app.identity().invite(Operator::Command, "mira@example.com").await.unwrap();
    let id = app.identity().invitations().await.unwrap()[0].id;
    app.identity().take_back_invitation(Operator::Command, id).await.unwrap();
    assert_eq!(try_sign_in(&app, "mira@example.com").await.code(), "not_invited");
    assert!(app.identity().take_back_invitation(Operator::Command, id).await.is_err());
}

#[sqlx::test]
async fn of_two_sign_ins_at_once_one_uses_the_invitation(db: PgPool) {
    let app = app(db, &[("SIGN_UP", "invitation")]).await;
    let other = app.second_process().await;
    app.identity().invite(Operator::Command, "mira@example.com").await.unwrap();
    let mut browsers = Vec::new();
    for process in [&app, &other] {
        wait(&app, Duration::seconds(30));
        let mut browser = Browser::new(process);
        browser.start("mira@example.com", "").await;
        let code = newest_mail(&app, "mira@example.com").await.code();
        browsers.push((browser, code));
    }
    let (second, first) = (browsers.pop().unwrap(), browsers.pop().unwrap());
    let enter =
        async |(mut browser, code): (Browser, String)| browser.json("verify-code", &[("code", &code)]).await.status;
    let entered = tokio::join!(enter(first), enter(second));
    assert_eq!(entered, (StatusCode::OK, StatusCode::OK));
    assert_eq!(people(&app).await, 1);
}

#[sqlx::test]
async fn gt_03_by_domain_others_need_an_invitation(db: PgPool) {
    let app = app(db, &[("SIGN_UP", "domains"), ("SIGN_UP_DOMAINS", "Example.com,example.org")]).await;
    for (email, passes) in [
        ("mira@example.com", true),
        ("jonas@example.org", true),
        ("eve@sub.example.com", false),
        ("eve@notexample.com", false),
        ("eve@example.com.evil.example", false),
    ] {
        let answer = try_sign_in(&app, email).await;
        assert_eq!(answer.status == StatusCode::OK, passes, "{email}: {}", answer.text());
    }
    app.identity().invite(Operator::Command, "guest@elsewhere.example").await.unwrap();
    assert_eq!(try_sign_in(&app, "guest@elsewhere.example").await.status, StatusCode::OK);
    assert_eq!(people(&app).await, 3);
}

#[sqlx::test]
async fn gt_04_mailboxes_for_minutes_make_no_account_and_shut_nobody_out(db: PgPool) {
    let app = app(db, &[]).await;
    for email in ["x@mailinator.com", "x@any.mailinator.com", "x@yopmail.com"] {
        let refused = try_sign_in(&app, email).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "address_disposable".into()), "{email}");
    }
    assert_eq!(people(&app).await, 0);
    for email in ["x@duck.com", "x@mozmail.com", "x@privaterelay.appleid.com"] {
        assert_eq!(try_sign_in(&app, email).await.status, StatusCode::OK, "{email}");
    }
    // An operator may know better; and whoever has an account already is never asked.
    app.identity().invite(Operator::Command, "known@mailinator.com").await.unwrap();
    for _ in 0..2 {
        assert_eq!(try_sign_in(&app, "known@mailinator.com").await.status, StatusCode::OK);
    }
}

#[sqlx::test]
async fn gt_05_before_the_proof_everybody_hears_the_same(db: PgPool) {
    let app = app(db, &[("SIGN_UP", "invitation")]).await;
    app.identity().invite(Operator::Command, "invited@example.com").await.unwrap();
    app.identity().invite(Operator::Command, "member@example.com").await.unwrap();
    assert_eq!(try_sign_in(&app, "member@example.com").await.status, StatusCode::OK);
    let mut heard = Vec::new();
    for email in ["member@example.com", "invited@example.com", "nobody@example.com", "nobody@mailinator.com"] {
        wait(&app, Duration::minutes(2));
        let before = mails_to(&app, email).await;
        let mut browser = Browser::new(&app);
        let started = browser.start(email, "").await;
        let page = browser.get("/verify-email").await;
        let hidden = aura::identity::model::mask(email);
        let cookies = browser.cookie("__Host-aura-signin").map(|secret| secret.len());
        assert!(page.text().contains(&hidden), "{}", page.text());
        assert_eq!(mails_to(&app, email).await, before + 1, "{email}");
        heard.push((started.status, started.location().to_owned(), started.header_names(), page.status, cookies));
    }
    assert!(heard.iter().all(|one| *one == heard[0]), "{heard:?}");
}

#[sqlx::test]
async fn gt_06_one_client_makes_twenty_accounts_a_day(db: PgPool) {
    let app = app(db, &[]).await;
    for number in 0..20 {
        let entered = try_sign_in(&app, &format!("p{number}@example.com")).await;
        assert_eq!(entered.status, StatusCode::OK, "{number}: {}", entered.text());
    }
    let refused = try_sign_in(&app, "one.more@example.com").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text());
    assert_eq!(refused.header("ratelimit-policy"), "\"sign-up-day\";q=20;w=86400");
    assert!(refused.retry_after() > 3_600);
    assert_eq!(people(&app).await, 20);
    assert_eq!(try_sign_in(&app, "p0@example.com").await.status, StatusCode::OK, "signing in is not making an account");
    wait(&app, Duration::days(1));
    assert_eq!(try_sign_in(&app, "one.more@example.com").await.status, StatusCode::OK);
}
