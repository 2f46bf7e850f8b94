//! An issuer of tokens as the tests need one: two keys of P-256, and tokens in every shape, right and wrong.

use aura::platform::crypto::jwt::KeySet;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// A key pair: its name, the private number and the public point, in hexadecimal.
#[derive(Clone, Copy)]
pub struct Signer {
    pub kid: &'static str,
    number: &'static str,
    point: &'static str,
}

pub const FIRST: Signer = Signer {
    kid: "key-1",
    number: "8b536b8453bdeb68a8ac2f9f7787c468761de1fd15572b6aac7ce97a4d77a511",
    point: "04307fcde27a54b921e3f9cc22008c775089fab189d042cd1f48b0cb9db3f0e89dd047f42f544862fa699c3b0e1ccd07a5072182538f9b2b82e25a321647e29377",
};

pub const SECOND: Signer = Signer {
    kid: "key-2",
    number: "b6a22bf7bd7dad20bb5b8e93f0324c590e25bedfd10db968b42148d63cafab00",
    point: "04518e2d96e5314422fbab3365a7da8f605b9a95118d135cc1f2dc71aa21c43ea162d43261c6c39b2af8a99fb7f1ae0730df19318740e06107bb1f5a65bac7b83b",
};

/// A text of base64url.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    fn private(self) -> EncodingKey {
        let der = format!(
            "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420{}a144034200{}",
            self.number, self.point
        );
        EncodingKey::from_ec_der(&hex::decode(der).unwrap())
    }

    /// The public key as SubjectPublicKeyInfo.
    pub fn spki(self) -> Vec<u8> {
        hex::decode(format!("3059301306072a8648ce3d020106082a8648ce3d030107034200{}", self.point)).unwrap()
    }

    /// The same in PEM.
    pub fn pem(self) -> String {
        use base64::prelude::BASE64_STANDARD;
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(self.spki()))
    }

    pub fn jwk(self) -> Value {
        let point = hex::decode(self.point).unwrap();
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": encode(&point[1..33]), "y": encode(&point[33..]),
        })
    }

    /// Signs these texts as they are.
    pub fn sign_text(self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private(), Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    pub fn sign(self, header: &Value, payload: &Value) -> String {
        self.sign_text(&header.to_string(), &payload.to_string())
    }

    /// With the usual header.
    pub fn token(self, payload: &Value) -> String {
        self.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid }), payload)
    }
}

/// A JWK set of these.
pub fn jwks(signers: &[Signer]) -> Value {
    json!({ "keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>() })
}

pub fn key_set(signers: &[Signer]) -> KeySet {
    KeySet::from_jwks(jwks(signers).to_string().as_bytes()).unwrap()
}

/// HMAC-SHA256 with any bytes as the secret.
pub fn hmac_token(secret: &[u8], header: &Value, payload: &Value) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(payload.to_string()));
    let key = EncodingKey::from_secret(secret);
    format!("{message}.{}", jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap())
}
