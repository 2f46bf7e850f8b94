//! Connecting by what a person pastes, at every service that wants it, in the sandbox.

use std::collections::BTreeMap;

use aura::{
    integrations::{model::ConnectionState, service::forms::Pasting},
    kit::id::ConnectionId,
    providers::catalogue,
};
use http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use crate::{
    abroad::{Abroad, MIRA},
    browser::{dump, wait},
    pasted::{PASTED, accepted, look_around, paste, pasted, post, state_of},
    support::Logs,
    vendor::{count, user_of},
};

const JSON: &str = "application/json";
const HTML: &str = "text/html,application/xhtml+xml";

#[sqlx::test]
async fn ky_01_every_service_is_connected_used_and_ended(db: PgPool) {
    let entries: Vec<&str> =
        catalogue().all().iter().filter(|entry| entry.has_form()).map(|entry| entry.id.as_str()).collect();
    let played: Vec<&str> = PASTED.iter().map(|pasted| pasted.service).collect();
    assert_eq!(entries, played, "each service with a form is played");
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    for pasted in &PASTED {
        let added = post(&abroad, &mut browser, pasted.service, &pasted.with(&[]), &[], HTML).await;
        let there = format!("/connections?connected={}", pasted.service);
        assert_eq!(added.location(), there, "{}: {} {:?}", pasted.service, added.text(), abroad.refused());
        let row = abroad.rows().await.into_iter().find(|row| row.provider == pasted.service).unwrap();
        assert_eq!(row.state, "active", "{}", pasted.service);
        assert!(pasted.label.is_empty() || row.account_label == pasted.label, "{}: {row:?}", pasted.service);
    }
    assert_eq!(abroad.refused(), [] as [String; 0], "a right credential is refused by nobody");
    let before: Vec<usize> = PASTED.iter().map(|pasted| accepted(&abroad, pasted.host)).collect();
    look_around(&abroad).await;
    for (pasted, before) in PASTED.iter().zip(before) {
        assert!(accepted(&abroad, pasted.host) > before, "{}: nobody used what is stored", pasted.service);
    }
    assert!(abroad.rows().await.iter().all(|row| row.state == "active"), "{:?}", abroad.refused());
    for row in abroad.rows().await {
        wait(&abroad.app, Duration::seconds(2));
        let ended = browser.post_json(&format!("/api/integrations/{}/disconnect", row.id), &Value::Null).await;
        let verdict = pasted(&row.provider).verdict;
        assert_eq!(ended.value()["verdict"], verdict, "{}: {}", row.provider, ended.text());
    }
    let ended = abroad.sandbox.ledger().matching(Some("gateway.prod.bill.com"), Some("/connect/v3/logout"));
    assert!(!ended.is_empty(), "a session is ended where it was begun");
    assert_eq!(count(&abroad.app, "connections").await, 0);
    assert!(abroad.app.state().integrations.connections(user).await.unwrap().is_empty());
}

#[sqlx::test]
async fn ky_02_no_secret_stands_readable_in_a_row_a_page_or_a_log(db: PgPool) {
    let (logs, listening) = Logs::listen();
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let mut shown = String::new();
    for pasted in &PASTED {
        let wrong = post(&abroad, &mut browser, pasted.service, &pasted.wrong(), &[], HTML).await;
        shown.push_str(wrong.text());
        shown.push_str(&format!("{:?}", wrong.headers));
        shown.push_str(browser.get(&format!("/connections/add/{}", pasted.service)).await.text());
        post(&abroad, &mut browser, pasted.service, &pasted.with(&[]), &[], HTML).await;
    }
    look_around(&abroad).await;
    shown.push_str(browser.get("/connections").await.text());
    shown.push_str(browser.get_json("/api/connections/overview").await.text());
    for row in abroad.rows().await {
        shown.push_str(browser.get(&format!("/connections/{}", row.id)).await.text());
        shown.push_str(browser.get(&format!("/connections/add/{}?reconnect={}", row.provider, row.id)).await.text());
    }
    assert_eq!(count(&abroad.app, "connections").await, i64::try_from(PASTED.len()).unwrap());
    let (rows, journal) =
        (dump(&abroad.app).await, serde_json::to_string(&abroad.sandbox.ledger().matching(None, None)));
    drop(listening);
    let (told, journal) = (logs.text(), journal.unwrap());
    assert!(!told.is_empty(), "the log is written");
    for pasted in &PASTED {
        let all = pasted.secrets.iter().flat_map(|name| [pasted.with(&[])[name], pasted.wrong()[name]]);
        for secret in all {
            // The path of a bot's calls may have its colon encoded.
            let half = secret.rsplit(':').next().unwrap();
            for (place, text) in [("row", &rows), ("page", &shown), ("log", &told), ("journal", &journal)] {
                assert!(!text.contains(half), "{}: a secret stands in a {place}", pasted.service);
            }
        }
    }
}

#[sqlx::test]
async fn ky_03_what_was_typed_comes_back_and_a_secret_does_not(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let page = browser.get("/connections/add/twilio").await;
    assert_eq!(page.status, StatusCode::OK);
    for wanted in ["Account SID", "API key SID", "API key secret", "Begins with AC", "autocomplete=\"off\""] {
        assert!(page.text().contains(wanted), "{wanted}: {}", page.text());
    }
    assert_eq!(page.text().matches("type=\"password\"").count(), 1);
    let fields = pasted("twilio").with(&[("key", "canary-of-a-secret")]);
    let refused = post(&abroad, &mut browser, "twilio", &fields, &[], HTML).await;
    assert_eq!(refused.location(), "http://localhost:3000/connections/add/twilio", "{}", refused.text());
    let page = browser.get("/connections/add/twilio").await;
    for wanted in [fields["account"], fields["user"], "does not accept this key"] {
        assert!(page.text().contains(wanted), "{wanted}: {}", page.text());
    }
    assert!(!page.text().contains("canary-of-a-secret"));
    let regions = browser.get("/connections/add/new-relic").await;
    for wanted in ["United States", "Europe", "api.jp"] {
        assert!(regions.text().contains(wanted), "{wanted}");
    }
    for unknown in ["github", "nonsense"] {
        let page = browser.get(&format!("/connections/add/{unknown}")).await;
        assert!(!page.text().contains("Check and connect"), "{unknown}");
    }
}

#[sqlx::test]
async fn ky_04_a_key_goes_to_the_region_that_was_chosen_and_to_no_other_place(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    let none = Pasting::default();
    let european = [
        ("1password", vec![("server", "https://events.1password.eu"), ("key", "sandbox-1password-token-eu")]),
        ("segment", vec![("region", "eu1.api"), ("key", "sandbox-segment-token-eu")]),
        (
            "mixpanel",
            vec![
                ("server", "https://eu.mixpanel.com"),
                ("username", "aura.9d1e.mp-service-account"),
                ("key", "sandbox-mixpanel-secret-eu"),
            ],
        ),
        ("datadog", vec![("site", "https://api.datadoghq.eu")]),
    ];
    for (service, changes) in european {
        let there = pasted(service).with(&changes);
        paste(&abroad, user, service, &there, none).await.unwrap_or_else(|code| panic!("{service}: {code}"));
    }
    let here = pasted("segment").with(&[("key", "sandbox-segment-token-eu")]);
    assert_eq!(paste(&abroad, user, "segment", &here, none).await, Err("key_refused".into()));
    let asked = abroad.sandbox.ledger().matching(None, None).len();
    let hostile = [
        ("1password", "server", "https://evil.1password.com"),
        ("1password", "server", "https://events.1password.com.evil.example"),
        ("datadog", "site", "https://api.datadoghq.com@evil.example"),
        ("datadog", "site", "https://evil.datadoghq.com"),
        ("datadog", "site", "http://api.datadoghq.com"),
        ("datadog", "site", "https://api.datadoghq.com:8443"),
        ("mixpanel", "server", "https://127.0.0.1"),
        ("segment", "region", "evil.example/"),
        ("segment", "region", "api.evil"),
        ("new-relic", "region", "api.newrelic.com#"),
        ("freshdesk", "subdomain", "evil.example"),
        ("freshdesk", "subdomain", "northbeam.freshdesk.com"),
        ("freshdesk", "subdomain", "a/b"),
        ("sendgrid", "server", "https://api.sendgrid.com/other"),
        ("signal", "server", "http://signal.northbeam.example"),
        ("signal", "server", "https://mira:secret@signal.northbeam.example"),
        ("signal", "server", "https://signal.northbeam.example?x="),
        ("imessage", "server", "file:///etc/passwd"),
        ("whatsapp", "account", "104101/../me"),
        ("twilio", "account", "AC/../.."),
    ];
    for (service, name, value) in hostile {
        let fields = pasted(service).with(&[(name, value)]);
        let code = paste(&abroad, user, service, &fields, none).await.unwrap_err();
        assert!(["tenant_refused", "key_malformed"].contains(&code.as_str()), "{service} {value}: {code}");
    }
    assert_eq!(abroad.sandbox.ledger().matching(None, None).len(), asked, "nobody was asked");
}

#[sqlx::test]
async fn ky_05_a_new_key_keeps_the_connection_and_another_account_takes_its_place_only_when_told(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    let key = |key: &'static str| BTreeMap::from([("key", key)]);
    let first = paste(&abroad, user, "coda", &key("sandbox-coda-token"), Pasting::default()).await.unwrap();
    let again = Pasting { reconnect: Some(first), instead: false };
    assert_eq!(paste(&abroad, user, "coda", &key("sandbox-coda-token"), again).await, Ok(first));
    let jonas = key("sandbox-coda-token-of-jonas");
    let id = first.to_string();
    let refused = post(&abroad, &mut browser, "coda", &jonas, &[("reconnect", &id)], JSON).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "other_account"));
    for account in ["mira@northbeam.example", "jonas@northbeam.example"] {
        assert!(refused.text().contains(account), "{}", refused.text());
    }
    assert_eq!(state_of(&abroad.rows().await, first).1, "mira@northbeam.example");
    // Without a script the page comes back with the question.
    post(&abroad, &mut browser, "coda", &jonas, &[("reconnect", &id)], HTML).await;
    let page = browser.get(&format!("/connections/add/coda?reconnect={id}")).await;
    assert!(page.text().contains("name=\"instead\""), "{}", page.text());
    post(&abroad, &mut browser, "coda", &jonas, &[("reconnect", &id), ("instead", "true")], JSON).await;
    assert_eq!(state_of(&abroad.rows().await, first).1, "jonas@northbeam.example");
    // Several accounts stand beside each other, and none takes the place of another that is connected.
    let second = paste(&abroad, user, "coda", &key("sandbox-coda-token"), Pasting::default()).await.unwrap();
    assert_ne!(first, second);
    let taken = Pasting { reconnect: Some(second), instead: true };
    assert_eq!(paste(&abroad, user, "coda", &jonas, taken).await, Err("already_connected".into()));
    // Somebody else's connection does not exist, nor one of another service.
    abroad.signed_in("jonas@example.com").await;
    let other = user_of(&abroad.app, "jonas@example.com").await;
    let foreign = Pasting { reconnect: Some(first), instead: true };
    assert_eq!(paste(&abroad, other, "coda", &jonas, foreign).await, Err("not_found".into()));
    assert_eq!(paste(&abroad, user, "apollo", &pasted("apollo").with(&[]), foreign).await, Err("not_found".into()));
    assert_eq!(count(&abroad.app, "connections").await, 2);
}

#[sqlx::test]
async fn ky_06_a_key_that_stops_working_asks_for_a_new_one(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    let fields = pasted("freshdesk").with(&[]);
    let id = paste(&abroad, user, "freshdesk", &fields, Pasting::default()).await.unwrap();
    abroad.sandbox.faults().push(sandbox::faults::Fault {
        host: "northbeam.freshdesk.com".into(),
        path: None,
        kind: sandbox::faults::Kind::Unauthorised,
        times: 9,
        retry_after: None,
    });
    look_around(&abroad).await;
    assert_eq!(state_of(&abroad.rows().await, id).0, "needs_reauth");
    let view = &abroad.app.state().integrations.connections(user).await.unwrap()[0];
    assert!(view.state == ConnectionState::NeedsReauth && view.trouble.as_ref().unwrap().contains("Paste a new key"));
    let page = browser.get("/connections").await;
    let there = format!("/connections/add/freshdesk?reconnect={id}");
    assert!(page.text().contains(&there), "{}", page.text());
    abroad.sandbox.faults().clear();
    // The subdomain need not be typed again.
    let page = browser.get(&there).await;
    assert!(
        page.text().contains("value=\"northbeam\"") && page.text().contains("Check and replace"),
        "{}",
        page.text()
    );
    let again = Pasting { reconnect: Some(id), instead: false };
    assert_eq!(paste(&abroad, user, "freshdesk", &BTreeMap::from([("key", fields["key"])]), again).await, Ok(id));
    assert_eq!(state_of(&abroad.rows().await, id).0, "active");
    look_around(&abroad).await;
    assert_eq!(state_of(&abroad.rows().await, id).0, "active");
}

/// How often a session was begun, and how many of these tries were refused.
fn logins(abroad: &Abroad) -> (usize, usize) {
    let all = abroad.sandbox.ledger().matching(Some("gateway.prod.bill.com"), Some("/connect/v3/login"));
    let tries: Vec<_> = all.iter().filter(|entry| entry.method == "POST").collect();
    (tries.len(), tries.iter().filter(|entry| entry.refused).count())
}

fn forget_sessions(abroad: &Abroad) {
    abroad.sandbox.shelf().list("bill-com/sessions", Vec::new).clear();
}

#[sqlx::test]
async fn ky_07_a_session_that_has_ended_is_begun_anew_by_one_try(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    let fields = pasted("bill-com").with(&[]);
    let id: ConnectionId = paste(&abroad, user, "bill-com", &fields, Pasting::default()).await.unwrap();
    assert_eq!(logins(&abroad), (1, 0));
    // Left unused for longer than a session lives, the next use begins a new one without asking the old one.
    look_around(&abroad).await;
    assert_eq!(logins(&abroad), (2, 0));
    assert_eq!(abroad.refused(), [] as [String; 0]);
    // The service has ended it sooner: one refusal, one new session.
    sqlx::query("update connections set last_used_at = $1")
        .bind(abroad.app.clock().now())
        .execute(abroad.app.db())
        .await
        .unwrap();
    forget_sessions(&abroad);
    wait(&abroad.app, Duration::hours(21));
    sqlx::query("update connections set last_used_at = $1")
        .bind(abroad.app.clock().now())
        .execute(abroad.app.db())
        .await
        .unwrap();
    abroad.app.state().integrations.look_around().await.unwrap();
    assert_eq!((logins(&abroad), abroad.refused().len()), ((3, 0), 1));
    assert_eq!(state_of(&abroad.rows().await, id).0, "active");
    // The password was changed there: it is tried once more, and never again.
    let password = abroad.sandbox.shelf().number();
    abroad.sandbox.shelf().list("bill-com/changed", Vec::new).push(password.into());
    forget_sessions(&abroad);
    look_around(&abroad).await;
    look_around(&abroad).await;
    assert_eq!(state_of(&abroad.rows().await, id).0, "needs_reauth");
    assert_eq!(logins(&abroad), (4, 1));
    let told = count(&abroad.app, "notifications where kind = 'connection'").await;
    assert_eq!(told, 1, "its person is told, once");
}
