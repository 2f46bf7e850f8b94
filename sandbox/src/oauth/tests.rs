//! Walks through the router as a browser and a client would.

use crate::app::{Sandbox, router};
use crate::settings::Settings;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http_body_util::BodyExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use url::{Url, form_urlencoded};

const BACK: &str = "http://127.0.0.1:3000/connect/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

struct Seen {
    status: u16,
    location: String,
    body: String,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn world() -> Router {
    let settings = Settings { port: 0, smtp_port: 0, base: "http://localhost:4010".into(), model_delay_ms: 0 };
    router(Sandbox::new(settings).unwrap())
}

async fn send(world: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Seen {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = world.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    Seen {
        status: response.status().as_u16(),
        location: response
            .headers()
            .get(header::LOCATION)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default(),
        body: String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn post(world: &Router, path: &str, pairs: &[(&str, &str)]) -> Seen {
    let headers = [
        ("user-agent", "Aura/0.1"),
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    send(world, "POST", path, &headers, form(pairs)).await
}

async fn get(world: &Router, path: &str, token: &str) -> Seen {
    send(
        world,
        "GET",
        path,
        &[("user-agent", "Aura/0.1"), ("authorization", &format!("Bearer {token}"))],
        String::new(),
    )
    .await
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()))
}

/// Opens an authorize page, presses a button, and gives the query of the way back.
async fn consent(world: &Router, address: &str, extra: &[(&str, &str)], button: &str) -> Vec<(String, String)> {
    let challenge = challenge();
    let mut pairs = vec![
        ("redirect_uri", BACK),
        ("state", "st-0123456789abcdef"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("response_type", "code"),
    ];
    pairs.extend_from_slice(extra);
    let page = send(world, "GET", &format!("/{address}?{}", form(&pairs)), &[], String::new()).await;
    if page.status == 303 {
        return query(&page.location);
    }
    assert_eq!(page.status, 200, "{}", page.body);
    let id = page.body.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = post(world, "/_sandbox/consent", &[("request", &id), ("person", "mira"), ("decision", button)]).await;
    assert_eq!(answer.status, 303);
    query(&answer.location)
}

fn query(location: &str) -> Vec<(String, String)> {
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    crate::call::find(pairs, name).unwrap_or_default()
}

const GITHUB: [(&str, &str); 2] = [("client_id", "sandbox-github"), ("scope", "read:user")];

fn github(code: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("client_id", "sandbox-github"),
        ("client_secret", "sandbox-secret"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]
}

#[tokio::test]
async fn github_from_consent_to_revocation() {
    let world = world();
    let back = consent(&world, "github.com/login/oauth/authorize", &GITHUB, "allow").await;
    assert_eq!(value(&back, "state"), "st-0123456789abcdef");
    let code = value(&back, "code");
    let token = post(&world, "/github.com/login/oauth/access_token", &github(code)).await.json();
    let access = token["access_token"].as_str().unwrap();
    assert!(access.starts_with("gho_"));
    assert_eq!(get(&world, "/api.github.com/user", access).await.json()["login"], "mira-okafor");
    let issues = get(&world, "/api.github.com/issues", access).await.json();
    let numbers: Vec<u64> = issues.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1490, 1482]);

    let basic = format!("Basic {}", STANDARD.encode("sandbox-github:sandbox-secret"));
    let headers = [("user-agent", "Aura/0.1"), ("authorization", basic.as_str()), ("content-type", "application/json")];
    let body = serde_json::json!({ "access_token": access }).to_string();
    assert_eq!(
        send(&world, "DELETE", "/api.github.com/applications/sandbox-github/grant", &headers, body).await.status,
        204
    );
    assert_eq!(get(&world, "/api.github.com/user", access).await.status, 401);
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_proof() {
    let world = world();
    let back = consent(&world, "github.com/login/oauth/authorize", &GITHUB, "allow").await;
    let code = value(&back, "code").to_owned();
    let mut wrong = github(&code);
    wrong.retain(|(name, _)| *name != "code_verifier");
    assert_eq!(
        post(&world, "/github.com/login/oauth/access_token", &wrong).await.json()["error"],
        "bad_verification_code"
    );
    let mut elsewhere = github(&code);
    elsewhere.retain(|(name, _)| *name != "redirect_uri");
    assert_eq!(
        post(&world, "/github.com/login/oauth/access_token", &elsewhere).await.json()["error"],
        "redirect_uri_mismatch"
    );
    let first = post(&world, "/github.com/login/oauth/access_token", &github(&code)).await.json();
    assert!(first["access_token"].is_string());
    let again = post(&world, "/github.com/login/oauth/access_token", &github(&code)).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (200, Some("bad_verification_code")));
    assert_eq!(get(&world, "/api.github.com/user", first["access_token"].as_str().unwrap()).await.status, 401);
    let journal = send(&world, "GET", "/_sandbox/journal?host=github.com", &[], String::new()).await;
    assert_eq!(journal.json()["counts"]["POST github.com/login/oauth/access_token"], 4);
    assert!(!journal.body.contains(&code) && !journal.body.contains("sandbox-secret"));
}

#[tokio::test]
async fn denial_and_wrong_requests_go_back_with_an_error() {
    let world = world();
    let back = consent(&world, "github.com/login/oauth/authorize", &GITHUB, "deny").await;
    assert_eq!(value(&back, "error"), "access_denied");
    let wrong = [("client_id", "sandbox-linear"), ("scope", "read write")];
    assert_eq!(value(&consent(&world, "linear.app/oauth/authorize", &wrong, "allow").await, "error"), "invalid_scope");
    let bare = form(&[
        ("client_id", "sandbox-airtable"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("state", "st-0123456789abcdef"),
    ]);
    let page = send(&world, "GET", &format!("/airtable.com/oauth2/v1/authorize?{bare}"), &[], String::new()).await;
    assert_eq!(value(&query(&page.location), "error"), "invalid_request");
    let stranger = form(&[("client_id", "somebody"), ("redirect_uri", BACK)]);
    assert_eq!(
        send(&world, "GET", &format!("/github.com/login/oauth/authorize?{stranger}"), &[], String::new()).await.status,
        400
    );
}

#[tokio::test]
async fn google_gives_a_lasting_token_only_when_asked_for() {
    let world = world();
    let asked = [
        ("client_id", "sandbox-google-calendar"),
        ("scope", "openid email https://www.googleapis.com/auth/calendar.readonly"),
        ("access_type", "offline"),
        ("prompt", "consent"),
    ];
    let client = [("client_id", "sandbox-google-calendar"), ("client_secret", "sandbox-secret")];
    for (count, lasting) in [(2, false), (4, true)] {
        let back = consent(&world, "accounts.google.com/o/oauth2/v2/auth", &asked[..count], "allow").await;
        assert_eq!(value(&back, "iss"), "https://accounts.google.com");
        let mut pairs = client.to_vec();
        pairs.extend([
            ("grant_type", "authorization_code"),
            ("code", value(&back, "code")),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ]);
        let token = post(&world, "/oauth2.googleapis.com/token", &pairs).await.json();
        assert_eq!(token["refresh_token"].is_string(), lasting);
        let path = "/www.googleapis.com/calendar/v3/calendars/primary/events?singleEvents=true&orderBy=startTime";
        let events = get(&world, path, token["access_token"].as_str().unwrap()).await.json();
        assert!(events["items"].as_array().unwrap().iter().any(|event| event["summary"] == "Launch review"));
    }
}

#[tokio::test]
async fn google_signs_who_it_is_and_repeats_the_nonce() {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    let world = world();
    let asked = [("client_id", "sandbox-google"), ("scope", "openid email profile"), ("nonce", "a-nonce")];
    let back = consent(&world, "accounts.google.com/o/oauth2/v2/auth", &asked, "allow").await;
    let pairs = [
        ("client_id", "sandbox-google"),
        ("client_secret", "sandbox-secret"),
        ("grant_type", "authorization_code"),
        ("code", value(&back, "code")),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let reply = post(&world, "/oauth2.googleapis.com/token", &pairs).await.json();
    let token = reply["id_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split('.').nth(1).unwrap())).unwrap();
    assert_eq!((claims["nonce"].as_str(), claims["aud"].as_str()), (Some("a-nonce"), Some("sandbox-google")));
    assert_eq!(
        (claims["email"].as_str(), claims["email_verified"].as_bool()),
        (Some("mira-okafor@gmail.com"), Some(true))
    );
    let key = get(&world, "/www.googleapis.com/oauth2/v3/certs", "").await.json()["keys"][0].clone();
    let [n, e] = ["n", "e"].map(|name| decode(key[name].as_str().unwrap()));
    let public = RsaPublicKeyComponents { n: &n, e: &e };
    assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)).is_ok());
    let me = get(&world, "/openidconnect.googleapis.com/v1/userinfo", reply["access_token"].as_str().unwrap()).await;
    assert_eq!(me.json()["sub"], claims["sub"]);
}

#[tokio::test]
async fn linear_rotates_with_grace_and_slack_keeps_two_sets() {
    let world = world();
    let back =
        consent(&world, "linear.app/oauth/authorize", &[("client_id", "sandbox-linear"), ("scope", "read")], "allow")
            .await;
    let client = [("client_id", "sandbox-linear"), ("client_secret", "sandbox-secret")];
    let mut pairs = client.to_vec();
    pairs.extend([
        ("grant_type", "authorization_code"),
        ("code", value(&back, "code")),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]);
    let token = post(&world, "/api.linear.app/oauth/token", &pairs).await.json();
    let old = token["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let mut pairs = client.to_vec();
        pairs.extend([("grant_type", "refresh_token"), ("refresh_token", old)]);
        assert!(
            post(&world, "/api.linear.app/oauth/token", &pairs).await.json()["refresh_token"].as_str().unwrap() != old
        );
    }

    let asked = [("client_id", "sandbox-slack"), ("user_scope", "channels:read,channels:history,search:read")];
    let back = consent(&world, "slack.com/oauth/v2/authorize", &asked, "allow").await;
    let pairs = [
        ("client_id", "sandbox-slack"),
        ("client_secret", "sandbox-secret"),
        ("code", value(&back, "code")),
        ("redirect_uri", BACK),
    ];
    let token = post(&world, "/slack.com/api/oauth.v2.access", &pairs).await.json();
    assert!(token.get("access_token").is_none());
    let person = token["authed_user"]["access_token"].as_str().unwrap();
    let info = get(&world, "/slack.com/api/conversations.info?channel=C0GENERAL1", person).await.json();
    assert_eq!(info["channel"]["unread_count_display"], 3);
    let oldest = info["channel"]["last_read"].as_str().unwrap();
    let unread =
        get(&world, &format!("/slack.com/api/conversations.history?channel=C0GENERAL1&oldest={oldest}"), person)
            .await
            .json();
    assert_eq!(unread["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_wrong_place_for_the_secret_and_no_user_agent_are_refused() {
    let world = world();
    let pairs = [
        ("client_id", "sandbox-spotify"),
        ("client_secret", "sandbox-secret"),
        ("grant_type", "authorization_code"),
        ("code", "x"),
    ];
    let refused = post(&world, "/accounts.spotify.com/api/token", &pairs).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (401, Some("invalid_client")));
    let nobody = send(&world, "GET", "/api.github.com/user", &[], String::new()).await;
    assert_eq!(nobody.status, 400);
    let page = send(&world, "GET", "/", &[], String::new()).await;
    assert!(page.body.contains("no user agent") && page.body.contains("does not take the client secret by Body"));
}

#[tokio::test]
async fn faults_meet_as_many_requests_as_asked() {
    let world = world();
    let json = [("content-type", "application/json")];
    let fault = r#"{"host":"api.sendgrid.com","kind":"429","times":1,"retry_after":3}"#;
    assert_eq!(send(&world, "POST", "/_sandbox/faults", &json, fault.into()).await.status, 201);
    assert_eq!(get(&world, "/api.sendgrid.com/v3/scopes", "SG.sandbox-key").await.status, 429);
    assert_eq!(get(&world, "/api.sendgrid.com/v3/scopes", "SG.sandbox-key").await.status, 200);
    assert_eq!(get(&world, "/api.sendgrid.com/v3/scopes", "SG.other").await.status, 401);
    let journal = send(&world, "GET", "/_sandbox/journal", &[], String::new()).await.json();
    assert_eq!(journal["entries"][0]["note"], "fault Limited");
    assert_eq!(journal["entries"][2]["refused"], true);
}
