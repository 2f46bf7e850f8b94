//! Connecting by OAuth: leaving, coming back, and everything that must not come back.

use aura::{
    platform::{
        crypto::{Keys, digest},
        http::Response,
        random::Random,
    },
    providers::{
        Oauth, catalogue,
        oauth::{
            errors::{self, OauthError},
            state as oauth_state,
        },
    },
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, dump, wait},
    support::{Logs, TestApp},
    vendor::{GITHUB_TOKEN, Vendor, begin, click, count, fields, parameter, return_address, state, state_of, user_of},
};

const MIRA: &str = "mira@example.com";

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    browser
}

#[sqlx::test]
async fn a_sign_in_connects_the_account_behind_it(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.github().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "github").await;
    assert!(consent.as_str().starts_with(&format!("{}/github.com/login/oauth/authorize?", vendor.server.uri())));
    let redirect = "http://localhost:3000/api/integrations/github/callback";
    for (name, value) in [("response_type", "code"), ("client_id", "client-of-github"), ("redirect_uri", redirect)] {
        assert_eq!(parameter(&consent, name).as_deref(), Some(value));
    }
    assert_eq!(parameter(&consent, "code_challenge_method").as_deref(), Some("S256"));
    let back = browser.get(&return_address("github", &[("code", "the-code"), ("state", &state_of(&consent))])).await;
    assert_eq!(
        (back.status, back.location()),
        (StatusCode::SEE_OTHER, "/connections?connected=github"),
        "{}",
        back.text()
    );
    assert_eq!((back.header("referrer-policy"), back.header("cache-control")), ("no-referrer", "no-store"));

    let sent = fields(&vendor.asked(GITHUB_TOKEN).await[0]);
    assert_eq!((sent["grant_type"].as_str(), sent["code"].as_str()), ("authorization_code", "the-code"));
    assert_eq!(sent["redirect_uri"], redirect);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(sent["code_verifier"].as_bytes()));
    assert_eq!(parameter(&consent, "code_challenge"), Some(challenge), "S256 of the verifier that was sent");

    let user = user_of(&app, MIRA).await;
    let connections = app.state().integrations.connections(user).await.unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!((connections[0].account_label.as_str(), connections[0].provider.as_str()), ("mira-okafor", "github"));
    let tools = app.state().integrations.tools(user).await.unwrap();
    assert!(tools.len() >= 2 && tools.iter().all(|offered| offered.service_name == "GitHub"));

    // The same account again keeps its connection.
    let consent = begin(&app, &browser, "github").await;
    browser.get(&return_address("github", &[("code", "another"), ("state", &state_of(&consent))])).await;
    let again = app.state().integrations.connections(user).await.unwrap();
    assert_eq!((again.len(), again[0].id), (1, connections[0].id));
}

#[sqlx::test]
async fn each_service_is_asked_in_its_own_way(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let browser = signed_in(&app, MIRA).await;
    let slack = begin(&app, &browser, "slack").await;
    assert_eq!(
        parameter(&slack, "user_scope").as_deref(),
        Some("channels:read,groups:read,channels:history,groups:history,users:read")
    );
    assert_eq!((parameter(&slack, "scope"), parameter(&slack, "code_challenge")), (None, None));
    let google = begin(&app, &browser, "google-calendar").await;
    assert_eq!(parameter(&google, "client_id").as_deref(), Some("client-of-google"), "by the fallback name");
    assert_eq!(parameter(&google, "access_type").as_deref(), Some("offline"));
    let redirects: std::collections::BTreeSet<_> = [&slack, &google, &begin(&app, &browser, "linear").await]
        .iter()
        .map(|url| parameter(url, "redirect_uri"))
        .collect();
    assert_eq!(redirects.len(), 3, "one address for each service");
}

#[sqlx::test]
async fn client_credentials_are_encoded_before_they_are_joined(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "spotify").await;
    browser.get(&return_address("spotify", &[("code", "c"), ("state", &state_of(&consent))])).await;
    let request = &vendor.asked("/accounts.spotify.com/api/token").await[0];
    let sent = request.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let sent = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(sent).unwrap()).unwrap();
    assert_eq!(sent, "client+of+spotify:canary%3Asecret%2Fof+spotify");
    assert!(!fields(request).contains_key("client_secret"));
    assert!(request.url.query().is_none());
}

#[sqlx::test]
async fn cn_01_fourteen_attacks_on_state_and_pkce_reach_no_token_endpoint(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.github().await;
    let app = vendor.app(db).await;
    let mut mira = signed_in(&app, MIRA).await;
    let mut jonas = signed_in(&app, "jonas@example.com").await;
    wait(&app, Duration::minutes(2));
    let mut mira_elsewhere = signed_in(&app, MIRA).await;
    let good = state_of(&begin(&app, &mira, "github").await);
    let go = |state: &str| return_address("github", &[("code", "c"), ("state", state)]);
    let keys = Keys::new("another installation's secret, long enough".to_owned().into(), None);
    let foreign = oauth_state::issue(&keys, &Random::seeded(3), app.clock().now());
    let (head, mac) = good.rsplit_once('.').unwrap();
    let younger = {
        let (secret, issued) = head.split_once('.').unwrap();
        format!("{secret}.{}.{mac}", issued.parse::<i64>().unwrap() + 60)
    };
    let google = state_of(&begin(&app, &mira, "google-calendar").await);
    let mut attacks = Vec::new();
    attacks.push(("1 no state", mira.get_json("/api/integrations/github/callback?code=c").await, 400, "state_missing"));
    attacks.push(("2 an invented state", mira.get_json(&go("a.1.b")).await, 400, "state_forged"));
    attacks.push(("3 a cut code", mira.get_json(&go(&format!("{head}.AAAA"))).await, 400, "state_forged"));
    attacks.push(("4 another's signature", mira.get_json(&go(&foreign)).await, 400, "state_forged"));
    attacks.push(("5 a younger state", mira.get_json(&go(&younger)).await, 400, "state_forged"));
    attacks.push(("6 another person", jonas.get_json(&go(&good)).await, 400, "state_unknown"));
    attacks.push(("7 another browser", mira_elsewhere.get_json(&go(&good)).await, 400, "state_unknown"));
    attacks.push(("8 nobody", Browser::new(&app).get_json(&go(&good)).await, 401, "signed_out"));
    let at_google = return_address("google-calendar", &[("code", "c"), ("state", &good)]);
    attacks.push(("9 another service's address", mira.get_json(&at_google).await, 400, "state_unknown"));
    let twice = format!("{}&state=x", go(&good));
    attacks.push(("10 two states", mira.get_json(&twice).await, 400, "duplicate_parameter"));
    let codes = format!("{}&code=x", go(&good));
    attacks.push(("11 two codes", mira.get_json(&codes).await, 400, "duplicate_parameter"));
    let issuer = [("code", "c"), ("state", google.as_str()), ("iss", "https://accounts.google.com.evil.example")];
    let other_issuer = mira.get_json(&return_address("google-calendar", &issuer)).await;
    attacks.push(("12 another issuer", other_issuer, 400, "issuer_mismatch"));

    // The verifier of another visit in the row of this one: it does not open there.
    let (one, two) = (begin(&app, &mira, "github").await, begin(&app, &mira, "github").await);
    let hash = |address| digest(state_of(address).as_bytes()).to_vec();
    sqlx::query(
        "update connection_flows set sealed_verifier =
             (select sealed_verifier from connection_flows where state_hash = $2) where state_hash = $1",
    )
    .bind(hash(&one))
    .bind(hash(&two))
    .execute(app.db())
    .await
    .unwrap();
    attacks.push(("13 another visit's verifier", mira.get_json(&go(&state_of(&one))).await, 500, "internal"));
    sqlx::query("update connection_flows set client_fingerprint = $2 where state_hash = $1")
        .bind(hash(&two))
        .bind(digest(b"another client").to_vec())
        .execute(app.db())
        .await
        .unwrap();
    attacks.push(("14 another client", mira.get_json(&go(&state_of(&two))).await, 400, "client_changed"));

    let used = state_of(&begin(&app, &mira, "github").await);
    let denied = return_address("github", &[("error", "access_denied"), ("state", &used)]);
    assert_eq!(mira.get_json(&denied).await.location(), "/connections?cancelled=github");
    attacks.push(("15 a used state", mira.get_json(&go(&used)).await, 400, "state_unknown"));
    let late = state_of(&begin(&app, &mira, "github").await);
    sqlx::query("update connection_flows set expires_at = $2 where state_hash = $1")
        .bind(digest(late.as_bytes()).to_vec())
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    attacks.push(("16 a row that has expired", mira.get_json(&go(&late)).await, 400, "state_unknown"));
    wait(&app, Duration::minutes(10) + Duration::SECOND);
    attacks.push(("17 a state that has expired", mira.get_json(&go(&good)).await, 410, "state_expired"));

    for (attack, answer, status, code) in &attacks {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (*status, *code), "{attack}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store", "{attack}");
    }
    assert_eq!(vendor.token_requests().await, 0);
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn cn_02_of_many_returns_at_once_one_trades_the_code(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.github().await;
    let app = vendor.app(db).await;
    let browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "github").await;
    let address = return_address("github", &[("code", "c"), ("state", &state_of(&consent))]);
    let returns = (0..20).map(|_| {
        let (mut browser, address) = (browser.clone(), address.clone());
        async move { browser.get_json(&address).await.status.as_u16() }
    });
    let statuses = futures::future::join_all(returns).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(vendor.token_requests().await, 1);
}

#[sqlx::test]
async fn cn_04_declining_connects_nothing_and_shows_no_foreign_words(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "github").await;
    let declined =
        [("error", "access_denied"), ("error_description", "<script>x</script>"), ("state", &state_of(&consent))];
    let back = browser.get(&return_address("github", &declined)).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/connections?cancelled=github"));
    assert_eq!((count(&app, "connection_flows").await, count(&app, "connections").await), (0, 0));
    let consent = begin(&app, &browser, "github").await;
    let odd = [("error", "<script>x</script>"), ("state", &state_of(&consent))];
    let back = browser.get(&return_address("github", &odd)).await;
    assert_eq!(back.status, StatusCode::BAD_REQUEST);
    assert!(!back.text().contains("<script>x"), "{}", back.text());
    assert_eq!(vendor.token_requests().await, 0);
}

#[sqlx::test]
async fn cn_03_an_account_that_is_not_told_is_not_connected(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>hello</html>"),
        ResponseTemplate::new(200).set_body_json(json!({"login": "mira"})),
        ResponseTemplate::new(401).set_body_json(json!({"message": "Bad credentials"})),
    ] {
        vendor.server.reset().await;
        vendor.answers("GET", "/api.github.com/user", answer).await;
        vendor.json("POST", GITHUB_TOKEN, json!({"access_token": "a", "scope": "repo"})).await;
        let consent = begin(&app, &browser, "github").await;
        let back = browser.get_json(&return_address("github", &[("code", "c"), ("state", &state_of(&consent))])).await;
        assert_eq!(
            (back.status, back.code().as_str()),
            (StatusCode::BAD_GATEWAY, "identity_failed"),
            "{}",
            back.text()
        );
        assert_eq!(count(&app, "connections").await, 0);
    }
}

#[sqlx::test]
async fn a_narrower_grant_is_partial(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GITHUB_TOKEN, json!({"access_token": "a", "scope": "read:user,notifications"})).await;
    vendor.json("GET", "/api.github.com/user", json!({"id": 7, "login": "mira-okafor"})).await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "github").await;
    browser.get(&return_address("github", &[("code", "c"), ("state", &state_of(&consent))])).await;
    let user = user_of(&app, MIRA).await;
    let connection = &app.state().integrations.connections(user).await.unwrap()[0];
    assert_eq!(state(&app, connection.id).await.0, "partial");
    assert_eq!(connection.missing_scopes, ["repo"]);
    let tools = app.state().integrations.tools(user).await.unwrap();
    assert_eq!(tools.iter().map(|offered| offered.tool.name).collect::<Vec<_>>(), ["github__list_notifications"]);
}

#[sqlx::test]
async fn cn_05_a_service_without_a_client_says_what_to_set(db: PgPool) {
    let app = Box::pin(TestApp::new(db)).await;
    let mut browser = signed_in(&app, MIRA).await;
    let refused = browser.get("/api/integrations/google-calendar").await;
    assert_eq!(refused.status, StatusCode::NOT_IMPLEMENTED);
    for name in ["GOOGLE_CALENDAR_CLIENT_ID", "GOOGLE_CALENDAR_CLIENT_SECRET"] {
        assert!(refused.text().contains(name), "{}", refused.text());
    }
    assert_eq!(browser.get_json("/api/integrations/nothing").await.status, StatusCode::NOT_FOUND);
    let services = app.state().integrations.services();
    for service in services {
        let needs_client = catalogue().get(&service.id).unwrap().needs_client();
        assert_eq!(service.configured(), !needs_client, "{}", service.id);
    }
}

#[sqlx::test]
async fn a_start_from_elsewhere_is_asked_about_first(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    for site in ["cross-site", "same-site"] {
        let page = click(&app, &browser, "/api/integrations/github", site).await;
        assert_eq!(page.status(), StatusCode::OK, "{site}");
    }
    let page = browser.get("/api/integrations/github").await;
    assert_eq!(count(&app, "connection_flows").await, 0);
    let link =
        page.text().split("href=\"").find(|part| part.starts_with("/api/integrations/github?confirmed=")).unwrap();
    let link = link.split('"').next().unwrap();
    let foreign = format!("{}00", &link[..link.len() - 2]);
    assert_eq!(browser.get(&foreign).await.status, StatusCode::OK, "asked again");
    assert_eq!(browser.get(link).await.status, StatusCode::SEE_OTHER);
    let signed_out = Browser::new(&app).get("/api/integrations/github").await;
    assert!(signed_out.location().starts_with("/signin"), "{}", signed_out.location());
}

#[sqlx::test]
async fn starts_are_limited(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let browser = signed_in(&app, MIRA).await;
    for _ in 0..10 {
        begin(&app, &browser, "github").await;
    }
    let refused = click(&app, &browser, "/api/integrations/github", "same-origin").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
}

#[sqlx::test]
async fn cn_13_no_secret_of_a_connection_reaches_a_table_or_the_log(db: PgPool) {
    let (logs, _listening) = Logs::listen();
    let vendor = Vendor::start().await;
    let reply = json!({"access_token": "canary-access", "refresh_token": "canary-refresh", "expires_in": 3600,
        "scope": "read:user,notifications,repo"});
    vendor.json("POST", GITHUB_TOKEN, reply).await;
    vendor.json("GET", "/api.github.com/user", json!({"id": 7, "login": "mira-okafor"})).await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let consent = begin(&app, &browser, "github").await;
    let open = begin(&app, &browser, "github").await;
    browser.get(&return_address("github", &[("code", "canary-code"), ("state", &state_of(&consent))])).await;
    let verifier = fields(&vendor.asked(GITHUB_TOKEN).await[0])["code_verifier"].clone();
    let (tables, log) = (dump(&app).await, logs.text());
    assert!(tables.contains("mira-okafor") && !log.is_empty());
    for secret in ["canary-", verifier.as_str(), &state_of(&consent), &state_of(&open)] {
        assert!(!tables.contains(secret), "a secret in a table");
        assert!(!log.contains(secret), "a secret in the log");
    }
    let hexed = hex::encode("canary-access");
    assert!(!tables.contains(&hexed) && !tables.contains(&hex::encode("canary-refresh")));
}

fn entry(id: &str) -> &'static Oauth {
    catalogue().get(id).unwrap().oauth.as_ref().unwrap()
}

/// Bodies as vendors send them.
#[test]
fn refusals_are_sorted_by_what_to_do_next() {
    let grant = Err(OauthError::InvalidGrant);
    let table = [
        (
            "github",
            200,
            r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}"#,
            grant,
        ),
        ("github", 200, r#"{"error":"bad_refresh_token"}"#, grant),
        ("github", 200, r#"{"error":"incorrect_client_credentials"}"#, Err(OauthError::ClientWrong)),
        ("github", 200, r#"{"error":"redirect_uri_mismatch"}"#, Err(OauthError::RedirectMismatch)),
        (
            "google-calendar",
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
            grant,
        ),
        (
            "google-calendar",
            401,
            r#"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#,
            Err(OauthError::ClientWrong),
        ),
        ("google-calendar", 403, r#"{"error":"access_denied"}"#, Err(OauthError::AccessDenied)),
        ("google-calendar", 500, r#"{"error":"internal_failure"}"#, Err(OauthError::Outage)),
        ("slack", 200, r#"{"ok":false,"error":"invalid_code"}"#, grant),
        ("slack", 200, r#"{"ok":false,"error":"code_already_used"}"#, grant),
        ("slack", 200, r#"{"ok":false,"error":"bad_client_secret"}"#, Err(OauthError::ClientWrong)),
        ("slack", 200, r#"{"ok":false,"error":"fatal_error"}"#, Err(OauthError::Outage)),
        ("slack", 200, r#"{"ok":false}"#, Err(OauthError::Refused)),
        ("spotify", 400, r#"{"error":"invalid_grant","error_description":"Refresh token revoked"}"#, grant),
        ("spotify", 400, r#"{"error":{"code":"invalid_grant"}}"#, grant),
        ("linear", 400, r#"{"error":"invalid_grant"}"#, grant),
        ("linear", 403, r#"{"error":"invalid_grant"}"#, grant),
        ("linear", 400, r#"{"error":"unsupported_grant_type"}"#, Err(OauthError::Refused)),
        ("linear", 503, r#"{"error":"temporarily_unavailable"}"#, Err(OauthError::Outage)),
        ("linear", 502, "<html>Bad gateway</html>", Err(OauthError::Outage)),
        ("linear", 200, "<html>Sign in to the hotel's network</html>", Err(OauthError::Malformed)),
        ("linear", 403, "<html>Blocked</html>", Err(OauthError::Malformed)),
        ("linear", 200, "", Err(OauthError::Malformed)),
        ("linear", 200, "[]", Err(OauthError::Malformed)),
        ("linear", 302, "", Err(OauthError::Malformed)),
        ("linear", 429, "{}", Err(OauthError::Limited { retry_after: 7 })),
        ("linear", 200, r#"{"access_token":"a"}"#, Ok(())),
        ("slack", 200, r#"{"ok":true,"access_token":"a"}"#, Ok(())),
    ];
    let now = time::macros::datetime!(2026-03-12 12:00 UTC);
    for (id, status, body, sorted) in table {
        let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, "7".parse().unwrap())]);
        let response = Response { status, headers, body: body.as_bytes().to_vec() };
        let outcome = errors::accepted(entry(id), &response, now).map(|_| ());
        assert_eq!(outcome, sorted, "{id} {status} {body}");
        if let Err(error @ (OauthError::Outage | OauthError::Malformed)) = outcome {
            assert!(error.passes(), "an outage is no withdrawn consent: {body}");
        }
    }
}
