//! Whose address a request is taken to come from.

use std::net::SocketAddr;

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode};
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{browser::newest_mail, support::TestApp};

/// One write from there, with these headers; the settings below allow one a minute of each client.
async fn passes(app: &TestApp, peer: &str, headers: &[(&str, &str)]) -> bool {
    let mut request = Request::post("/api/identity/sign-out")
        .header("host", "localhost:3000")
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    app.router().oneshot(request).await.unwrap().status() != StatusCode::TOO_MANY_REQUESTS
}

async fn app(db: PgPool, changes: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("RATE_LIMIT", "1/60s"), ("LIMIT_STORE_TIMEOUT", "20000")];
    all.extend(changes);
    TestApp::with(db, &all).await
}

#[sqlx::test]
async fn lm_14_without_the_setting_forwarded_addresses_mean_nothing(db: PgPool) {
    let app = app(db, &[]).await;
    assert!(passes(&app, "127.0.0.1:5000", &[("x-forwarded-for", "203.0.113.1")]).await);
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.2"),
        ("x-forwarded-for", "203.0.113.2, 127.0.0.1"),
        ("x-real-ip", "203.0.113.3"),
        ("forwarded", "for=203.0.113.4"),
        ("cf-connecting-ip", "203.0.113.5"),
        ("true-client-ip", "203.0.113.6"),
        ("x-client-ip", "203.0.113.7"),
        ("x-forwarded-host", "another.example"),
    ] {
        assert!(!passes(&app, "127.0.0.1:5001", &[(name, value)]).await, "{name}: {value}");
    }
    assert!(passes(&app, "203.0.113.2:5000", &[]).await, "another client is another");
}

#[sqlx::test]
async fn lm_15_with_the_setting_a_proxy_beside_the_server_is_believed_and_nobody_else(db: PgPool) {
    let app = app(db, &[("AUTH_TRUST_HOST", "true")]).await;
    for (peer, client) in [
        ("127.0.0.1:1", "203.0.113.1"),
        ("10.1.2.3:1", "203.0.113.2"),
        ("[::1]:1", "2001:db8:1::1"),
        ("[fd00::2]:1", "203.0.113.3"),
    ] {
        assert!(passes(&app, peer, &[("x-forwarded-for", client)]).await, "{peer}");
        assert!(
            !passes(&app, "127.0.0.1:2", &[("x-forwarded-for", client)]).await,
            "{peer}: the same client, once more"
        );
    }
    // What the client wrote itself stands further left.
    assert!(!passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "198.51.100.1, 203.0.113.1")]).await);
    assert!(!passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "198.51.100.1, 203.0.113.1, 10.0.0.9")]).await);
    assert!(
        !passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.1")]).await
    );
    // Whoever comes from the open internet is no proxy.
    assert!(passes(&app, "192.0.2.7:1", &[("x-forwarded-for", "198.51.100.2")]).await);
    assert!(!passes(&app, "192.0.2.7:2", &[("x-forwarded-for", "198.51.100.3")]).await);
    // One customer has a whole /64 network.
    assert!(!passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "2001:db8:1:0:ffff::9")]).await);
    assert!(passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "2001:db8:1:1::1")]).await);
}

#[sqlx::test]
async fn named_proxies_are_the_only_ones(db: PgPool) {
    let app = app(db, &[("AUTH_TRUST_HOST", "true"), ("TRUSTED_PROXIES", "192.0.2.10")]).await;
    assert!(passes(&app, "192.0.2.10:1", &[("x-forwarded-for", "203.0.113.1")]).await);
    assert!(passes(&app, "192.0.2.10:1", &[("x-forwarded-for", "203.0.113.2")]).await);
    assert!(passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "203.0.113.3")]).await);
    assert!(!passes(&app, "127.0.0.1:1", &[("x-forwarded-for", "203.0.113.4")]).await, "no longer by its network");
}

#[sqlx::test]
async fn lm_16_forwarded_hosts_and_schemes_change_no_address(db: PgPool) {
    let app = TestApp::with(db, &[("AUTH_TRUST_HOST", "true")]).await;
    let request = Request::post("/api/identity/start-sign-in")
        .header("host", "localhost:3000")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example;proto=https")
        .header("accept", "text/html")
        .header("origin", "http://localhost:3000")
        .header("referer", "http://localhost:3000/signin")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("email=mira%40example.com&next=&time_zone="))
        .unwrap();
    let response = app.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "/verify-email");
    let text = newest_mail(&app, "mira@example.com").await.0.text;
    assert!(text.contains("http://localhost:3000/verify-email?token=") && !text.contains("evil.example"), "{text}");
}
