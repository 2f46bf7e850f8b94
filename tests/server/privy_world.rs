//! Privy as the tests need it: one listener for both of its hosts, with keys, people, codes, consents and wallets, and
//! the posts that it would send.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt as _;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::{
    signer::{FIRST, Signer, encode, jwks},
    support::TestApp,
};

pub const APP: &str = "app-1";
pub const SECRET: &str = "canary-privy-app-secret";
/// Not a secret of anybody: `whsec_` and the base64 of 24 letters.
pub const WEBHOOK_KEY: &[u8; 24] = b"the first key of a test.";
pub const OTHER_KEY: &[u8; 24] = b"the other key of a test.";
pub const CODE: &str = "424242";

pub fn webhook_secret(key: &[u8]) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(key))
}

#[derive(Default)]
struct There {
    keys: Vec<Signer>,
    /// What `GET /users/{did}` tells.
    people: BTreeMap<String, Value>,
    settings: Value,
    /// Every answer is 503.
    down: bool,
    /// Only the answers for servers are 503.
    rest_down: bool,
    asked: Vec<(String, Value)>,
    /// The challenge that belongs to a state.
    consents: BTreeMap<String, String>,
    nonces: Vec<String>,
    now: i64,
    sessions: usize,
}

#[derive(Clone)]
pub struct PrivyWorld {
    there: Arc<Mutex<There>>,
    server: Arc<MockServer>,
}

impl PrivyWorld {
    pub async fn start() -> Self {
        let settings = json!({
            "id": APP, "email_auth": true, "sms_auth": true, "wallet_auth": true, "google_oauth": true,
            "spotify_oauth": true, "github_oauth": false, "captcha_enabled": false,
        });
        let there = Arc::new(Mutex::new(There { keys: vec![FIRST], settings, ..There::default() }));
        let server = MockServer::start().await;
        let world = there.clone();
        Mock::given(any()).respond_with(move |request: &Request| answer(&world, request)).mount(&server).await;
        Self { there, server: Arc::new(server) }
    }

    pub async fn app(&self, db: PgPool) -> TestApp {
        self.app_with(db, &[]).await
    }

    pub async fn app_with(&self, db: PgPool, changes: &[(&str, &str)]) -> TestApp {
        let world = format!("*={}", self.server.uri());
        let secrets = format!("{},{}", webhook_secret(WEBHOOK_KEY), webhook_secret(OTHER_KEY));
        let mut variables = vec![
            ("HOST_OVERRIDES", world.as_str()),
            ("PRIVY_APP_ID", APP),
            ("PRIVY_APP_SECRET", SECRET),
            ("PRIVY_WEBHOOK_SECRET", secrets.as_str()),
        ];
        variables.extend_from_slice(changes);
        let app = Box::pin(TestApp::with(db, &variables)).await;
        self.at(app.clock().now());
        app
    }

    /// What its clock says.
    pub fn at(&self, now: OffsetDateTime) {
        self.there.lock().unwrap().now = now.unix_timestamp();
    }

    pub fn set_down(&self, down: bool) {
        self.there.lock().unwrap().down = down;
    }

    pub fn set_rest_down(&self, down: bool) {
        self.there.lock().unwrap().rest_down = down;
    }

    pub fn publish(&self, keys: &[Signer]) {
        self.there.lock().unwrap().keys = keys.to_vec();
    }

    pub fn switch(&self, name: &str, on: bool) {
        self.there.lock().unwrap().settings[name] = json!(on);
    }

    /// Makes or changes a person.
    pub fn person(&self, did: &str, accounts: Value) {
        let user =
            json!({ "id": did, "created_at": 1, "linked_accounts": accounts, "mfa_methods": [], "is_guest": false });
        self.there.lock().unwrap().people.insert(did.to_owned(), user);
    }

    pub fn delete(&self, did: &str) {
        self.there.lock().unwrap().people.remove(did);
    }

    /// What was asked of an endpoint.
    pub fn asked(&self, path: &str) -> Vec<Value> {
        let there = self.there.lock().unwrap();
        there.asked.iter().filter(|(asked, _)| asked == path).map(|(_, body)| body.clone()).collect()
    }

    /// What an access token says.
    pub fn claims(&self, did: &str, sid: &str) -> Value {
        let now = self.there.lock().unwrap().now;
        json!({ "iss": "privy.io", "aud": APP, "sub": did, "sid": sid, "iat": now, "exp": now + 3_600 })
    }

    pub fn token(&self, did: &str, sid: &str) -> String {
        FIRST.token(&self.claims(did, sid))
    }

    /// What an identity token says: the accounts as a text, the time of making as one too, no session.
    pub fn identity_claims(&self, did: &str, accounts: &Value) -> Value {
        let now = self.there.lock().unwrap().now;
        json!({
            "iss": "privy.io", "aud": APP, "sub": did, "cr": "1700000000", "linked_accounts": accounts.to_string(),
            "iat": now, "exp": now + 3_600,
        })
    }

    pub fn identity_token(&self, did: &str, accounts: &Value) -> String {
        FIRST.token(&self.identity_claims(did, accounts))
    }
}

fn answer(world: &Mutex<There>, request: &Request) -> ResponseTemplate {
    let mut there = world.lock().unwrap();
    let path = request.url.path().to_owned();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    there.asked.push((path.clone(), body.clone()));
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let refused = |status: u16, code: &str| {
        ResponseTemplate::new(status).set_body_json(json!({ "error": "refused", "code": code }))
    };
    let (rest, client) = (path.strip_prefix("/api.privy.io/v1"), path.strip_prefix("/auth.privy.io/api/v1"));
    if there.down || (there.rest_down && rest.is_some_and(|rest| rest.starts_with("/users"))) {
        return ResponseTemplate::new(503);
    }
    if let Some(rest) = rest {
        if rest == format!("/apps/{APP}/jwks.json") {
            return ok(jwks(&there.keys));
        }
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{APP}:{SECRET}")));
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("authorization") != basic || header("privy-app-id") != APP {
            return refused(401, "missing_or_invalid_privy_app_id");
        }
        let did = rest.strip_prefix("/users/").unwrap_or_default();
        return there.people.get(did).map_or_else(|| refused(404, "user_does_not_exist"), |user| ok(user.clone()));
    }
    let Some(client) = client else { return ResponseTemplate::new(404) };
    if request.headers.get("privy-app-id").is_none_or(|id| id != APP) {
        return refused(401, "missing_or_invalid_privy_app_id");
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match client {
        "/apps/app-1" => ok(there.settings.clone()),
        "/passwordless/init" | "/passwordless_sms/init" => ok(json!({ "success": true })),
        "/passwordless/authenticate" | "/passwordless_sms/authenticate" if text("code") != CODE => {
            refused(422, "invalid_credentials")
        }
        "/passwordless/authenticate" => {
            there.authenticated("did:privy:mail", json!([{ "type": "email", "address": text("email") }]))
        }
        "/passwordless_sms/authenticate" => {
            there.authenticated("did:privy:phone", json!([{ "type": "phone", "phoneNumber": text("phoneNumber") }]))
        }
        "/oauth/init" => {
            there.consents.insert(text("state_code"), text("code_challenge"));
            ok(json!({ "url": format!("https://auth.privy.io/consent?state={}", text("state_code")) }))
        }
        "/oauth/authenticate" => {
            let challenge = there.consents.remove(&text("state_code"));
            if challenge != Some(encode(Sha256::digest(text("code_verifier"))))
                || text("authorization_code") != "granted"
            {
                return refused(400, "invalid_pkce_parameters");
            }
            let google = json!([{ "type": "google_oauth", "subject": "g1", "email": "mira@example.com", "name": "Mira Okafor" }]);
            there.authenticated("did:privy:google", google)
        }
        "/siwe/init" => {
            let nonce = format!("nonce{:08}", there.nonces.len());
            there.nonces.push(nonce.clone());
            ok(json!({ "nonce": nonce, "address": text("address"), "expires_at": "2026-03-12T12:10:00Z" }))
        }
        "/siwe/authenticate" => {
            let message = text("message");
            let nonce = there.nonces.iter().position(|nonce| message.contains(&format!("Nonce: {nonce}\n")));
            match nonce {
                Some(at) if text("signature") == "0xsigned" => {
                    there.nonces.remove(at);
                    let address = message.lines().nth(1).unwrap().to_owned();
                    there.authenticated(
                        "did:privy:wallet",
                        json!([{ "type": "wallet", "address": address, "chain_type": "ethereum" }]),
                    )
                }
                _ => refused(422, "invalid_credentials"),
            }
        }
        _ => ResponseTemplate::new(404),
    }
}

impl There {
    fn authenticated(&mut self, did: &str, accounts: Value) -> ResponseTemplate {
        self.sessions += 1;
        let user = json!({ "id": did, "created_at": 1, "linked_accounts": accounts });
        self.people.insert(did.to_owned(), user.clone());
        let claims = json!({
            "iss": "privy.io", "aud": APP, "sub": did, "sid": format!("session-{}", self.sessions),
            "iat": self.now, "exp": self.now + 3_600,
        });
        ResponseTemplate::new(200).set_body_json(json!({
            "token": FIRST.token(&claims), "privy_access_token": null, "refresh_token": "canary-privy-refresh",
            "session_update_action": "set", "user": user, "is_new_user": true,
        }))
    }
}

/// An answer to a program.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The session cookie that it sets.
    pub fn session(&self) -> Option<String> {
        self.headers.get_all(header::SET_COOKIE).iter().find_map(|cookie| {
            let cookie = cookie.to_str().unwrap();
            Some(cookie.strip_prefix("__Host-aura=")?.split(';').next()?.to_owned())
        })
    }
}

/// A program's request with these headers.
pub async fn call(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
    let mut request = http::Request::builder().method(method).uri(path).header(header::HOST, "localhost:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = app.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

/// Shows an access token as a bearer.
pub async fn sync(app: &TestApp, token: &str) -> Reply {
    call(app, "POST", "/api/auth/sync", &[("authorization", &format!("Bearer {token}"))], Vec::new()).await
}

/// A post as Privy signs it at the app's time.
pub async fn post(app: &TestApp, id: &str, event: &Value) -> StatusCode {
    let at = app.clock().now();
    post_signed(app, id, at, WEBHOOK_KEY, event.to_string().as_bytes(), event.to_string().as_bytes()).await.status
}

/// One that is signed at another time, by another key, or over another body.
pub async fn post_signed(app: &TestApp, id: &str, at: OffsetDateTime, key: &[u8], signed: &[u8], sent: &[u8]) -> Reply {
    let seconds = at.unix_timestamp();
    let signature = Webhook::from_bytes(key.to_vec()).unwrap().sign(id, seconds, signed).unwrap();
    let seconds = seconds.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("svix-id", id),
        ("svix-timestamp", seconds.as_str()),
        ("svix-signature", signature.as_str()),
    ];
    call(app, "POST", "/api/webhooks/privy", &headers, sent.to_vec()).await
}

/// Does all jobs that are due.
pub async fn drain(app: &TestApp) {
    aura::serve::jobs(app.state()).drain(app.db()).await.unwrap();
}

pub fn later(app: &TestApp, world: &PrivyWorld, by: Duration) {
    app.clock().advance(by);
    world.at(app.clock().now());
}
