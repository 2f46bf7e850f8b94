//! The ES256 keys that tokens are signed with, and the forms in which they are published.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

/// `SubjectPublicKeyInfo` of a P-256 key up to its 65 bytes (RFC 5480).
pub const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// One signing key.
pub struct SigningKey {
    /// The `kid` of its tokens.
    pub kid: String,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    /// A fresh key; fails when the machine gives no randomness.
    pub fn generate() -> Result<Self, String> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|error| error.to_string())?;
        Ok(Self { kid: random(32), pair })
    }

    /// A compact JWS over the claims (RFC 7515), `typ` JWT.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid });
        let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        // Signing fails only without randomness; the token then carries no signature and is refused by everybody.
        let signature = self
            .pair
            .sign(&SystemRandom::new(), input.as_bytes())
            .map_or_else(|_| String::new(), |signature| encode(signature.as_ref()));
        format!("{input}.{signature}")
    }

    /// Claims of a token that this key has signed; times are the caller's to check.
    pub fn open(&self, token: &str) -> Option<Value> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.get("alg")?.as_str()? != "ES256" || header.get("kid")?.as_str()? != self.kid {
            return None;
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point())
            .verify(input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// As an entry of a JWKS (RFC 7517).
    pub fn jwk(&self) -> Value {
        let (x, y) = self.point().get(1..).unwrap_or_default().split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": self.kid, "use": "sig", "alg": "ES256" })
    }

    /// As SPKI in PEM, as the dashboard shows it.
    pub fn pem(&self) -> String {
        let der: Vec<u8> = SPKI_PREFIX.iter().chain(self.point()).copied().collect();
        let text = STANDARD.encode(der);
        let (first, second) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}

/// Letters and digits.
pub fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_own_tokens_alone() {
        let (ours, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let token = ours.sign(&json!({ "sub": "did:privy:x" }));
        assert_eq!(ours.open(&token).unwrap()["sub"], "did:privy:x");
        assert!(other.open(&token).is_none());
        let (input, _) = token.rsplit_once('.').unwrap();
        assert!(ours.open(&format!("{input}.")).is_none());
        assert!(ours.open("a.b.c").is_none());
        assert!(ours.open("").is_none());
        assert_eq!(ours.pem().lines().nth(1).unwrap().len(), 64);
    }
}
