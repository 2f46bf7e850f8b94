//! The names in addresses.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Answer, Browser, wait},
    support::TestApp,
};

async fn take(browser: &mut Browser, handle: &str) -> Answer {
    browser.post_from("/settings", "/api/account/handle", &[("handle", handle)], "text/html").await
}

/// Takes a handle as a program does, so that a refusal has its status.
async fn refused(browser: &mut Browser, handle: &str) -> (StatusCode, String) {
    let answer = browser.post_from("/settings", "/api/account/handle", &[("handle", handle)], "application/json").await;
    (answer.status, answer.code())
}

async fn person(app: &TestApp, name: &str) -> Browser {
    let mut browser = Browser::new(app);
    browser.sign_in(app, &format!("{name}@example.com")).await;
    browser
}

async fn available(browser: &mut Browser, handle: &str) -> String {
    let question = url::form_urlencoded::Serializer::new(String::new()).append_pair("handle", handle).finish();
    let answer = browser.get_json(&format!("/api/account/handle-availability?{question}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.value().as_object().unwrap().keys().next().unwrap().clone()
}

#[sqlx::test]
async fn pe_01_of_many_claims_at_once_one_wins(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = Box::pin(app.second_process()).await;
    let mut people = Vec::new();
    for number in 0..8 {
        wait(&app, Duration::minutes(1));
        people.push(person(&app, &format!("person{number}")).await);
    }
    for round in 0..5 {
        wait(&app, Duration::days(1));
        let claims = people.iter().enumerate().map(|(number, browser)| {
            let mut browser = browser.at(if number % 2 == 0 { &app } else { &other });
            // Two ways to write one handle.
            let handle = format!("{}{round}", if number % 3 == 0 { "Same_Name_" } else { "same_name_" });
            async move { refused(&mut browser, &handle).await }
        });
        let answers = futures::future::join_all(claims).await;
        let won = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
        assert_eq!(won, 1, "{answers:?}");
        assert!(
            answers.iter().all(|(status, code)| *status == StatusCode::OK || code == "handle_taken"),
            "{answers:?}"
        );
    }
    let two: i64 =
        sqlx::query_scalar("select count(*) from (select 1 from handles group by handle having count(*) > 1) t")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!(two, 0);
}

#[sqlx::test]
async fn pe_02_a_given_up_handle_stays_its_owners_and_leads_to_the_new_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut mira, mut jonas) = (person(&app, "mira").await, person(&app, "jonas").await);
    assert_eq!(take(&mut mira, "Mira").await.location(), "/settings?saved=handle");
    assert_eq!(take(&mut mira, "mira_okafor").await.location(), "/settings?saved=handle");

    let mut stranger = Browser::new(&app);
    let page = stranger.get("/@mira_okafor").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("@mira_okafor") || page.text().contains("mira_okafor</p>"), "{}", page.text());
    assert!(!page.text().contains("mira@example.com"), "the address of mail is nobody's business");
    assert!(!page.text().contains(".wasm") && !page.text().contains("<script"), "it needs no script");
    assert!(page.text().contains("noindex"));
    for old in ["/@mira", "/@MIRA", "/@Mira_Okafor"] {
        let moved = stranger.get(old).await;
        assert_eq!((moved.status, moved.location()), (StatusCode::PERMANENT_REDIRECT, "/@mira_okafor"), "{old}");
        // A browser that kept it for good would run in a circle once she goes back.
        assert_eq!(moved.header("cache-control"), "no-cache");
    }
    assert_eq!(refused(&mut jonas, "mira").await, (StatusCode::CONFLICT, "handle_taken".into()));
    assert_eq!(available(&mut jonas, "mira").await, "no");
    assert_eq!(available(&mut mira, "mira").await, "yours");

    // Back again: the later one leads to the earlier one now.
    assert_eq!(take(&mut mira, "mira").await.location(), "/settings?saved=handle");
    assert_eq!(stranger.get("/@mira").await.status, StatusCode::OK);
    assert_eq!(stranger.get("/@mira_okafor").await.location(), "/@mira");
}

#[sqlx::test]
async fn pe_05_nobody_is_at_an_unknown_handle(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = person(&app, "mira").await;
    take(&mut mira, "mira").await;
    let mut stranger = Browser::new(&app);
    for address in ["/@nobody_here", "/@", "/@admin", "/@mira%20", "/@..%2f..", "/@%00", "/@mir%D0%B0", "/@mira/x"] {
        let answer = stranger.get(address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
    sqlx::query("update users set status = 'suspended'").execute(app.db()).await.unwrap();
    assert_eq!(stranger.get("/@mira").await.status, StatusCode::NOT_FOUND, "a suspended person is not shown");
}

#[sqlx::test]
async fn pe_03_what_cannot_be_a_handle_is_refused_with_a_reason(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = person(&app, "mira").await;
    for handle in
        ["", "mo", "mira okafor", "mirа", "_mira", "mira_", "admin", "Adm1n", "settings", "a".repeat(31).as_str()]
    {
        wait(&app, Duration::seconds(10));
        let answer = refused(&mut mira, handle).await;
        assert_eq!(answer, (StatusCode::UNPROCESSABLE_ENTITY, "handle_invalid".into()), "{handle:?}");
        assert_eq!(available(&mut mira, handle).await, "no", "{handle:?}");
    }
    assert_eq!(available(&mut mira, "@Mira_42").await, "free");
    let rows: i64 = sqlx::query_scalar("select count(*) from handles").fetch_one(app.db()).await.unwrap();
    assert_eq!(rows, 0);
    assert_eq!(refused(&mut Browser::new(&app), "mira").await.0, StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn three_new_handles_a_day_and_ten_in_all(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = person(&app, "mira").await;
    for day in 0..3 {
        for number in 0..3 {
            let handle = format!("mira_{day}{number}");
            assert_eq!(refused(&mut mira, &handle).await.0, StatusCode::OK, "{handle}");
        }
        let fourth = refused(&mut mira, &format!("mira_{day}x")).await;
        assert_eq!(fourth, (StatusCode::UNPROCESSABLE_ENTITY, "handle_too_often".into()));
        assert_eq!(refused(&mut mira, &format!("mira_{day}0")).await.0, StatusCode::OK, "back is always possible");
        wait(&app, Duration::days(1));
    }
    assert_eq!(refused(&mut mira, "mira_ten").await.0, StatusCode::OK);
    let eleventh = refused(&mut mira, "mira_eleven").await;
    assert_eq!(eleventh, (StatusCode::UNPROCESSABLE_ENTITY, "handle_too_many".into()));
}

#[sqlx::test]
async fn pe_04_whether_a_handle_is_free_is_told_without_a_script(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut mira, mut jonas) = (person(&app, "mira").await, person(&app, "jonas").await);
    take(&mut mira, "mira").await;
    for (asked, told) in [("jonas", "@jonas is free."), ("mira", "Somebody has this handle."), ("x", "3 to 30 signs")] {
        let page = jonas.get(&format!("/settings?handle={asked}")).await;
        assert!(page.text().contains(told), "{asked}");
    }
    // An error of the form comes back to the page.
    let back = take(&mut jonas, "mira").await;
    let page = jonas.get(back.location()).await;
    assert!(page.text().contains("Somebody has this handle."), "{}", back.location());
}
