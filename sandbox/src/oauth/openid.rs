//! Who somebody is, signed (OpenID Connect): id tokens, the keys to check them with, and the same by a call.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::dialects::Dialect;
use crate::log;
use crate::oauth::grants::Code;
use crate::people::Person;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// What an id token says of somebody's address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mailbox {
    /// At the issuer's own mail domain.
    #[default]
    Gmail,
    /// In an organisation whose mail the issuer hosts.
    Hosted,
    /// Elsewhere, and never confirmed.
    Unverified,
}

impl Mailbox {
    /// The choice on the consent page.
    pub const CHOICE: &'static str = "<label>Their address is <select name=\"mailbox\">\
        <option value=\"gmail\">at gmail.com</option>\
        <option value=\"hosted\">hosted for their organisation</option>\
        <option value=\"unverified\">elsewhere, not confirmed</option></select></label>";

    fn claims(self, person: Person) -> Value {
        match self {
            Self::Gmail => json!({ "email": format!("{}@gmail.com", person.login), "email_verified": true }),
            Self::Hosted => json!({ "email": person.email, "email_verified": true, "hd": "northbeam.example" }),
            Self::Unverified => json!({ "email": person.email, "email_verified": false }),
        }
    }
}

/// The key of this run.
struct Signer {
    pair: KeyPair,
    id: String,
}

fn signer() -> Option<&'static Signer> {
    static SIGNER: OnceLock<Option<Signer>> = OnceLock::new();
    let made = SIGNER.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(pair.public_key().as_ref()));
        Some(Signer { pair, id })
    });
    made.as_ref()
}

/// The id token that goes with a code's access token; empty when nothing can be signed.
pub fn id_token(dialect: &Dialect, code: &Code) -> String {
    let now = log::now().unix_timestamp();
    let mut claims = json!({
        "iss": dialect.iss,
        "azp": code.asked.client_id,
        "aud": code.asked.client_id,
        "sub": subject(code.person),
        "iat": now,
        "exp": now + 3599,
    });
    if let Some(nonce) = &code.asked.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    add_profile(&mut claims, code.person, &code.asked.scopes, code.mailbox);
    sign(&claims).unwrap_or_default()
}

fn add_profile(claims: &mut Value, person: Person, scopes: &[String], mailbox: Mailbox) {
    let asked = |name: &str| scopes.iter().any(|scope| scope == name);
    if asked("profile") {
        claims["name"] = person.name.into();
    }
    if asked("email") {
        for (name, value) in mailbox.claims(person).as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
    }
}

fn subject(person: Person) -> String {
    format!("1100000000000{:010}", person.number)
}

fn sign(claims: &Value) -> Option<String> {
    let signer = signer()?;
    let header = json!({ "alg": "RS256", "kid": signer.id, "typ": "JWT" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let mut signature = vec![0; signer.pair.public_modulus_len()];
    signer.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The public key, as a JWK set.
pub fn certificates() -> Response {
    let Some(signer) = signer() else {
        return answer::json(500, json!({ "error": "no key" }));
    };
    // RFC 8017, A.1.1: nine bytes of lengths and sign stand before a modulus of 2048 bits, two before the exponent.
    let public = signer.pair.public_key().as_ref();
    let part = |from: usize, to: usize| URL_SAFE_NO_PAD.encode(public.get(from..to).unwrap_or_default());
    let (modulus, exponent) = (part(9, 265), part(267, public.len()));
    answer::json(
        200,
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": signer.id, "n": modulus, "e": exponent }] }),
    )
}

/// Whose account it is, by a call.
pub fn userinfo(sandbox: &Sandbox, call: &Call) -> Response {
    match sandbox.grants().check(call.authorization("Bearer"), &["google"]) {
        Ok(token) => {
            let mut claims = json!({ "sub": subject(token.person) });
            add_profile(&mut claims, token.person, &token.scopes, Mailbox::default());
            answer::json(200, claims)
        }
        Err(denied) => answer::refused(
            answer::json(401, json!({ "error": "invalid_request", "error_description": "Invalid Credentials" })),
            format!("google: {}", denied.reason()),
        ),
    }
}
