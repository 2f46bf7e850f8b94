//! Over a pool of a single connection: whoever takes a second one while they hold the first waits for themselves.

use std::time::Duration;

use aura::chat::Asker;
use http::Method;
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    browser::{Browser, wait},
    outside::{Outside, Reply, Step, connect, eventually},
    support::TestApp,
    vendor::user_of,
    walk::{OWN, address, ask, everything, fields, routes},
};

/// The same database by one connection, for which nobody waits long.
async fn narrow(db: &PgPool) -> PgPool {
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(3));
    options.connect_with((*db.connect_options()).clone()).await.unwrap()
}

async fn mira(app: &TestApp) -> Browser {
    let mut mira = Browser::new(app);
    mira.sign_in(app, "mira@example.com").await;
    sqlx::query("update users set role = 'admin'").execute(app.db()).await.unwrap();
    mira
}

#[sqlx::test]
async fn rt_11_no_route_takes_a_second_connection_while_it_holds_one(db: PgPool) {
    let app = everything(narrow(&db).await).await;
    let cookie = format!("__Host-aura={}", mira(&app).await.cookie("__Host-aura").unwrap());
    let (reads, writes): (Vec<_>, Vec<_>) = routes(&app).into_iter().partition(|route| route.method == Method::GET);
    let mut stuck = Vec::new();
    // What is written may end the session: the pages come first.
    for route in reads.iter().chain(&writes) {
        let mut headers = OWN.to_vec();
        headers.extend([("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")]);
        let told = ask(&app, &route.method, &address(route), &headers, &fields()).await;
        if told.status.is_server_error() && told.status != 501 && told.status != 502 {
            stuck.push(format!("{} {}: {} {}", route.method, route.path, told.status, told.code()));
        }
        wait(&app, time::Duration::seconds(10));
    }
    assert!(stuck.is_empty(), "{}", stuck.join("\n"));
}

#[sqlx::test]
async fn rt_12_a_conversation_with_cards_is_shown_over_one_connection(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(narrow(&db).await).await;
    let mut mira = mira(&app).await;
    let user = user_of(&app, "mira@example.com").await;
    connect(&app, user, "github").await;
    let issue = json!({"owner": "northbeam", "repo": "harbor", "title": "Round up", "body": "Receipts show dollars."});
    outside.model(Reply::Stream(vec![Step::Call("github__create_issue", issue), Step::Finish("tool_calls")]));
    let asker = Asker { user, name: "Mira".into(), zone: "Europe/Berlin".into() };
    let sent = app.state().chat.send(&asker, None, "Open an issue about the receipts", "k1").await.unwrap();
    eventually("a proposal", async || {
        let page = mira.get(&format!("/chat/{}", sent.conversation)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.text().contains("Round up").then_some(())
    })
    .await;
}
