//! Last.fm: a consent page without a state, a token that is good once, calls that are signed.

use http::StatusCode;
use sqlx::PgPool;
use url::Url;

use crate::{
    abroad::{Abroad, MIRA, path_of},
    browser::{Browser, dump},
    oauth1::{agree, leave},
    pasted::look_around,
    support::Logs,
    vendor::count,
};

const EXCHANGES: &str = "ws.audioscrobbler.com";

async fn connected(abroad: &Abroad, browser: &mut Browser) -> Url {
    let address = leave(abroad, browser, "lastfm", "").await;
    let back = agree(&address, "lastfm", "mira", "allow").await;
    let landed = browser.get(&path_of(&back)).await;
    assert_eq!(landed.location(), "/connections?connected=lastfm", "{} {:?}", landed.text(), abroad.refused());
    back
}

#[sqlx::test]
async fn ky_20_a_signed_session_is_connected_used_and_ended(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let (logs, listening) = Logs::listen();
    let back = connected(&abroad, &mut browser).await;
    let row = abroad.rows().await.remove(0);
    assert_eq!((row.account_label.as_str(), row.state.as_str()), ("mira-okafor", "active"));
    assert!(back.as_str().contains("state="), "what binds the answer to the browser stands in the address");
    // The answer of a page is good once.
    let again = browser.get(&path_of(&back)).await;
    assert_eq!(again.code(), again.text(), "a page");
    assert_eq!(abroad.rows().await.len(), 1);
    let before = abroad.sandbox.ledger().matching(Some(EXCHANGES), None).len();
    look_around(&abroad).await;
    assert!(abroad.sandbox.ledger().matching(Some(EXCHANGES), None).len() > before);
    assert_eq!(abroad.refused(), [] as [String; 0]);
    let rows = dump(&abroad.app).await;
    drop(listening);
    for secret in ["lastfm-session-", "lastfm-token-"] {
        assert!(!rows.contains(secret) && !logs.text().contains(secret), "{secret}");
    }
    // Error 9: the person has taken the permission back.
    abroad.sandbox.shelf().list("lastfm/sessions", Vec::new).clear();
    look_around(&abroad).await;
    assert_eq!(abroad.rows().await[0].state, "needs_reauth");
    // Whoever signs in again keeps the connection.
    let id = abroad.rows().await[0].id;
    connected(&abroad, &mut browser).await;
    let rows = abroad.rows().await;
    assert_eq!((rows.len(), rows[0].id, rows[0].state.as_str()), (1, id, "active"));
    let ended = browser.post_json(&format!("/api/integrations/{id}/disconnect"), &serde_json::Value::Null).await;
    assert_eq!(ended.value()["verdict"], "unsupported");
    assert!(ended.value()["manage"].as_str().unwrap().contains("last.fm"));
}

#[sqlx::test]
async fn ky_21_a_return_that_was_not_begun_here_trades_nothing(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut mira = abroad.signed_in(MIRA).await;
    let mut jonas = abroad.signed_in("jonas@example.com").await;
    let address = leave(&abroad, &mut mira, "lastfm", "").await;
    let back = agree(&address, "lastfm", "mira", "allow").await;
    let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let token = back.query_pairs().find(|(name, _)| name == "token").unwrap().1.into_owned();
    let attacks = [
        format!("/api/integrations/lastfm/callback?token={token}"),
        format!("/api/integrations/lastfm/callback?state=forged&token={token}"),
        format!("/api/integrations/lastfm/callback?state={state}x&token={token}"),
        format!("/api/integrations/trello/callback?state={state}&oauth_token={token}&oauth_verifier=x"),
        format!("/api/integrations/lastfm/callback?state={state}&state={state}&token={token}"),
        format!("/api/integrations/lastfm/callback?state={state}&token={token}&token=other"),
    ];
    for attack in attacks {
        let refused = mira.get(&attack).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{attack}");
    }
    // Another person's browser, and one that is signed out.
    assert_eq!(jonas.get(&path_of(&back)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(Browser::new(&abroad.app).get(&path_of(&back)).await.status, StatusCode::UNAUTHORIZED);
    assert!(abroad.sandbox.ledger().matching(Some(EXCHANGES), None).is_empty(), "nobody was asked");
    assert_eq!(count(&abroad.app, "connections").await, 0);
    // A token that nobody issued, with a state that is right.
    let address = leave(&abroad, &mut mira, "lastfm", "").await;
    let mut forged = agree(&address, "lastfm", "mira", "allow").await;
    let state = forged.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    forged.set_query(Some(&format!("state={state}&token=made-up")));
    let refused = mira.get_json(&path_of(&forged)).await;
    assert_eq!(refused.code(), "code_refused", "{}", refused.text());
    assert_eq!(count(&abroad.app, "connections").await, 0);
}
