//! Secrets of the installation are replaced while people go on: processes with the new one stand beside those with the old.

use secrecy::ExposeSecret as _;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

use crate::{
    browser::Browser,
    support::TestApp,
    vendor::{EVENTS, GOOGLE_TOKEN, Vendor, ask, begin, connect, person, return_address, state, state_of, user_of},
};

const LIST: &str = "google_calendar__list_events";
const NEW: &str = "canary-new-secret-of-google";

#[sqlx::test]
async fn sl_09_a_clients_secret_is_replaced_while_connections_go_on(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let other = Box::pin(app.second_process_with(&[("GOOGLE_CLIENT_SECRET", NEW)])).await;
    // The service knows the new secret alone, as after the old one was deleted there.
    let reply = json!({"access_token": "new", "refresh_token": "next", "expires_in": 3600});
    Mock::given(method("POST"))
        .and(path(GOOGLE_TOKEN))
        .and(body_string_contains(NEW))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply))
        .mount(&vendor.server)
        .await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let connection = connect(&app, user, "google-calendar", "old", Some("refresh"), Some(past)).await;
    vendor
        .answers("POST", GOOGLE_TOKEN, ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"})))
        .await;
    assert!(ask(&app, user, connection, LIST, json!({})).await.is_err(), "the old process is refused");
    assert_eq!(state(&app, connection).await.0, "active", "and nobody has to sign in at the service again");
    app.clock().advance(Duration::minutes(10));
    assert!(ask(&other, user, connection, LIST, json!({})).await.is_ok(), "the new process renews");
    assert_eq!(state(&app, connection).await.0, "active");
}

#[sqlx::test]
async fn sl_10_the_secret_of_visits_is_replaced_while_somebody_is_at_a_consent_page(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.github().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let consent = begin(&app, &browser, "github").await;

    let old = app.state().settings.auth_secret.expose_secret().to_owned();
    let new = "dGhlIG5leHQgc2VjcmV0IG9mIHRoaXMgaW5zdGFsbGF0aW9uLCBsb25nIGVub3VnaA";
    let other = async |previous: &str| -> TestApp {
        Box::pin(app.second_process_with(&[("AUTH_SECRET", new), ("AUTH_SECRET_PREVIOUS", previous)])).await
    };
    let forgetful = other("").await;
    let address = return_address("github", &[("code", "the-code"), ("state", &state_of(&consent))]);
    let mut there = browser.at(&forgetful);
    assert_ne!(there.get(&address).await.status.as_u16(), 303, "without the former secret the visit is not believed");
    let careful = other(&old).await;
    let mut there = browser.at(&careful);
    let back = there.get(&address).await;
    assert_eq!(back.status.as_u16(), 303, "{}", back.text());
    let user = user_of(&app, "mira@example.com").await;
    let connections = careful.state().integrations.connections(user).await.unwrap();
    assert_eq!(connections.len(), 1);
}
