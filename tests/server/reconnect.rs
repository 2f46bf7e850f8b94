//! The same connection anew, another account, several accounts, and permissions added later.

use aura::providers::catalogue;
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    abroad::{Abroad, MIRA},
    browser::{Browser, wait},
    vendor::{GITHUB_TOKEN, Vendor, count, parameter, return_address, state_of, user_of},
};

#[sqlx::test]
async fn cn_23_a_connection_that_is_made_anew_keeps_its_id_and_its_place(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    for id in ["github", "zendesk", "jira", "greenhouse"] {
        let provider = catalogue().get(id).unwrap();
        let before = abroad.connect(&mut browser, provider, &[], "mira").await;
        sqlx::query("update connections set state = 'needs_reauth', reason = 'revoked' where id = $1")
            .bind(before.id)
            .execute(abroad.app.db())
            .await
            .unwrap();
        let connection = before.id.to_string();
        let done = abroad.visit(&mut browser, provider, &[("reconnect", &connection)], "mira").await;
        assert_eq!(done.location(), format!("/connections?connected={id}"), "{id}: {}", done.text());
        let after = abroad.rows().await.into_iter().find(|row| row.provider == *id).unwrap();
        assert_eq!((after.id, after.state.as_str(), after.version), (before.id, "active", before.version + 1), "{id}");
        assert_eq!((&after.account_id, &after.blanks), (&before.account_id, &before.blanks), "{id}");
    }
    assert_eq!(abroad.rows().await.len(), 4);
}

#[sqlx::test]
async fn cn_24_another_account_takes_no_connections_place_before_the_person_says_so(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let github = catalogue().get("github").unwrap();
    let before = abroad.connect(&mut browser, github, &[], "mira").await;
    let connection = before.id.to_string();
    let sealed = async || -> String {
        sqlx::query_scalar("select sealed_access_token from connections where id = $1")
            .bind(before.id)
            .fetch_one(abroad.app.db())
            .await
            .unwrap()
    };
    let token = sealed().await;
    let asked = async |browser: &mut Browser| {
        let asks = abroad.visit(browser, github, &[("reconnect", &connection)], "jonas").await;
        let place = asks.location().to_owned();
        assert!(place.contains("/github/choice/"), "{place}");
        place
    };
    // Asked, and left as it was.
    let place = asked(&mut browser).await;
    let page = browser.get(&place).await;
    assert!(page.text().contains("mira-okafor") && page.text().contains("jonas-weil"), "{}", page.text());
    assert_eq!((abroad.rows().await[0].account_label.as_str(), sealed().await == token), ("mira-okafor", true));
    let refused = browser.json_at(&place, &[("answer", "place"), ("place", "x")]).await;
    assert_eq!(refused.code(), "no_such_answer");
    browser.post_form(&place, &[("answer", "cancel")]).await;
    assert_eq!((abroad.rows().await.len(), sealed().await == token), (1, true));
    // As an account of its own.
    let place = asked(&mut browser).await;
    browser.post_form(&place, &[("answer", "add")]).await;
    let labels: Vec<_> = abroad.rows().await.into_iter().map(|row| row.account_label).collect();
    assert_eq!((labels.len(), sealed().await == token), (2, true), "{labels:?}");
    // In the place of the other, which cannot be while it stands for itself.
    let place = asked(&mut browser).await;
    let taken = browser.json_at(&place, &[("answer", "replace")]).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "already_connected"), "{}", taken.text());
    assert!(sealed().await == token);
    sqlx::query("delete from connections where id <> $1").bind(before.id).execute(abroad.app.db()).await.unwrap();
    let place = asked(&mut browser).await;
    let done = browser.post_form(&place, &[("answer", "replace")]).await;
    assert_eq!(done.location(), "/connections?connected=github", "{}", done.text());
    let rows = abroad.rows().await;
    assert_eq!((rows.len(), rows[0].id, rows[0].account_label.as_str()), (1, before.id, "jonas-weil"));
    assert!(sealed().await != token);
}

#[sqlx::test]
async fn cn_25_a_connection_of_somebody_else_or_of_another_service_is_not_made_anew(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut mira = abroad.signed_in(MIRA).await;
    let mut jonas = abroad.signed_in("jonas@example.com").await;
    let row = abroad.connect(&mut mira, catalogue().get("github").unwrap(), &[], "mira").await;
    for (browser, id) in [(&mut jonas, "github"), (&mut mira, "linear")] {
        let refused = browser.click(&format!("/api/integrations/{id}?reconnect={}", row.id)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{id}");
    }
    for id in ["nothing", "", "00000000-0000-0000-0000-000000000000"] {
        let refused = mira.click(&format!("/api/integrations/github?reconnect={id}")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(count(&abroad.app, "connection_flows").await, 0);
}

#[sqlx::test]
async fn cn_26_several_accounts_of_one_service_stand_side_by_side(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let gitlab = catalogue().get("gitlab").unwrap();
    let first = abroad.connect(&mut browser, gitlab, &[], "mira").await;
    abroad.connect(&mut browser, gitlab, &[], "jonas").await;
    let again = abroad.visit(&mut browser, gitlab, &[], "mira").await;
    assert_eq!(again.location(), "/connections?connected=gitlab");
    let mut rows = abroad.rows().await;
    rows.sort_by(|one, other| one.account_label.cmp(&other.account_label));
    let labels: Vec<_> = rows.iter().map(|row| row.account_label.as_str()).collect();
    assert_eq!(labels, ["jonas-weil", "mira-okafor"]);
    assert_eq!(rows[1].id, first.id, "the account that was there keeps its connection");
    for (kind, times) in [("connected", 2), ("reconnected", 1)] {
        assert_eq!(count(&abroad.app, &format!("connection_events where kind = '{kind}'")).await, times, "{kind}");
    }
}

#[sqlx::test]
async fn cn_27_permissions_are_added_to_a_connection_and_asked_for_again_with_it(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let asana = catalogue().get("asana").unwrap();
    let before = abroad.connect(&mut browser, asana, &[], "mira").await;
    assert!(!before.scopes.contains(&"tasks:write".to_owned()));
    let user = user_of(&abroad.app, MIRA).await;
    let shown = abroad.app.state().integrations.connections(user).await.unwrap();
    let offered: Vec<_> = shown[0].addable.iter().map(|scope| scope.name.as_str()).collect();
    let optional = &asana.oauth.as_ref().unwrap().optional_scopes;
    assert_eq!(offered, optional.iter().map(|scope| scope.name.as_str()).collect::<Vec<_>>());
    assert!(offered.contains(&"tasks:write"));
    assert!(shown[0].addable.iter().all(|scope| !scope.reason.is_empty()));
    let connection = before.id.to_string();
    let query = [("reconnect", connection.as_str()), ("add", "tasks:write")];
    let address = abroad.leave(&mut browser, asana, &query).await;
    let scope = parameter(&address, "scope").unwrap();
    assert_eq!(scope.split(' ').filter(|name| *name == "tasks:write").count(), 1, "{scope}");
    let back = abroad.consent(&address, "mira", "allow").await;
    browser.get(&crate::abroad::path_of(&back)).await;
    let after = &abroad.rows().await[0];
    assert_eq!((after.id, after.state.as_str()), (before.id, "active"));
    assert!(after.scopes.contains(&"tasks:write".to_owned()) && after.asked_scopes.contains(&"tasks:write".to_owned()));
    // Renewing it later asks for it again.
    let address = abroad.leave(&mut browser, asana, &[("reconnect", connection.as_str())]).await;
    assert!(parameter(&address, "scope").unwrap().contains("tasks:write"));
    // What the entry does not know is not asked for.
    for wrong in ["tasks:everything", "openid%20profile", ""] {
        let refused = browser.click(&format!("/api/integrations/asana?reconnect={connection}&add={wrong}")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[sqlx::test]
async fn cn_28_what_was_not_granted_is_named_with_what_it_is_for(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GITHUB_TOKEN, json!({"access_token": "a", "scope": "read:user,notifications"})).await;
    vendor.json("GET", "/api.github.com/user", json!({"id": 7, "login": "mira-okafor"})).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    wait(&app, Duration::seconds(7));
    let state = state_of(&crate::vendor::begin(&app, &browser, "github").await);
    browser.get(&return_address("github", &[("code", "c"), ("state", &state)])).await;
    let user = user_of(&app, MIRA).await;
    let shown = &app.state().integrations.connections(user).await.unwrap()[0];
    assert_eq!(shown.missing_scopes, ["repo"]);
    let reason = &catalogue().get("github").unwrap().scopes().iter().find(|scope| scope.name == "repo").unwrap().reason;
    let trouble = shown.trouble.clone().unwrap();
    assert!(trouble.contains(reason.as_str()), "{trouble}");
    let page = browser.get("/connections").await;
    assert!(page.text().contains(reason.as_str()), "{}", page.text());
    assert!(page.text().contains(&format!("/api/integrations/github?reconnect={}", shown.id)), "{}", page.text());
}
