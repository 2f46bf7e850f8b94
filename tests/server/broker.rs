//! The token broker: a front end of its own signs people in at a service.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use url::Url;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, dump, wait},
    program::{Program, decoded},
    support::TestApp,
    vendor::{Vendor, connect, count, fields, parameter, person, user_of},
    walk::{Told, ask},
};

const FRONT: &str = "http://front.example";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of that verifier (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const STATE: &str = "a-state-of-the-front-end";
const SPOTIFY_TOKEN: &str = "/accounts.spotify.com/api/token";

/// The name of a service, and its endpoints for tokens and for whose account it is.
const SERVICES: [(&str, &str, &str); 3] = [
    ("spotify", SPOTIFY_TOKEN, "/api.spotify.com/v1/me"),
    ("soundcloud", "/secure.soundcloud.com/oauth/token", "/api.soundcloud.com/me"),
    ("youtube", "/oauth2.googleapis.com/token", "/www.googleapis.com/youtube/v3/channels"),
];

fn tokens(number: u32) -> Value {
    json!({
        "access_token": format!("canary-access-{number}"), "refresh_token": format!("canary-refresh-{number}"),
        "expires_in": 3600, "token_type": "Bearer",
    })
}

async fn world() -> Vendor {
    let vendor = Vendor::start().await;
    for (name, token, whose) in SERVICES {
        vendor.json("POST", token, tokens(1)).await;
        let account = match name {
            "spotify" => json!({ "id": "mira-at-spotify", "display_name": "Mira" }),
            "soundcloud" => json!({ "urn": "soundcloud:users:7", "username": "mira" }),
            _ => json!({ "items": [{ "id": "UC-mira", "snippet": { "title": "Mira" } }] }),
        };
        vendor.json("GET", whose, account).await;
    }
    vendor
}

async fn app(vendor: &Vendor, db: PgPool, changes: &[(&str, &str)]) -> TestApp {
    let mut variables = vec![
        ("FRONTEND_URL", FRONT),
        ("SOUNDCLOUD_CLIENT_ID", "client-of-soundcloud"),
        ("SOUNDCLOUD_CLIENT_SECRET", "canary-secret-of-soundcloud"),
    ];
    variables.extend_from_slice(changes);
    vendor.app_with(db, &variables).await
}

/// Posts as a page of the front end does.
async fn post(app: &TestApp, path: &str, bearer: Option<&str>, body: &Value) -> Told {
    post_from(app, FRONT, path, bearer, body).await
}

async fn post_from(app: &TestApp, origin: &str, path: &str, bearer: Option<&str>, body: &Value) -> Told {
    let authorization = bearer.map(|bearer| format!("Bearer {bearer}"));
    let mut headers = vec![
        ("origin", origin),
        ("sec-fetch-site", "cross-site"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    ];
    headers.extend(authorization.as_deref().map(|authorization| ("authorization", authorization)));
    ask(app, &Method::POST, path, &headers, &body.to_string()).await
}

fn value(told: &Told) -> Value {
    serde_json::from_str(&told.body).unwrap_or_else(|_| panic!("no JSON: {}", told.body))
}

async fn login(app: &TestApp, service: &str, bearer: Option<&str>) -> Url {
    wait(app, Duration::seconds(7));
    let body = json!({ "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": STATE });
    let begun = post(app, &format!("/auth/{service}/login"), bearer, &body).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    assert_eq!(value(&begun)["expires_in"], 600);
    Url::parse(value(&begun)["authorization_url"].as_str().unwrap()).unwrap()
}

/// Comes back from the consent page: what was answered.
async fn back(app: &TestApp, service: &str, query: &str) -> Told {
    let path = format!("/auth/{service}/callback?{query}");
    ask(app, &Method::GET, &path, &[("accept", "application/json")], "").await
}

/// Begins, consents and comes back: where the browser is sent.
async fn returned(app: &TestApp, service: &str, bearer: Option<&str>) -> Url {
    let state = parameter(&login(app, service, bearer).await, "state").unwrap();
    let answer = back(app, service, &format!("state={state}&code=the-code")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!((answer.header("referrer-policy"), answer.header("cache-control")), ("no-referrer", "no-store"));
    Url::parse(answer.header("location")).unwrap()
}

fn code_of(place: &Url) -> String {
    parameter(place, "code").unwrap_or_else(|| panic!("no code: {place}"))
}

async fn redeem(app: &TestApp, service: &str, code: &str, verifier: &str) -> Told {
    post(app, &format!("/auth/{service}/token"), None, &json!({ "code": code, "code_verifier": verifier })).await
}

/// The whole way: what the front end holds in the end.
async fn signed_in(app: &TestApp, service: &str) -> Value {
    let code = code_of(&returned(app, service, None).await);
    let answer = redeem(app, service, &code, VERIFIER).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    value(&answer)
}

fn token_of(held: &Value) -> &str {
    held["token"].as_str().unwrap()
}

async fn refresh(app: &TestApp, service: &str, token: &str) -> Told {
    post(app, &format!("/auth/{service}/refresh"), Some(token), &json!({})).await
}

#[sqlx::test]
async fn br_01_a_front_end_signs_people_in_at_three_services_and_never_holds_their_tokens(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    for (name, endpoint, _) in SERVICES {
        let address = login(&app, name, None).await;
        let redirect = format!("http://localhost:3000/auth/{name}/callback");
        assert_eq!(parameter(&address, "redirect_uri"), Some(redirect.clone()));
        assert_eq!(parameter(&address, "response_type").as_deref(), Some("code"));
        assert_eq!(parameter(&address, "code_challenge_method").as_deref(), Some("S256"));
        assert_ne!(parameter(&address, "code_challenge").as_deref(), Some(CHALLENGE), "towards the service it is ours");
        let place = returned(&app, name, None).await;
        assert_eq!(place.origin().ascii_serialization(), FRONT);
        let names: Vec<String> = place.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!((names, parameter(&place, "state").as_deref()), (vec!["code".into(), "state".into()], Some(STATE)));
        let answer = redeem(&app, name, &code_of(&place), VERIFIER).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.body);
        assert!(!answer.body.contains("canary"), "{}", answer.body);
        let held = value(&answer);
        let (header, claims) = decoded(token_of(&held));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("broker+jwt")));
        assert_eq!((&claims["user_id"], &claims["iss"]), (&held["user_id"], &json!("http://localhost:3000/")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        let renewed = refresh(&app, name, token_of(&held)).await;
        assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
        assert!(!renewed.body.contains("canary") && value(&renewed)["access_token"].is_null(), "{}", renewed.body);
        assert_ne!(token_of(&value(&renewed)), token_of(&held));
        let sent = fields(vendor.asked(endpoint).await.last().unwrap());
        assert_eq!(
            (sent["grant_type"].as_str(), sent["redirect_uri"].as_str()),
            ("authorization_code", redirect.as_str())
        );
        assert!(sent.contains_key("code_verifier"));
    }
    assert_eq!(count(&app, "connections").await, 3);
    assert_eq!((count(&app, "broker_codes").await, count(&app, "broker_visits").await), (0, 3));
    let written = dump(&app).await;
    assert!(!written.contains("canary-"), "a token can be read in the database");
    // The same account comes in again as the same person.
    let (once, again) = (signed_in(&app, "spotify").await, signed_in(&app, "spotify").await);
    assert_eq!((&once["user_id"], &once["connection"]), (&again["user_id"], &again["connection"]));
}

#[sqlx::test]
async fn br_02_a_code_is_good_once_for_a_minute_with_its_verifier_at_its_service(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let other_verifier = "x".repeat(43);
    let cases: [(&str, &str, &str, i64, &str, StatusCode); 4] = [
        ("forged", "spotify", VERIFIER, 0, "code_unknown", StatusCode::BAD_REQUEST),
        ("", "spotify", &other_verifier, 0, "verifier_wrong", StatusCode::BAD_REQUEST),
        ("", "soundcloud", VERIFIER, 0, "code_unknown", StatusCode::BAD_REQUEST),
        ("", "spotify", VERIFIER, 60, "state_expired", StatusCode::GONE),
    ];
    for (forged, service, verifier, late, told, status) in cases {
        let code = code_of(&returned(&app, "spotify", None).await);
        wait(&app, Duration::seconds(late));
        let shown = if forged.is_empty() { code.as_str() } else { forged };
        let refused = redeem(&app, service, shown, verifier).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, told), "{}", refused.body);
    }
    assert_eq!((count(&app, "connections").await, count(&app, "users").await), (0, 0), "nothing came of any of them");
    // A wrong verifier spends the code.
    let code = code_of(&returned(&app, "spotify", None).await);
    assert_eq!(redeem(&app, "spotify", &code, &other_verifier).await.code(), "verifier_wrong");
    assert_eq!(redeem(&app, "spotify", &code, VERIFIER).await.code(), "code_unknown");
    // Of ten at once, one succeeds.
    let code = code_of(&returned(&app, "spotify", None).await);
    let second = app.second_process().await;
    let tries = (0..10).map(|number| redeem(if number % 2 == 0 { &app } else { &second }, "spotify", &code, VERIFIER));
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    assert_eq!(redeem(&app, "spotify", &code, VERIFIER).await.code(), "code_unknown");
    // What nobody came for is purged.
    returned(&app, "spotify", None).await;
    wait(&app, Duration::hours(1));
    aura::integrations::jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!((count(&app, "broker_codes").await, count(&app, "broker_visits").await), (0, 0));
    // A second before its minute is over it is still good.
    let code = code_of(&returned(&app, "spotify", None).await);
    wait(&app, Duration::seconds(59));
    assert_eq!(redeem(&app, "spotify", &code, VERIFIER).await.status, StatusCode::OK);
    // Whoever tries codes is stopped.
    wait(&app, Duration::minutes(1));
    for number in 0..20 {
        assert_eq!(redeem(&app, "spotify", &format!("guess-{number}"), VERIFIER).await.code(), "code_unknown");
    }
    assert_eq!(redeem(&app, "spotify", "guess", VERIFIER).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn br_03_only_pages_of_the_front_end_may_ask(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let held = signed_in(&app, "spotify").await;
    let login = json!({ "code_challenge": CHALLENGE, "state": STATE });
    let code = json!({ "code": "a-code", "code_verifier": VERIFIER });
    let nothing = json!({});
    for origin in [
        "https://front.example",
        "http://front.example:8080",
        "http://front.example.evil.example",
        "http://evil.example",
        "http://FRONT.example",
        "http://localhost:3000",
        "null",
    ] {
        for (path, bearer, body) in [
            ("/auth/spotify/login", None, &login),
            ("/auth/spotify/token", None, &code),
            ("/auth/spotify/refresh", Some(token_of(&held)), &nothing),
        ] {
            let refused = post_from(&app, origin, path, bearer, body).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (StatusCode::FORBIDDEN, "origin_refused"),
                "{origin}"
            );
            assert_eq!(refused.header("access-control-allow-origin"), "", "{origin}");
        }
        let asked = preflight(&app, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
    }
    let two = [("origin", FRONT), ("origin", "http://evil.example"), ("content-type", "application/json")];
    let refused = ask(&app, &Method::POST, "/auth/spotify/login", &two, &login.to_string()).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "origin_refused"), "two origins");
    let asked = preflight(&app, FRONT).await;
    assert_eq!(asked.header("access-control-allow-origin"), FRONT);
    assert_eq!(asked.header("access-control-allow-credentials"), "", "cookies play no part");
    let fine = refresh(&app, "spotify", token_of(&held)).await;
    assert_eq!((fine.status, fine.header("access-control-allow-origin")), (StatusCode::OK, FRONT));
    assert_eq!(vendor.asked(SPOTIFY_TOKEN).await.len(), 1);
}

async fn preflight(app: &TestApp, origin: &str) -> Told {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    ask(app, &Method::OPTIONS, "/auth/spotify/refresh", &headers, "").await
}

#[sqlx::test]
async fn br_04_nothing_that_is_sent_leads_anywhere_but_to_the_front_end(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let payloads = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "http://front.example@evil.example/",
        "http://front.example.evil.example/",
        "http://evil.example/http://front.example",
        "http://front.example%2eevil.example",
        "http://front.example#@evil.example/",
        "http://front.example?@evil.example/",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "/%09/evil.example",
        "/%5cevil.example",
        "%0d%0aLocation:%20https://evil.example",
        "\r\nLocation: https://evil.example",
        "http://evil.example\u{2044}front.example",
        "..//evil.example",
        "http://[::ffff:127.0.0.1]/",
        "ｈttps://evil.example",
    ];
    assert_eq!(payloads.len(), 20);
    for payload in payloads {
        // As its own state it is refused, unless it is made of harmless letters alone.
        let body = json!({ "code_challenge": CHALLENGE, "state": payload });
        assert_eq!(post(&app, "/auth/spotify/login", None, &body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        // As a further member of the body it is refused.
        for name in ["redirect_uri", "return_to", "next", "frontend_url"] {
            let body = json!({ "code_challenge": CHALLENGE, "state": STATE, (name): payload });
            assert_eq!(post(&app, "/auth/spotify/login", None, &body).await.code(), "invalid_body", "{payload}");
        }
        // In the address of the return it counts for nothing.
        let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", state.as_str()), ("code", "the-code")])
            .extend_pairs(["redirect_uri", "return_to", "next", "url", "frontend_url"].map(|name| (name, payload)))
            .finish();
        let answer = back(&app, "spotify", &query).await;
        let place = Url::parse(answer.header("location")).unwrap();
        assert_eq!((place.origin().ascii_serialization().as_str(), place.path()), (FRONT, "/"), "{payload}");
        assert!(!answer.header("location").contains("evil"), "{payload}");
        // Nor does it as what the service says went wrong.
        let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", state.as_str()), ("error", payload), ("error_description", payload)])
            .finish();
        let answer = back(&app, "spotify", &query).await;
        assert_eq!(answer.header("location"), format!("{FRONT}/?error=consent_failed&state={STATE}"), "{payload}");
    }
}

#[sqlx::test]
async fn br_05_what_is_malformed_or_said_twice_is_refused(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let long = "a".repeat(513);
    for body in [
        json!({}),
        json!({ "code_challenge": CHALLENGE }),
        json!({ "code_challenge": VERIFIER[1..], "state": STATE }),
        json!({ "code_challenge": format!("{CHALLENGE}="), "state": STATE }),
        json!({ "code_challenge": CHALLENGE, "code_challenge_method": "plain", "state": STATE }),
        json!({ "code_challenge": CHALLENGE, "state": "short" }),
        json!({ "code_challenge": CHALLENGE, "state": long }),
        json!({ "code_challenge": CHALLENGE, "state": "with a blank in between" }),
        json!({ "code_challenge": 7, "state": STATE }),
    ] {
        let refused = post(&app, "/auth/spotify/login", None, &body).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            "{body}"
        );
    }
    let twice = format!(r#"{{"code_challenge":"{CHALLENGE}","state":"{STATE}","state":"another-state-of-it"}}"#);
    let headers = [("origin", FRONT), ("content-type", "application/json"), ("accept", "application/json")];
    let refused = ask(&app, &Method::POST, "/auth/spotify/login", &headers, &twice).await;
    assert_eq!(refused.code(), "invalid_body", "{}", refused.body);
    let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
    for (query, code) in [
        (String::new(), "state_missing"),
        ("state=a.b.c&code=x".to_owned(), "state_forged"),
        (format!("state={state}&state={state}&code=x"), "duplicate_parameter"),
        (format!("state={state}&code=x&code=y"), "duplicate_parameter"),
        (format!("state={state}&error=access_denied&error=x"), "duplicate_parameter"),
    ] {
        let refused = back(&app, "spotify", &query).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, code), "{query}");
    }
    // A state of one service is none of another's, and of connecting none of the broker's.
    assert_eq!(back(&app, "soundcloud", &format!("state={state}&code=x")).await.code(), "state_unknown");
    let late = parameter(&login(&app, "spotify", None).await, "state").unwrap();
    wait(&app, Duration::minutes(11));
    let late = back(&app, "spotify", &format!("state={late}&code=x")).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::GONE, "state_expired"));
    for verifier in ["a".repeat(42), "a".repeat(129), format!("{} {}", &VERIFIER[..20], &VERIFIER[..22]), String::new()]
    {
        let refused = redeem(&app, "spotify", "a-code", &verifier).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            "{verifier}"
        );
    }
    // Another issuer's answer is traded nowhere, and neither is one to a client that is not ours any more.
    let state = parameter(&login(&app, "youtube", None).await, "state").unwrap();
    let mixed = back(&app, "youtube", &format!("state={state}&code=x&iss=https://evil.example")).await;
    assert_eq!(mixed.header("location"), format!("{FRONT}/?error=issuer_mismatch&state={STATE}"));
    assert!(vendor.asked("/oauth2.googleapis.com/token").await.is_empty());
    let other = [("SPOTIFY_CLIENT_ID", "another-client"), ("SPOTIFY_CLIENT_SECRET", "another-secret")];
    let other = app.second_process_with(&other).await;
    let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
    let changed = back(&other, "spotify", &format!("state={state}&code=x")).await;
    assert_eq!(changed.header("location"), format!("{FRONT}/?error=client_changed&state={STATE}"));
    for service in ["github", "nonsense", "youtube-music", "..", "spotify%2f"] {
        let body = json!({ "code_challenge": CHALLENGE, "state": STATE });
        let refused = post(&app, &format!("/auth/{service}/login"), None, &body).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{service}: {}", refused.body);
    }
    assert!(vendor.asked(SPOTIFY_TOKEN).await.is_empty());
}

#[sqlx::test]
async fn br_06_ten_logins_a_minute_from_an_address_and_twenty_renewals_of_a_person(db: PgPool) {
    let vendor = world().await;
    // However slow the machine is, the processes count together.
    let app = app(&vendor, db, &[("TRUSTED_PROXIES", "127.0.0.1"), ("LIMIT_STORE_TIMEOUT", "20000")]).await;
    let second = app.second_process().await;
    let held = [signed_in(&app, "spotify").await, signed_in(&app, "spotify").await];
    vendor.server.reset().await;
    vendor.json("POST", SPOTIFY_TOKEN, tokens(2)).await;
    vendor.json("GET", "/api.spotify.com/v1/me", json!({ "id": "jonas", "display_name": "Jonas" })).await;
    let jonas = signed_in(&app, "spotify").await;
    wait(&app, Duration::minutes(2));
    let body = json!({ "code_challenge": CHALLENGE, "state": STATE }).to_string();
    let begin = async |app: &TestApp, from: &str| {
        let headers = [("origin", FRONT), ("content-type", "application/json"), ("x-forwarded-for", from)];
        ask(app, &Method::POST, "/auth/spotify/login", &headers, &body).await
    };
    for number in 0..10 {
        let app = if number % 2 == 0 { &app } else { &second };
        assert_eq!(begin(app, "192.0.2.7").await.status, StatusCode::OK, "{number}");
    }
    let refused = begin(&second, "192.0.2.7").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert_eq!(begin(&app, "192.0.2.8").await.status, StatusCode::OK, "another address");
    for number in 0..20 {
        // By both sessions of the person.
        let (app, held) = if number % 2 == 0 { (&app, &held[0]) } else { (&second, &held[1]) };
        assert_eq!(refresh(app, "spotify", token_of(held)).await.status, StatusCode::OK, "{number}");
    }
    for held in &held {
        let refused = refresh(&second, "spotify", token_of(held)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    }
    assert_eq!(refresh(&app, "spotify", token_of(&jonas)).await.status, StatusCode::OK, "another person");
    wait(&app, Duration::minutes(1));
    assert_eq!(refresh(&app, "spotify", token_of(&held[0])).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn br_07_a_brokers_token_opens_the_broker_and_nothing_else(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let held = signed_in(&app, "spotify").await;
    let token = token_of(&held).to_owned();
    for path in ["/api/v1/sessions", "/api/v1/users/me", "/api/spotify/status", "/api/spotify/status?token=1"] {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str()), ("accept", "application/json")];
        assert_eq!(ask(&app, &Method::GET, path, &headers, "").await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let program = Program::new(&app, person(&app).await).await;
    for bearer in [program.access.as_str(), "", "nonsense", &token[..token.len() - 2]] {
        let refused = refresh(&app, "spotify", bearer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{bearer}: {}", refused.body);
    }
    wait(&app, Duration::minutes(61));
    let late = refresh(&app, "spotify", &token).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::UNAUTHORIZED, "token_expired"));
    // The session behind it can be ended, and then it opens nothing at once.
    let held = signed_in(&app, "spotify").await;
    sqlx::query("update sessions set ended_at = $1").bind(app.clock().now()).execute(app.db()).await.unwrap();
    let ended = refresh(&app, "spotify", token_of(&held)).await;
    assert_eq!((ended.status, ended.code().as_str()), (StatusCode::UNAUTHORIZED, "session_ended"));
}

#[sqlx::test]
async fn br_08_who_is_not_connected_or_must_sign_in_again_is_told(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let held = signed_in(&app, "spotify").await;
    let elsewhere = refresh(&app, "soundcloud", token_of(&held)).await;
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (StatusCode::NOT_FOUND, "not_connected"));
    // The bearer adds a further service to the same person; what was there stays.
    let code = code_of(&returned(&app, "soundcloud", Some(token_of(&held))).await);
    let added = value(&redeem(&app, "soundcloud", &code, VERIFIER).await);
    assert_eq!((&added["user_id"], count(&app, "users").await), (&held["user_id"], 1));
    assert_eq!(refresh(&app, "soundcloud", token_of(&held)).await.status, StatusCode::OK);
    sqlx::query("update connections set state = 'needs_reauth', reason = 'revoked' where provider = 'spotify'")
        .execute(app.db())
        .await
        .unwrap();
    let ended = refresh(&app, "spotify", token_of(&held)).await;
    assert_eq!((ended.status, ended.code().as_str()), (StatusCode::CONFLICT, "needs_reauth"));
    // Of two accounts, the one that works is taken.
    let user = held["user_id"].as_str().unwrap().parse().unwrap();
    let first = uuid::Uuid::parse_str(held["connection"].as_str().unwrap()).unwrap();
    let other: uuid::Uuid = connect(&app, user, "spotify", "canary-other", None, None).await.into();
    for (ended, works) in [(first, other), (other, first)] {
        let states = "update connections set state = case when id = $1 then 'needs_reauth' else 'active' end";
        sqlx::query(states).bind(ended).execute(app.db()).await.unwrap();
        let told = refresh(&app, "spotify", token_of(&held)).await;
        assert_eq!((told.status, &value(&told)["connection"]), (StatusCode::OK, &json!(works)), "{}", told.body);
    }
    sqlx::query("delete from connections").execute(app.db()).await.unwrap();
    let gone = refresh(&app, "spotify", token_of(&held)).await;
    assert_eq!((gone.status, gone.code().as_str()), (StatusCode::NOT_FOUND, "not_connected"));
}

#[sqlx::test]
async fn br_09_a_hundred_callers_in_two_processes_make_one_renewal_and_get_one_token(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", "/api.spotify.com/v1/me", json!({ "id": "mira", "display_name": "Mira" })).await;
    vendor.answers_times(1, "POST", SPOTIFY_TOKEN, ResponseTemplate::new(200).set_body_json(tokens(1))).await;
    let slow = ResponseTemplate::new(200).set_body_json(tokens(2)).set_delay(std::time::Duration::from_millis(300));
    vendor.answers("POST", SPOTIFY_TOKEN, slow).await;
    let app = app(&vendor, db, &[]).await;
    let held = signed_in(&app, "spotify").await;
    let second = app.second_process().await;
    wait(&app, Duration::hours(2));
    let user = held["user_id"].as_str().unwrap().parse().unwrap();
    let calls = (0..100).map(|number| {
        let process = if number % 2 == 0 { &app } else { &second };
        process.state().integrations.release(user, "spotify", None, "test")
    });
    let released = futures::future::join_all(calls).await;
    let mut found: Vec<String> = released
        .into_iter()
        .map(|one| {
            secrecy::ExposeSecret::expose_secret(&one.unwrap_or_else(|error| panic!("{error}")).token).to_owned()
        })
        .collect();
    assert_eq!(found.len(), 100);
    found.dedup();
    assert_eq!(found, ["canary-access-2"]);
    assert_eq!(vendor.asked(SPOTIFY_TOKEN).await.len(), 2, "one exchange, one renewal");
}

#[sqlx::test]
async fn br_10_a_login_that_one_process_began_another_one_ends(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
    let second = app.second_process().await;
    let answer = back(&second, "spotify", &format!("state={state}&code=the-code")).await;
    let code = code_of(&Url::parse(answer.header("location")).unwrap());
    let third = app.second_process().await;
    let held = value(&redeem(&third, "spotify", &code, VERIFIER).await);
    assert_eq!(refresh(&app, "spotify", token_of(&held)).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn br_11_a_service_token_goes_into_a_browser_only_where_installation_and_person_say_so(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let held = signed_in(&app, "spotify").await;
    let user = held["user_id"].as_str().unwrap().parse().unwrap();
    let on = app.second_process_with(&[("TOKEN_BROKER_DIRECT", "on")]).await;
    let released = async || -> i64 {
        let kind = "provider_token_released";
        sqlx::query_scalar("select count(*) from audit_events where kind = $1")
            .bind(kind)
            .fetch_one(app.db())
            .await
            .unwrap()
    };
    let given =
        async |process: &TestApp| value(&refresh(process, "spotify", token_of(&held)).await)["access_token"].clone();
    assert_eq!(given(&app).await, Value::Null, "it is off");
    assert_eq!(given(&on).await, Value::Null, "the person has not allowed it");
    assert!(
        app.state().integrations.allow_direct(user, "spotify", true).await.is_err(),
        "nothing can be allowed where it is off"
    );
    on.state().integrations.allow_direct(user, "spotify", true).await.unwrap();
    assert_eq!(given(&app).await, Value::Null, "the installation has not");
    assert_eq!(released().await, 0);
    let answer = refresh(&on, "spotify", token_of(&held)).await;
    assert_eq!(value(&answer)["access_token"], "canary-access-1");
    assert!(!answer.body.contains("canary-refresh") && answer.header("cache-control") == "no-store", "{}", answer.body);
    assert_eq!(released().await, 1, "each time is written down");
    assert_eq!(given(&on).await, "canary-access-1");
    assert_eq!(released().await, 2);
    let logged = count(&app, "connection_events where kind = 'token_released' and detail = 'browser'").await;
    assert_eq!(logged, 2, "and stands with the connection");
    // What is allowed for one service is for no other.
    let code = code_of(&returned(&on, "soundcloud", Some(token_of(&held))).await);
    assert_eq!(redeem(&on, "soundcloud", &code, VERIFIER).await.status, StatusCode::OK);
    let other = refresh(&on, "soundcloud", token_of(&held)).await;
    assert!(other.status == StatusCode::OK && !other.body.contains("canary"), "{}", other.body);
    // Another person has allowed nothing.
    vendor.server.reset().await;
    vendor.json("POST", SPOTIFY_TOKEN, tokens(3)).await;
    vendor.json("GET", "/api.spotify.com/v1/me", json!({ "id": "jonas", "display_name": "Jonas" })).await;
    let jonas = signed_in(&on, "spotify").await;
    assert_ne!(jonas["user_id"], held["user_id"]);
    let his = refresh(&on, "spotify", token_of(&jonas)).await;
    assert!(!his.body.contains("canary"), "{}", his.body);
    on.state().integrations.allow_direct(user, "spotify", false).await.unwrap();
    assert_eq!(given(&on).await, Value::Null);
    for kind in ["direct_access_allowed", "direct_access_ended"] {
        assert_eq!(count(&app, &format!("audit_events where kind = '{kind}'")).await, 1, "{kind}");
    }
}

#[sqlx::test]
async fn br_12_a_front_end_is_told_why_there_is_no_code(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let come = async |query: &str| {
        let state = parameter(&login(&app, "spotify", None).await, "state").unwrap();
        back(&app, "spotify", &format!("state={state}&{query}")).await.header("location").to_owned()
    };
    let told = |code: &str| format!("{FRONT}/?error={code}&state={STATE}");
    assert_eq!(come("error=access_denied").await, told("access_denied"));
    assert_eq!(come("").await, told("code_missing"));
    vendor.server.reset().await;
    let invalid = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    vendor.answers_times(1, "POST", SPOTIFY_TOKEN, invalid).await;
    assert_eq!(come("code=c").await, told("code_refused"));
    vendor.answers_times(1, "POST", SPOTIFY_TOKEN, ResponseTemplate::new(503)).await;
    assert_eq!(come("code=c").await, told("service_away"));
    vendor.json("POST", SPOTIFY_TOKEN, tokens(1)).await;
    vendor.answers("GET", "/api.spotify.com/v1/me", ResponseTemplate::new(500)).await;
    assert_eq!(come("code=c").await, told("identity_failed"));
    assert_eq!(
        (count(&app, "connections").await, count(&app, "users").await, count(&app, "broker_codes").await),
        (0, 0, 0)
    );
    let off = Vendor::start().await;
    let alone = off.app_with(app.db().clone(), &[]).await;
    let body = json!({ "code_challenge": CHALLENGE, "state": STATE });
    let refused = post(&alone, "/auth/spotify/login", None, &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_IMPLEMENTED, "broker_off"));
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(aura::platform::crypto::digest(VERIFIER.as_bytes())), CHALLENGE);
}

#[sqlx::test]
async fn br_13_the_page_of_direct_mode_may_reach_its_service_and_no_other_page_may(db: PgPool) {
    let vendor = world().await;
    let app = app(&vendor, db, &[]).await;
    let on = app.second_process_with(&[("TOKEN_BROKER_DIRECT", "on")]).await;
    let mut browser = Browser::new(&on);
    browser.sign_in(&on, "mira@example.com").await;
    let user = user_of(&on, "mira@example.com").await;
    connect(&on, user, "spotify", "canary-direct", None, None).await;
    let page = "/connections/direct/spotify";
    let give = "/api/integrations/spotify/direct";
    // Off for the installation.
    let mut elsewhere = browser.at(&app);
    assert_eq!(elsewhere.get_json(page).await.status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(elsewhere.post_json(give, &json!({})).await.code(), "direct_off");
    // On, and off for the person until they say so.
    let off = browser.get(page).await;
    assert!(off.text().contains("Off for you") && !off.text().contains("direct.js"), "nothing there asks the service");
    assert_eq!(browser.post_json(give, &json!({})).await.code(), "direct_off");
    assert_eq!(browser.post_form(page, &[("allow", "yes")]).await.location(), page);
    let shown = browser.get(page).await;
    let policy = shown.header("content-security-policy").to_owned();
    let reached = policy.split("connect-src ").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(reached, format!("'self' {}", vendor.server.uri()), "{policy}");
    assert!(!policy.contains("unsafe") && shown.header("cache-control") == "no-store", "{policy}");
    assert!(!shown.text().contains("canary"), "the page holds no token");
    let other = browser.get("/connections").await;
    assert!(!other.header("content-security-policy").contains(&vendor.server.uri()));
    let given = browser.post_json(give, &json!({})).await;
    assert_eq!((&given.value()["access_token"], given.header("cache-control")), (&json!("canary-direct"), "no-store"));
    let written: i64 = sqlx::query_scalar("select count(*) from audit_events where kind = 'provider_token_released'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(written, 1);
    assert_eq!(count(&app, "connection_events where kind = 'token_released' and detail = 'page'").await, 1);
    // No other site makes a browser fetch one.
    let cookie = format!("__Host-aura={}", browser.cookie("__Host-aura").unwrap());
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("origin", FRONT)];
    assert_eq!(ask(&on, &Method::POST, give, &headers, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post_form(page, &[("allow", "no")]).await.location(), page);
    assert_eq!(browser.post_json(give, &json!({})).await.code(), "direct_off");
}
