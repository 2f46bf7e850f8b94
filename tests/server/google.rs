//! An issuer of id tokens in the place of Google, with a key of its own.

use aura::platform::crypto::digest;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use url::Url;
use wiremock::{Mock, Request, Respond, ResponseTemplate, matchers};

use crate::{
    browser::{Answer, Browser},
    support::TestApp,
    vendor::{GOOGLE_TOKEN, Vendor, fields, parameter, state_of},
};

pub const CLIENT: &str = "client-of-google";
const CERTIFICATES: &str = "/www.googleapis.com/oauth2/v3/certs";

/// A key that signs.
pub struct Key {
    pair: KeyPair,
    id: String,
}

impl Key {
    pub fn new(id: &str) -> Self {
        Self { pair: KeyPair::generate(KeySize::Rsa2048).unwrap(), id: id.to_owned() }
    }

    /// The public half as a JWK.
    pub fn jwk(&self) -> Value {
        // RFC 8017, A.1.1: nine bytes of lengths and sign stand before a modulus of 2048 bits, two before the exponent.
        let public = self.pair.public_key().as_ref();
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": encode(&public[9..265]),
            "e": encode(&public[267..]) })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": "RS256", "kid": self.id, "typ": "JWT" }), claims)
    }

    /// Signs under any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", encode(&signature))
    }
}

pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and claims as they are signed.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

pub struct Google {
    pub vendor: Vendor,
    pub key: Key,
}

impl Google {
    pub async fn start() -> Self {
        let google = Self { vendor: Vendor::start().await, key: Key::new("first") };
        google.vendor.json("GET", CERTIFICATES, json!({ "keys": [google.key.jwk()] })).await;
        google
    }

    pub async fn app(&self, db: PgPool) -> TestApp {
        self.vendor.app(db).await
    }

    /// What an honest token says of Mira after this visit to the consent page.
    pub fn claims(app: &TestApp, consent: &Url) -> Value {
        let now = app.clock().now().unix_timestamp();
        json!({
            "iss": "https://accounts.google.com", "aud": CLIENT, "azp": CLIENT, "sub": "110000000000004101",
            "email": "mira@gmail.com", "email_verified": true, "name": "Mira Okafor",
            "nonce": parameter(consent, "nonce"), "iat": now, "exp": now + 3600,
        })
    }

    /// The next trade of a code gives this id token, if the verifier is that of the consent page.
    pub async fn gives(&self, consent: &Url, token: &str) {
        let body = json!({ "access_token": "canary-google", "expires_in": 3599, "scope": "openid email profile",
            "token_type": "Bearer", "id_token": token });
        self.replies(consent, body).await;
    }

    /// The next trade of a code is answered so.
    pub async fn replies(&self, consent: &Url, body: Value) {
        let challenge = parameter(consent, "code_challenge").unwrap();
        Mock::given(matchers::method("POST"))
            .and(matchers::path(GOOGLE_TOKEN))
            .respond_with(Checked { challenge, body })
            .up_to_n_times(1)
            .with_priority(1)
            .mount(&self.vendor.server)
            .await;
    }

    /// Comes back from a consent page with an account that has these claims instead of Mira's.
    pub async fn comes_back(&self, app: &TestApp, browser: &mut Browser, consent: &Url, changes: Value) -> Answer {
        let mut claims = Self::claims(app, consent);
        change(&mut claims, changes);
        self.gives(consent, &self.key.sign(&claims)).await;
        browser.get(&back("google", consent)).await
    }

    /// The whole way in.
    pub async fn sign_in(&self, app: &TestApp, browser: &mut Browser, changes: Value) -> Answer {
        let consent = leave(browser, "/api/auth/signin/google").await;
        self.comes_back(app, browser, &consent, changes).await
    }
}

/// Sets members; null takes one away.
pub fn change(claims: &mut Value, changes: Value) {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
}

/// Trades a code only for the verifier behind the challenge (RFC 7636).
struct Checked {
    challenge: String,
    body: Value,
}

impl Respond for Checked {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let verifier = fields(request).get("code_verifier").cloned().unwrap_or_default();
        if encode(&digest(verifier.as_bytes())) == self.challenge {
            ResponseTemplate::new(200).set_body_json(&self.body)
        } else {
            ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }))
        }
    }
}

/// Follows a link of ours to a consent page and gives its address.
pub async fn leave(browser: &mut Browser, address: &str) -> Url {
    let gone = browser.click(address).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{address}: {}", gone.text());
    Url::parse(gone.location()).unwrap_or_else(|_| panic!("{address} leads to {}", gone.location()))
}

/// Where a consent page leads back to.
pub fn back(provider: &str, consent: &Url) -> String {
    format!("/api/auth/callback/{provider}?code=the-code&state={}", state_of(consent))
}
