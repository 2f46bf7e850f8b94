//! What is pasted and is not right: each reason with its own words, and nothing stored.

use std::collections::{BTreeMap, BTreeSet};

use aura::{integrations::service::forms::Pasting, platform::http::HttpError};
use http::{Method, StatusCode};
use sandbox::faults::{Fault, Kind};
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;
use url::Url;
use wiremock::ResponseTemplate;

use crate::{
    abroad::{Abroad, MIRA},
    pasted::{PASTED, look_around, paste, pasted, post},
    support::TestApp,
    vendor::{Vendor, connect, count, person, user_of},
};

const JSON: &str = "application/json";

#[sqlx::test]
async fn ky_08_a_wrong_credential_of_each_kind_connects_nothing(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    for service in &PASTED {
        let code = paste(&abroad, user, service.service, &service.wrong(), Pasting::default()).await.unwrap_err();
        // Datadog refuses a wrong key as it refuses one that may too little.
        let wanted = if service.service == "datadog" { "key_lacks_right" } else { "key_refused" };
        assert_eq!(code, wanted, "{}", service.service);
        for (name, _) in service.fields {
            let optional = service.service == "signal" && *name != "server";
            let has_default =
                ["server", "site", "region"].contains(name) && !["signal", "imessage"].contains(&service.service);
            if optional || has_default {
                continue;
            }
            let code = paste(&abroad, user, service.service, &service.with(&[(name, "  ")]), Pasting::default()).await;
            let missing = ["key_malformed", "tenant_refused"];
            assert!(missing.contains(&code.unwrap_err().as_str()), "{} without {name}", service.service);
        }
    }
    assert_eq!(count(&abroad.app, "connections").await, 0);
    let by_page =
        paste(&abroad, user, "github", &BTreeMap::from([("key", "ghp_1234567890")]), Pasting::default()).await;
    assert_eq!(by_page, Err("wrong_kind".into()));
}

#[sqlx::test]
async fn ky_09_each_reason_is_told_in_its_own_words(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let fault = |host: &str, kind, retry_after| Fault { host: host.into(), path: None, kind, times: 1, retry_after };
    let coda = pasted("coda");
    let signal = pasted("signal");
    let cases = [
        (
            "limited",
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            coda,
            Some(fault("coda.io", Kind::Limited, Some(17))),
        ),
        ("page", StatusCode::BAD_GATEWAY, "service_page", coda, Some(fault("coda.io", Kind::Html, None))),
        ("broken", StatusCode::BAD_GATEWAY, "service_away", coda, Some(fault("coda.io", Kind::Broken, None))),
        ("slow", StatusCode::BAD_GATEWAY, "service_slow", coda, Some(fault("coda.io", Kind::Hang, None))),
        (
            "bridge",
            StatusCode::UNPROCESSABLE_ENTITY,
            "address_page",
            signal,
            Some(fault(signal.host, Kind::Html, None)),
        ),
    ];
    let mut sentences = BTreeSet::new();
    for (what, status, code, service, fault) in cases {
        abroad.sandbox.faults().extend(fault);
        let refused = post(&abroad, &mut browser, service.service, &service.with(&[]), &[], JSON).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{what}: {}", refused.text());
        sentences.insert(refused.value()["message"].as_str().unwrap().to_owned());
    }
    let others = [
        ("apollo", vec![("key", "sandbox-apollo-key-narrow")], "key_lacks_right"),
        ("elevenlabs", vec![("key", "sandbox-elevenlabs-key-narrow")], "key_lacks_right"),
        ("whatsapp", vec![("account", "999999")], "account_not_found"),
        ("bill-com", vec![("organization", "00801ANOTHERONE")], "account_not_found"),
        ("telegram", vec![("key", "not a token")], "key_malformed"),
        ("freshdesk", vec![("subdomain", "north beam")], "tenant_refused"),
        ("coda", vec![("key", "sandbox-coda-token-wrong")], "key_refused"),
    ];
    for (service, changes, code) in others {
        let fields = pasted(service).with(&changes);
        let refused = post(&abroad, &mut browser, service, &fields, &[], JSON).await;
        assert_eq!(refused.code(), code, "{service}: {}", refused.text());
        sentences.insert(refused.value()["message"].as_str().unwrap().to_owned());
        if code == "key_malformed" || code == "tenant_refused" {
            let field = refused.value()["field"].as_str().unwrap().to_owned();
            assert!(fields.contains_key(field.as_str()), "{field}");
        }
    }
    assert_eq!(sentences.len(), 12, "{sentences:#?}");
    assert_eq!(count(&abroad.app, "connections").await, 0);
}

#[sqlx::test]
async fn ky_10_a_permission_that_is_missing_does_not_end_a_connection(db: PgPool) {
    let vendor = Vendor::start().await;
    let lacking = json!({"detail": {"status": "missing_permissions", "message": "user_read"}});
    vendor.answers("GET", "/api.elevenlabs.io/v1/user", ResponseTemplate::new(401).set_body_json(lacking)).await;
    // A code that is a number.
    let dead = json!({"error": {"message": "expired", "code": 190}});
    vendor.answers("GET", "/graph.facebook.com/v26.0/7", ResponseTemplate::new(400).set_body_json(dead)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let narrow = connect(&app, user, "elevenlabs", "canary-narrow", None, None).await;
    let gone = connect(&app, user, "whatsapp", "canary-gone", None, None).await;
    sqlx::query("update connections set blanks = '{\"account\": \"7\"}' where provider = 'whatsapp'")
        .execute(app.db())
        .await
        .unwrap();
    app.state().integrations.look_around().await.unwrap();
    app.clock().advance(time::Duration::hours(21));
    app.state().integrations.look_around().await.unwrap();
    assert!(!vendor.asked("/api.elevenlabs.io/v1/user").await.is_empty());
    assert_eq!(crate::vendor::state(&app, narrow).await.0, "active");
    assert_eq!(crate::vendor::state(&app, gone).await.0, "needs_reauth");
}

/// An app that finds no host elsewhere, so that what a person types is what is asked.
async fn open(db: PgPool, changes: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("HOST_OVERRIDES", "unused.example=http://127.0.0.1:9")];
    all.extend_from_slice(changes);
    Box::pin(TestApp::with(db, &all)).await
}

async fn bridge(app: &TestApp, server: &str) -> String {
    let user = person(app).await;
    let typed = [("server", server), ("key", "canary-of-a-bridge")];
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into())).collect();
    let added = app.state().integrations.add_by_form(user, "imessage", &typed, Pasting::default()).await;
    aura::error::AppError::from(added.unwrap_err()).code
}

#[sqlx::test]
async fn ky_11_a_bridge_in_a_private_network_is_reached_only_where_the_operator_says_so(db: PgPool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = open(db.clone(), &[]).await;
    let private = [
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        format!("https://[::1]:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("https://2130706433:{port}"),
        format!("https://0x7f.1:{port}"),
        format!("https://0177.0.0.1:{port}"),
        "https://10.0.0.1".into(),
        "https://172.16.0.1".into(),
        "https://192.168.1.20:1234".into(),
        "https://169.254.169.254/latest/meta-data".into(),
        "https://100.64.0.1".into(),
        "https://[fd00:ec2::254]".into(),
        "https://[fe80::1]".into(),
        "https://0.0.0.0".into(),
    ];
    for server in &private {
        assert_eq!(bridge(&app, server).await, "address_closed", "{server}");
    }
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(nobody.is_err(), "a connection was made");
    assert_eq!(count(&app, "connections").await, 0);
    // With the host allowed a connection is made; nobody speaks TLS there.
    let allowed = app.second_process_with(&[("BRIDGE_HOSTS", "elsewhere.example, 127.0.0.1")]).await;
    let (code, met) = tokio::join!(bridge(&allowed, &private[0]), listener.accept());
    assert!(met.is_ok() && code != "address_closed", "{code}");
    assert_eq!(bridge(&allowed, &private[1]).await, "address_closed", "another name of the same machine");
    drop(listener);
    assert_eq!(bridge(&allowed, &private[0]).await, "address_silent");
    // The way out itself: http stays closed to what people type, also for hosts that are allowed.
    let plain =
        aura::platform::http::Request::new(Method::GET, Url::parse("http://127.0.0.1:9/").unwrap()).user_supplied();
    let http = aura::platform::http::Http::new(Default::default()).unwrap().allowing(&["127.0.0.1".to_owned()]);
    assert_eq!(http.send(plain).await.err(), Some(HttpError::Blocked));
}

#[sqlx::test]
async fn a_key_that_nobody_can_name_is_renewed_under_its_old_id(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    abroad.signed_in(MIRA).await;
    let user = user_of(&abroad.app, MIRA).await;
    let european = pasted("sendgrid").with(&[]);
    let id = paste(&abroad, user, "sendgrid", &european, Pasting::default()).await.unwrap();
    let global = BTreeMap::from([("server", "https://api.sendgrid.com"), ("key", "SG.sandbox-key")]);
    let again = Pasting { reconnect: Some(id), instead: false };
    assert_eq!(paste(&abroad, user, "sendgrid", &global, again).await, Ok(id));
    assert_eq!(count(&abroad.app, "connections").await, 1);
    look_around(&abroad).await;
    assert!(!abroad.sandbox.ledger().matching(Some("api.sendgrid.com"), None).is_empty(), "the new one is used");
}
