//! What clients of ours are told about the session.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use wiremock::ResponseTemplate;

use crate::{
    browser::Browser,
    support::TestApp,
    vendor::{Vendor, ask, connect, user_of},
};

const MIRA: &str = "mira@example.com";
const SPOTIFY_TOKEN: &str = "/accounts.spotify.com/api/token";

async fn session(browser: &mut Browser) -> Value {
    let answer = browser.get_json("/api/auth/session").await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    answer.value()
}

#[sqlx::test]
async fn pe_19_a_session_tells_four_fields_and_no_secret(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let refused = browser.get("/api/auth/session").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "also to a browser: a program asks");
    browser.sign_in(&app, MIRA).await;
    let id = user_of(&app, MIRA).await.to_string();
    let told = json!({"id": id, "handle": null, "displayName": "mira", "spotifyConnected": false});
    assert_eq!(session(&mut browser).await, told, "exactly these");
    browser.post_form("/api/account/handle", &[("handle", "mira_o")]).await;
    browser.post_form("/api/account/name", &[("display_name", "Mira Okafor")]).await;
    connect(&app, user_of(&app, MIRA).await, "spotify", "canary-access", Some("canary-refresh"), None).await;
    let told = json!({"id": id, "handle": "mira_o", "displayName": "Mira Okafor", "spotifyConnected": true});
    assert_eq!(session(&mut browser).await, told);
    let answer = browser.get_json("/api/auth/session").await;
    let secret = browser.cookie("__Host-aura").unwrap();
    for hidden in [MIRA, "canary", secret.as_str(), "token", "email"] {
        assert!(!answer.text().contains(hidden), "{hidden}");
    }
}

#[sqlx::test]
async fn pe_20_a_disconnect_shows_at_once(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let other = Box::pin(app.second_process()).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let user = user_of(&app, MIRA).await;
    let connection = connect(&app, user, "spotify", "access", Some("refresh"), None).await;
    assert_eq!(session(&mut browser.at(&other)).await["spotifyConnected"], json!(true));
    browser.post_json(&format!("/api/integrations/{connection}/disconnect"), &json!({})).await;
    assert_eq!(session(&mut browser).await["spotifyConnected"], json!(false));
    assert_eq!(session(&mut browser.at(&other)).await["spotifyConnected"], json!(false), "on every process");
}

#[sqlx::test]
async fn pe_21_a_withdrawn_grant_shows_as_needing_a_new_sign_in(db: PgPool) {
    let vendor = Vendor::start().await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", SPOTIFY_TOKEN, gone).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let user = user_of(&app, MIRA).await;
    let past = app.clock().now() - Duration::SECOND;
    let connection = connect(&app, user, "spotify", "access", Some("refresh"), Some(past)).await;
    assert_eq!(session(&mut browser).await["spotifyConnected"], json!(true));
    ask(&app, user, connection, "spotify__top_tracks", json!({})).await.unwrap_err();
    assert_eq!(vendor.token_requests().await, 1);
    assert_eq!(session(&mut browser).await["spotifyConnected"], json!("needs_reauth"));
}
