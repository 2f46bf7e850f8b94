//! One consent, several places: the question after it, and what waits meanwhile.

use aura::{integrations, providers::catalogue};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{
    abroad::{Abroad, MIRA, places_of},
    browser::{Browser, dump, wait},
    vendor::{Vendor, begin, count, return_address, state_of},
};

/// The sites that the sandbox opens.
const NORTH: &str = "11111111-aaaa-4aaa-8aaa-000000000001";
const TIDE: &str = "11111111-aaaa-4aaa-8aaa-000000000002";

#[sqlx::test]
async fn cn_20_a_consent_for_several_places_asks_which_and_connects_that_one(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let jira = catalogue().get("jira").unwrap();
    let asks = abroad.visit(&mut browser, jira, &[], "mira").await;
    assert_eq!((asks.header("cache-control"), asks.header("referrer-policy")), ("no-store", "no-referrer"));
    let place = asks.location().to_owned();
    assert!(place.starts_with("/api/integrations/jira/choice/"), "{place}");
    assert_eq!(count(&abroad.app, "connections").await, 0, "nothing before the answer");
    let page = browser.get(&place).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Which site?") && page.text().contains("northbeam"), "{}", page.text());
    assert!(!page.text().contains("<script"), "{}", page.text());
    assert_eq!(places_of(&page), [NORTH, TIDE]);
    for wrong in ["3546caa9-67fd", "", "../x"] {
        let refused = browser.json_at(&place, &[("answer", "place"), ("place", wrong)]).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "no_such_answer"), "{wrong}");
    }
    // Of two answers at once one counts.
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let answer = [("answer", "place"), ("place", TIDE)];
    let (one, other) = tokio::join!(one.post_form(&place, &answer), other.post_form(&place, &answer));
    let done =
        [&one, &other].map(|done| done.status == StatusCode::SEE_OTHER && done.location().contains("connected=jira"));
    assert!(done == [true, false] || done == [false, true], "{} {}", one.text(), other.text());
    let rows = abroad.rows().await;
    assert_eq!((rows.len(), rows[0].blanks["cloud"].as_str()), (1, Some(TIDE)));
    assert!(rows[0].account_id.starts_with(TIDE), "{}", rows[0].account_id);
    let again = browser.json_at(&place, &[("answer", "place"), ("place", NORTH)]).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (410, "choice_gone"));
    // The other site is another connection of the same account.
    let place = abroad.visit(&mut browser, jira, &[], "mira").await.location().to_owned();
    browser.post_form(&place, &[("answer", "place"), ("place", NORTH)]).await;
    assert_eq!(abroad.rows().await.len(), 2);
    assert_eq!(count(&abroad.app, "connection_choices").await, 0);
}

#[sqlx::test]
async fn cn_21_a_consent_for_one_place_asks_nothing(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    for (id, blank, value) in
        [("confluence", "cloud", "3546caa9-67fd"), ("basecamp", "account", "99999999"), ("mailchimp", "dc", "us21")]
    {
        let done = abroad.visit(&mut browser, catalogue().get(id).unwrap(), &[], "mira").await;
        assert_eq!(done.location(), format!("/connections?connected={id}"), "{}", done.text());
        assert_eq!(abroad.rows().await[0].blanks[blank], value, "{id}");
    }
    assert_eq!(count(&abroad.app, "connection_choices").await, 0);
}

#[sqlx::test]
async fn cn_22_what_waits_for_an_answer_is_sealed_and_for_one_browser_and_half_an_hour(db: PgPool) {
    let vendor = Vendor::start().await;
    let clients = [("XERO_CLIENT_ID", "client"), ("XERO_CLIENT_SECRET", "canary-secret")];
    let app = vendor.app_with(db, &clients).await;
    let reply = json!({"access_token": "canary-access", "refresh_token": "canary-refresh", "expires_in": 1800});
    vendor.json("POST", "/identity.xero.com/connect/token", reply).await;
    let tenant = |id: &str, name: &str| json!({"tenantId": id, "tenantType": "ORGANISATION", "tenantName": name});
    let (one, two) = ("70784a63-d24b-46a9-a4db-0e70a274b056", "e0da6937-de07-4a14-adee-37abfac298ce");
    let tenants = json!([tenant(one, "<script>alert(1)</script>"), tenant(two, "South\u{7}\n ern")]);
    vendor.json("GET", "/api.xero.com/connections", tenants).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, MIRA).await;
    let mut jonas = Browser::new(&app);
    jonas.sign_in(&app, "jonas@example.com").await;
    let ask = async |browser: &mut Browser| {
        let state = state_of(&begin(&app, browser, "xero").await);
        let asks = browser.get(&return_address("xero", &[("code", "canary-code"), ("state", &state)])).await;
        asks.location().to_owned()
    };
    let place = ask(&mut mira).await;
    let tables = dump(&app).await;
    assert!(!tables.contains("canary-") && !tables.contains("South"), "what waits is sealed");
    let page = mira.get(&place).await;
    assert!(page.text().contains("South ern") && !page.text().contains("<script>"), "{}", page.text());
    // Nobody else sees it or answers it, under no other service either.
    for (browser, at) in [(&mut jonas, place.clone()), (&mut mira.clone(), place.replace("/xero/", "/jira/"))] {
        assert_eq!(browser.get_json(&at).await.code(), "choice_gone", "{at}");
        let answered = browser.json_at(&at, &[("answer", "place"), ("place", one)]).await;
        assert_eq!(answered.code(), "choice_gone", "{at}");
    }
    wait(&app, Duration::minutes(2));
    let mut elsewhere = Browser::new(&app);
    elsewhere.sign_in(&app, MIRA).await;
    assert_eq!(elsewhere.get_json(&place).await.code(), "choice_gone", "another session of the same person");
    assert_eq!(Browser::new(&app).get_json(&place).await.status, StatusCode::UNAUTHORIZED);
    // Declining drops it.
    let dropped = mira.post_form(&place, &[("answer", "cancel")]).await;
    assert_eq!(dropped.location(), "/connections?cancelled=xero", "{}", dropped.text());
    assert_eq!(count(&app, "connection_choices").await, 0);
    let place = ask(&mut mira).await;
    wait(&app, Duration::minutes(30) + Duration::SECOND);
    assert_eq!(mira.json_at(&place, &[("answer", "place"), ("place", one)]).await.code(), "choice_gone");
    assert_eq!(count(&app, "connection_choices").await, 1);
    integrations::jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!((count(&app, "connection_choices").await, count(&app, "connections").await), (0, 0));
}

#[sqlx::test]
async fn an_account_without_any_place_is_told_so(db: PgPool) {
    let vendor = Vendor::start().await;
    let clients = [("XERO_CLIENT_ID", "client"), ("XERO_CLIENT_SECRET", "canary-secret")];
    let app = vendor.app_with(db, &clients).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let answers = [
        (wiremock::ResponseTemplate::new(200).set_body_json(json!([])), "nothing_to_connect"),
        (wiremock::ResponseTemplate::new(200).set_body_json(json!({"a": "b"})), "nothing_to_connect"),
        (wiremock::ResponseTemplate::new(403), "nothing_to_connect"),
        (wiremock::ResponseTemplate::new(200).set_body_string("<html>"), "answer_unreadable"),
        (wiremock::ResponseTemplate::new(503), "service_away"),
        (wiremock::ResponseTemplate::new(429).insert_header("retry-after", "9"), "too_many_requests"),
    ];
    for (answer, code) in answers {
        vendor.server.reset().await;
        vendor.json("POST", "/identity.xero.com/connect/token", json!({"access_token": "a"})).await;
        vendor.answers("GET", "/api.xero.com/connections", answer).await;
        let state = state_of(&begin(&app, &browser, "xero").await);
        let told = browser.get_json(&return_address("xero", &[("code", "c"), ("state", &state)])).await;
        assert_eq!(told.code(), code, "{}", told.text());
    }
    assert_eq!((count(&app, "connection_choices").await, count(&app, "connections").await), (0, 0));
}
