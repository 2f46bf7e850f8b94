//! Leaving: the week in which one can come back, and what is gone after it.

use aura::{identity::service::operators::Operator, kit::id::UserId};
use http::StatusCode;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, dump, newest_mail, wait},
    program::{Program, person_at},
    stranger::Stranger,
    support::TestApp,
    users::operator,
    vendor::{Vendor, connect},
};

const ME: &str = "/api/v1/users/me";
const MIRA: &str = "mira@example.com";
const OLGA: &str = "olga@example.com";

async fn exists(app: &TestApp, user: UserId) -> bool {
    let found = sqlx::query_scalar("select exists (select from users where id = $1)").bind(Uuid::from(user));
    found.fetch_one(app.db()).await.unwrap()
}

async fn kinds(app: &TestApp, user: UserId) -> Vec<String> {
    sqlx::query_scalar("select kind from audit_events where subject = $1 order by created_at, id")
        .bind(user.to_string())
        .fetch_all(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn us_11_leaving_signs_out_everywhere_and_signing_in_takes_it_back(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let phone = Program::new(&app, user).await;
    wait(&app, Duration::minutes(10));
    let refused = phone.delete(ME).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "prove_first"));
    let to_confirm = browser.post_from("/settings", "/api/privacy/leave", &[], "text/html").await;
    assert_eq!(to_confirm.location(), "/settings/confirm?next=/settings");
    assert!(browser.viewer().await.is_some());

    let phone = Program::new(&app, user).await;
    wait(&app, Duration::seconds(1));
    let left = phone.delete(ME).await;
    assert_eq!((left.status, left.text()), (StatusCode::ACCEPTED, r#"{"leaves_at":"2026-03-19T12:10:01.001Z"}"#));
    assert_eq!((phone.at(&other).asks().await.0, browser.viewer().await), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(phone.brings(&phone.refresh).await.code(), "session_ended");
    let letter = newest_mail(&app, MIRA).await;
    assert!(letter.0.text.contains("19 March, 12:10") && letter.0.text.contains("/signin"), "{}", letter.0.text);

    // Just before the end, by another process.
    wait(&app, Duration::days(7) - Duration::seconds(1));
    assert_eq!(app.state().departures.sweep().await.unwrap(), 0);
    let mut back = Browser::new(&other);
    back.sign_in(&other, MIRA).await;
    assert!(newest_mail(&app, MIRA).await.0.subject.contains("stays"));
    wait(&app, Duration::days(8));
    assert_eq!(app.state().departures.sweep().await.unwrap(), 0);
    assert!(exists(&app, user).await);
    let log = kinds(&app, user).await;
    let told = |kind: &str| log.iter().filter(|line| *line == kind).count();
    assert_eq!((told("leaving_begun"), told("leaving_taken_back")), (1, 1), "{log:?}");

    // In a browser, by the form of the settings.
    wait(&app, Duration::seconds(30));
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    assert!(browser.get("/settings").await.text().contains("Delete your account?"));
    wait(&app, Duration::seconds(1));
    let left = browser.post_from("/settings", "/api/privacy/leave", &[], "text/html").await;
    assert_eq!((left.location(), browser.cookie("__Host-aura")), ("/signin?left=yes", None));
    assert!(browser.get("/signin?left=yes").await.text().contains("will be removed in a week"));
}

#[sqlx::test]
async fn us_12_after_the_week_nothing_of_the_person_is_left_but_what_is_named(db: PgPool) {
    let vendor = Vendor::start().await;
    let revoked = "/api.github.com/applications/client-of-github/grant";
    vendor.answers("DELETE", revoked, ResponseTemplate::new(204)).await;
    let app = vendor.app(db).await;
    app.identity().invite(Operator::Command, MIRA).await.unwrap();
    let (user, mut browser) = person_at(&app, MIRA).await;
    let (stays, _) = person_at(&app, "jonas@example.com").await;
    let olga = operator(&app, OLGA).await;
    let phone = Program::new(&app, user).await;
    // Something in every part: a handle, a connection, a conversation, a history of statuses, codes, a wish.
    app.identity().take_handle(user, "mira_o").await.unwrap();
    connect(&app, user, "github", "gho_mira", None, None).await;
    connect(&app, stays, "github", "gho_jonas", None, None).await;
    let path = format!("/api/v1/users/{user}/status");
    for (status, because) in [("suspended", "a mistake"), ("active", "sorry")] {
        olga.send("PUT", &path, Some(&serde_json::json!({ "status": status, "because": because }))).await;
    }
    assert_eq!(phone.asks().await.0, StatusCode::UNAUTHORIZED);
    wait(&app, Duration::seconds(30));
    browser.sign_in(&app, MIRA).await;
    browser.post_form("/api/chat", &[("text", "hello"), ("key", "k1"), ("conversation", "")]).await;
    browser.form("send-proof", &[]).await;
    Stranger::new(&app).post("recoveries", &serde_json::json!({ "email": MIRA })).await;
    let phone = Program::new(&app, user).await;
    wait(&app, Duration::seconds(1));
    assert_eq!(phone.delete(ME).await.status, StatusCode::ACCEPTED);

    wait(&app, Duration::days(7));
    // From this moment on nobody comes back, not even before the sweep.
    let mut late = Browser::new(&app);
    late.start(MIRA, "").await;
    let code = newest_mail(&app, MIRA).await.code();
    assert_eq!(late.json("verify-code", &[("code", &code)]).await.code(), "account_gone");
    wait(&app, Duration::seconds(1));
    assert_eq!(app.state().departures.sweep().await.unwrap(), 1);

    // No column that names a person names this one, whatever tables there are by now.
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select distinct k.table_name::text, k.column_name::text
         from information_schema.table_constraints c
         join information_schema.key_column_usage k using (constraint_schema, constraint_name)
         join information_schema.constraint_column_usage u using (constraint_schema, constraint_name)
         where c.constraint_type = 'FOREIGN KEY' and u.table_name = 'users'
         union select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and column_name = 'user_id' order by 1, 2",
    )
    .fetch_all(app.db())
    .await
    .unwrap();
    assert!(columns.len() > 20, "{columns:?}");
    for (table, column) in columns {
        let statement = format!("select count(*) from {table} where {column} = $1");
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(Uuid::from(user))
            .fetch_one(app.db())
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}.{column}");
    }
    // The id stands in the log alone, and the address in letters alone, until these are a week old.
    for line in dump(&app).await.lines() {
        let (table, rows) = line.split_once(": ").unwrap();
        let names = rows.contains(&user.to_string());
        assert!(!names || table == "public.audit_events", "{table} still names the person: {rows}");
        assert!(!rows.contains(MIRA) || table == "public.mails", "{table} still has the address: {rows}");
    }
    assert_eq!(kinds(&app, user).await.last().unwrap(), "account_removed");
    let detail: serde_json::Value =
        sqlx::query_scalar("select detail from audit_events where kind = 'account_removed'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!(detail, serde_json::json!({ "revoked": 1, "not_revocable": 0, "not_revoked": 0 }));
    assert_eq!(vendor.asked(revoked).await.len(), 1, "the access of those who stay is left alone");
    assert!(exists(&app, stays).await);
    assert!(newest_mail(&app, MIRA).await.0.subject.contains("is removed"));

    // The address makes a new account, which has nothing of the old one.
    wait(&app, Duration::seconds(30));
    let mut new = Browser::new(&app);
    new.sign_in(&app, MIRA).await;
    assert!(!new.viewer().await.unwrap().contains(&user.to_string()));
}

#[sqlx::test]
async fn us_13_a_service_that_does_not_answer_keeps_nobody_here(db: PgPool) {
    // It has us as a client, and nothing listens where it should be.
    let client = [("GITHUB_CLIENT_ID", "client-of-github"), ("GITHUB_CLIENT_SECRET", "secret-of-github")];
    let app = TestApp::with(db, &client).await;
    let leaves = async |email: &str| {
        let (user, _) = person_at(&app, email).await;
        connect(&app, user, "github", "gho_theirs", None, None).await;
        let phone = Program::new(&app, user).await;
        assert_eq!(phone.delete(ME).await.status, StatusCode::ACCEPTED);
        wait(&app, Duration::days(7));
        user
    };
    let user = leaves(MIRA).await;
    assert_eq!(app.state().departures.sweep().await.unwrap(), 1);
    assert!(!exists(&app, user).await);
    let detail: serde_json::Value =
        sqlx::query_scalar("select detail from audit_events where kind = 'account_removed'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!(detail, serde_json::json!({ "revoked": 0, "not_revocable": 0, "not_revoked": 1 }));

    let user = leaves("jonas@example.com").await;
    let other = app.second_process().await;
    let (one, two) = tokio::join!(app.state().departures.sweep(), other.state().departures.sweep());
    assert_eq!(one.unwrap() + two.unwrap(), 1, "each person is removed once");
    assert!(!exists(&app, user).await);
}
