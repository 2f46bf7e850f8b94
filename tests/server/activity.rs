//! The log of an account.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, newest_mail, wait},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    wait(app, Duration::minutes(1));
    let mut browser = Browser::new(app).called(FIREFOX);
    browser.sign_in(app, email).await;
    browser
}

async fn written(app: &TestApp, lines: i64) {
    let now = app.clock().now();
    sqlx::query(
        "insert into audit_events (id, subject, kind, created_at)
         select gen_random_uuid(), (select id::text from users limit 1), 'picture_changed', $2
         from generate_series(1, $1)",
    )
    .bind(lines)
    .bind(now)
    .execute(app.db())
    .await
    .unwrap();
}

#[sqlx::test]
async fn the_page_tells_what_happened_and_from_where(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let answer = mira.form("start-email-change", &[("email", "mira@new.example")]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let code = newest_mail(&app, "mira@new.example").await.code();
    mira.form("finish-email-change", &[("code", &code)]).await;
    let page = mira.get("/settings/activity").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "Made the account",
        "Signed in with a code by mail",
        "Changed the address",
        "m••a@example.com to m••a@new.example",
        "Firefox on Windows, 127.0.x.x",
        "Today, 12:01",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let (request_id, client): (String, String) =
        sqlx::query_as("select request_id, client from audit_events where kind = 'email_changed'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!((request_id.len(), client.as_str()), (16, "Firefox on Windows, 127.0.x.x"));

    let sign_ins = mira.get("/settings/activity?show=sign-ins").await;
    assert!(sign_ins.text().contains("Signed in with") && !sign_ins.text().contains("Changed the address"));
    let changes = mira.get("/settings/activity?show=changes").await;
    assert!(!changes.text().contains("Signed in with") && changes.text().contains("Changed the address"));
}

#[sqlx::test]
async fn ac_08_nobody_else_sees_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mut eve = signed_in(&app, "eve@example.com").await;
    mira.form("sign-out-everywhere", &[]).await;
    mira.sign_in(&app, MIRA).await;
    for address in ["/settings/activity", "/api/identity/activity?show=all", "/api/identity/activity.csv"] {
        let answer = if address.contains('?') { eve.get_json(address).await } else { eve.get(address).await };
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert!(answer.text().contains("Signed in with a code by mail"), "{address}");
        assert!(!answer.text().contains("Signed out everywhere"), "{address}");
        let stranger = Browser::new(&app).get_json(address).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{address}");
    }
    // A place in somebody else's log leads nowhere but into one's own.
    let theirs: uuid::Uuid = sqlx::query_scalar("select id from audit_events where kind = 'signed_out_everywhere'")
        .fetch_one(app.db())
        .await
        .unwrap();
    let answer = eve.get_json(&format!("/api/identity/activity?show=all&before={theirs}")).await;
    assert!(!answer.text().contains("everywhere"), "{}", answer.text());
}

#[sqlx::test]
async fn pages_of_25_are_read_to_the_end_without_a_gap(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    written(&app, 60).await;
    let all: i64 = sqlx::query_scalar("select count(*) from audit_events").fetch_one(app.db()).await.unwrap();
    let (mut read, mut pages, mut address) = (0, Vec::new(), "/api/identity/activity?show=all".to_owned());
    loop {
        let page = mira.get_json(&address).await.value();
        let lines = page["lines"].as_array().unwrap().len();
        read += lines;
        pages.push(lines);
        let Some(older) = page["older"].as_str() else { break };
        address = format!("/api/identity/activity?show=all&before={older}");
    }
    assert_eq!(i64::try_from(read).unwrap(), all);
    assert_eq!(pages, [25, 25, 12]);
    let first = mira.get("/settings/activity").await;
    assert!(first.text().contains(">Older<") && !first.text().contains(">Newest<"), "{}", first.text());
    let href = first.text().split("href=\"/settings/activity?show=all&amp;before=").nth(1).unwrap();
    let older = mira.get(&format!("/settings/activity?show=all&before={}", href.split('"').next().unwrap())).await;
    assert!(older.text().contains(">Newest<"), "{}", older.text());
    for nonsense in ["?show=none", "?before=x", "?before=", "?show=&before=0192f0c1-0000-7000-8000-000000000000"] {
        assert_eq!(mira.get(&format!("/settings/activity{nonsense}")).await.status, StatusCode::OK, "{nonsense}");
    }
}

#[sqlx::test]
async fn the_file_holds_every_line(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    written(&app, 40).await;
    let file = mira.get("/api/identity/activity.csv").await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"aura-activity.csv\"");
    assert_eq!(file.header("cache-control"), "no-store");
    let lines: Vec<&str> = file.text().split("\r\n").collect();
    assert_eq!(lines[0], "when,what,more,from,kind");
    assert_eq!(lines.len(), 1 + 42 + 1, "heading, lines, the end");
    assert!(
        file.text().contains("\"Signed in with a code by mail\",\"\",\"Firefox on Windows, 127.0.x.x\",\"signed_in\"")
    );
}

#[sqlx::test]
async fn ac_09_no_line_can_be_changed_or_taken_away(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    for statement in [
        "update audit_events set kind = 'x'",
        "update audit_events set detail = '{}' where kind = 'signed_in'",
        "delete from audit_events",
        "truncate audit_events",
    ] {
        let refused = sqlx::query(statement).execute(app.db()).await.unwrap_err().to_string();
        assert!(refused.contains("appended and never changed"), "{statement}: {refused}");
    }
    let lines =
        async || -> i64 { sqlx::query_scalar("select count(*) from audit_events").fetch_one(app.db()).await.unwrap() };
    assert_eq!(lines().await, 2);
    // Only what is older than a year goes, by the sweep.
    wait(&app, Duration::days(365) - Duration::minutes(1));
    app.identity().purge().await.unwrap();
    assert_eq!(lines().await, 2);
    wait(&app, Duration::minutes(2));
    app.identity().purge().await.unwrap();
    assert_eq!(lines().await, 0);
    assert!(mira.viewer().await.is_none(), "and the session has long ended");
    // The sweep's permission ended with its transaction.
    mira.sign_in(&app, MIRA).await;
    assert!(sqlx::query("delete from audit_events").execute(app.db()).await.is_err());
}
