//! Signing in with a wallet (EIP-4361). How signatures and the text are read is held against what npm viem writes in
//! `src/identity/wallet/`; here the whole way is walked, with keys of the test.

use http::StatusCode;
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use sha3::{Digest as _, Keccak256};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Answer, Browser, dump, wait},
    support::TestApp,
};

const CHALLENGE: &str = "/api/auth/wallet/challenge";
const VERIFY: &str = "/api/auth/wallet/verify";
/// Of the key 0x1111… and of 0x2222…, as viem derives them.
const FIRST: &str = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
const SECOND: &str = "0x1563915e194D8CfBA1943570603F7606A3115508";

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap()
}

/// `personal_sign`.
fn sign(key: &SigningKey, text: &str) -> String {
    let mut hash = Keccak256::new();
    hash.update(format!("\x19Ethereum Signed Message:\n{}", text.len()));
    hash.update(text);
    let (signature, recovery) = key.sign_prehash_recoverable(&hash.finalize());
    format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
}

async fn ask(browser: &mut Browser, address: &str, purpose: &str, next: &str) -> Answer {
    let wish = json!({"address": address, "chainId": 1, "purpose": purpose, "next": next});
    browser.post_json(CHALLENGE, &wish).await
}

async fn text(browser: &mut Browser, address: &str) -> String {
    let answer = ask(browser, address, "sign_in", "/connections").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.value()["message"].as_str().unwrap().to_owned()
}

async fn bring(browser: &mut Browser, signature: &str) -> Answer {
    browser.post_json(VERIFY, &json!({"signature": signature})).await
}

async fn people(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap()
}

async fn sign_in(app: &TestApp, byte: u8, address: &str) -> Browser {
    let mut browser = Browser::new(app);
    let text = text(&mut browser, address).await;
    let done = bring(&mut browser, &sign(&key(byte), &text)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    browser
}

#[sqlx::test]
async fn wa_01_a_signature_signs_in_and_makes_the_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let text = text(&mut browser, FIRST).await;
    assert!(text.starts_with(&format!("localhost:3000 wants you to sign in with your Ethereum account:\n{FIRST}\n\n")));
    assert!(text.contains("\n\nURI: http://localhost:3000/\nVersion: 1\nChain ID: 1\nNonce: "));
    assert!(text.ends_with("\nIssued At: 2026-03-12T12:00:00Z\nExpiration Time: 2026-03-12T12:10:00Z"));
    let nonce = text.split("Nonce: ").nth(1).unwrap().lines().next().unwrap();
    assert!(nonce.len() >= 8 && nonce.bytes().all(|sign| sign.is_ascii_alphanumeric()));

    // Between the steps: another process, and time.
    let other = Box::pin(app.second_process()).await;
    wait(&app, Duration::minutes(9));
    let mut browser = browser.at(&other);
    let done = bring(&mut browser, &sign(&key(0x11), &text)).await;
    assert_eq!((done.status, done.value()), (StatusCode::OK, json!({"next": "/connections"})));
    assert!(done.set_cookie("__Host-aura").contains("HttpOnly"));
    let viewer: Value = serde_json::from_str(&browser.viewer().await.unwrap()).unwrap();
    assert_eq!((&viewer["email"], viewer["display_name"].as_str()), (&Value::Null, Some("0x19E7…ff2A")));
    let stored: (String, String, String, String) =
        sqlx::query_as("select provider, issuer, subject, label from identities").fetch_one(app.db()).await.unwrap();
    let expected = ("wallet", "eip155", &*FIRST.to_lowercase(), "0x19E7…ff2A");
    assert_eq!((&*stored.0, &*stored.1, &*stored.2, &*stored.3), expected);

    // The next time it is the same person, however the address is written.
    wait(&app, Duration::minutes(1));
    sign_in(&app, 0x11, &FIRST.to_lowercase()).await;
    assert_eq!(people(&app).await, 1);
    sign_in(&app, 0x22, SECOND).await;
    assert_eq!(people(&app).await, 2);
}

#[sqlx::test]
async fn wa_02_a_text_is_used_up_by_the_first_try(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let first = text(&mut browser, FIRST).await;
    let before = browser.clone();
    let signature = sign(&key(0x11), &first);
    // Ten at once: one gets in.
    let tries = (0..10).map(|_| {
        let (mut browser, signature) = (before.clone(), signature.clone());
        async move { bring(&mut browser, &signature).await.status }
    });
    let statuses = futures::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    wait(&app, Duration::seconds(20));
    let replayed = bring(&mut before.clone(), &signature).await;
    assert_eq!((replayed.status, replayed.code()), (StatusCode::GONE, "wallet_not_begun".into()));

    // A wrong one uses it up too.
    let mut browser = Browser::new(&app);
    let second = text(&mut browser, FIRST).await;
    assert_ne!(first, second, "no nonce comes twice");
    let wrong = bring(&mut browser, &sign(&key(0x22), &second)).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::FORBIDDEN, "wallet_signature_wrong".into()));
    assert_eq!(bring(&mut browser, &sign(&key(0x11), &second)).await.code(), "wallet_not_begun");
    // And a signature of an earlier text is none of the newer.
    let _third = text(&mut browser, FIRST).await;
    assert_eq!(bring(&mut browser, &signature).await.code(), "wallet_signature_wrong");
    assert!(browser.viewer().await.is_none());
}

#[sqlx::test]
async fn wa_03_only_the_browser_that_began_can_end_it_and_only_in_time(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut hers, mut his) = (Browser::new(&app), Browser::new(&app));
    let message = text(&mut hers, FIRST).await;
    let _own = text(&mut his, SECOND).await;
    let signature = sign(&key(0x11), &message);
    assert_eq!(bring(&mut Browser::new(&app), &signature).await.code(), "wallet_not_begun");
    assert_eq!(bring(&mut his, &signature).await.code(), "wallet_signature_wrong");
    wait(&app, Duration::minutes(10));
    let late = bring(&mut hers, &signature).await;
    assert_eq!((late.status, late.code()), (StatusCode::GONE, "wallet_expired".into()));
    assert_eq!(people(&app).await, 0);
}

#[sqlx::test]
async fn bad_input_makes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    for address in
        ["", "0x", "mira.eth", &FIRST[2..], &FIRST.replace('E', "e"), &format!("{FIRST}\nURI: https://evil.example")]
    {
        wait(&app, Duration::minutes(1));
        let refused = ask(&mut Browser::new(&app), address, "sign_in", "").await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, "wallet_address_invalid".into());
        assert_eq!((refused.status, refused.code()), expected, "{address}");
    }
    for body in [json!({}), json!({"address": FIRST}), json!({"address": FIRST, "chainId": -1}), json!([]), json!("x")]
    {
        wait(&app, Duration::minutes(1));
        let refused = Browser::new(&app).post_json(CHALLENGE, &body).await;
        assert!(refused.status.is_client_error(), "{body}: {}", refused.status);
    }
    wait(&app, Duration::minutes(1));
    let mut browser = Browser::new(&app);
    for signature in ["", "0x", "0x00", "nonsense", &format!("0x{}", "f".repeat(130))] {
        let _text = text(&mut browser, FIRST).await;
        assert_eq!(bring(&mut browser, signature).await.code(), "wallet_signature_wrong", "{signature}");
    }
    assert_eq!(people(&app).await, 0);
    // Where one wants to go is a path of this site.
    wait(&app, Duration::minutes(1));
    let answer = ask(&mut browser, FIRST, "sign_in", "//evil.example").await;
    let message = answer.value()["message"].as_str().unwrap().to_owned();
    assert_eq!(bring(&mut browser, &sign(&key(0x11), &message)).await.value()["next"], "/chat");
}

#[sqlx::test]
async fn wa_08_the_eleventh_text_in_a_minute_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    for number in 0..10 {
        app.clock().advance(Duration::seconds(2));
        let answer = ask(&mut Browser::new(&app), FIRST, "sign_in", "").await;
        assert_eq!(answer.status, StatusCode::OK, "{number}");
    }
    app.clock().advance(Duration::seconds(2));
    let refused = ask(&mut Browser::new(&app), FIRST, "sign_in", "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.retry_after() > 0);
}

#[sqlx::test]
async fn wa_05_a_wallet_is_linked_by_a_person_who_lately_proved_who_they_are(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = Browser::new(&app);
    assert_eq!(ask(&mut mira, FIRST, "link", "").await.status, StatusCode::UNAUTHORIZED);
    mira.sign_in(&app, "mira@example.com").await;
    wait(&app, Duration::minutes(10));
    let late = ask(&mut mira, FIRST, "link", "").await;
    assert_eq!((late.status, late.code()), (StatusCode::FORBIDDEN, "prove_first".into()));
    mira.sign_in(&app, "mira@example.com").await;
    let asked = ask(&mut mira, FIRST, "link", "/settings/security").await;
    let message = asked.value()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Add this wallet as a way to sign in to Aura."), "the wallet shows what it is for");
    let done = bring(&mut mira, &sign(&key(0x11), &message)).await;
    assert_eq!((done.status, done.value()["next"].clone()), (StatusCode::OK, json!("/settings/security")));
    assert_eq!(people(&app).await, 1);
    assert!(mira.get("/settings/security").await.text().contains("0x19E7…ff2A"));

    // It opens her account now, and can be linked to no other.
    let mut elsewhere = sign_in(&app, 0x11, FIRST).await;
    assert!(elsewhere.viewer().await.unwrap().contains("mira@example.com"));
    wait(&app, Duration::minutes(1));
    let mut jonas = Browser::new(&app);
    jonas.sign_in(&app, "jonas@example.com").await;
    let asked = ask(&mut jonas, FIRST, "link", "").await;
    let message = asked.value()["message"].as_str().unwrap().to_owned();
    let refused = bring(&mut jonas, &sign(&key(0x11), &message)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "linked_elsewhere".into()));
}

#[sqlx::test]
async fn wa_06_a_link_that_was_begun_by_somebody_else_is_not_finished(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let asked = ask(&mut browser, FIRST, "link", "").await;
    let message = asked.value()["message"].as_str().unwrap().to_owned();
    // In the same browser Jonas comes in, by his wallet; the cookie of the way in survives in a copy.
    let mut copy = browser.clone();
    let session = sign_in(&app, 0x22, SECOND).await.cookie("__Host-aura").unwrap();
    copy.set_cookie("__Host-aura", &session);
    let refused = bring(&mut copy, &sign(&key(0x11), &message)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "wallet_other_session".into()));
    let linked: i64 = sqlx::query_scalar("select count(*) from identities where subject = $1")
        .bind(FIRST.to_lowercase())
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(linked, 0);
}

#[sqlx::test]
async fn wa_07_a_wallet_proves_anew_who_it_is_and_only_its_own_person(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = sign_in(&app, 0x11, FIRST).await;
    wait(&app, Duration::minutes(30));
    assert_eq!(ask(&mut browser, SECOND, "link", "").await.code(), "prove_first");
    let before = browser.cookie("__Host-aura").unwrap();
    // Somebody else's wallet proves nothing.
    let other = ask(&mut browser, SECOND, "prove", "").await.value()["message"].as_str().unwrap().to_owned();
    assert_eq!(bring(&mut browser, &sign(&key(0x22), &other)).await.code(), "other_account");
    let asked = ask(&mut browser, FIRST, "prove", "/settings/security").await;
    let message = asked.value()["message"].as_str().unwrap().to_owned();
    assert_eq!(bring(&mut browser, &sign(&key(0x11), &message)).await.status, StatusCode::OK);
    assert_ne!(browser.cookie("__Host-aura").unwrap(), before, "the session has a new secret");
    assert_eq!(ask(&mut browser, SECOND, "link", "").await.status, StatusCode::OK);
    let mut old = Browser::new(&app);
    old.set_cookie("__Host-aura", &before);
    assert!(old.viewer().await.is_none());
}

#[sqlx::test]
async fn a_suspended_person_stays_out_and_no_signature_is_kept(db: PgPool) {
    let app = TestApp::new(db).await;
    sign_in(&app, 0x11, FIRST).await;
    sqlx::query("update users set status = 'suspended'").execute(app.db()).await.unwrap();
    let mut browser = Browser::new(&app);
    let message = text(&mut browser, FIRST).await;
    let signature = sign(&key(0x11), &message);
    assert_eq!(bring(&mut browser, &signature).await.code(), "suspended");
    assert!(!dump(&app).await.contains(&signature[2..]));
    let _open = text(&mut browser, FIRST).await;
    wait(&app, Duration::minutes(11));
    app.identity().purge().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from wallet_challenges").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 0);
}
