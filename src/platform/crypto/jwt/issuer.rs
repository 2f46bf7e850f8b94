use jsonwebtoken::{
    Algorithm as Underlying, DecodingKey, EncodingKey, Header, encode,
    jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse, ThumbprintHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use std::sync::Arc;

use super::{JwtError, KeySet};

/// Signs our own tokens (RS256), and publishes what they can be checked with.
///
/// Keys are named by their thumbprint (RFC 7638), so a new pair has a new name by itself. Public keys of earlier pairs
/// stay in the set for as long as tokens that they signed are valid.
#[derive(Clone)]
pub struct Issuer(Arc<Parts>);

struct Parts {
    key: EncodingKey,
    key_id: String,
    keys: KeySet,
    jwks: String,
}

impl Issuer {
    /// From a private key (PKCS#8 or PKCS#1, PEM) and public keys (SPKI, PEM), of which the first belongs to it.
    ///
    /// # Errors
    /// When one cannot be read, or the first is not the private key's.
    pub fn new(private: &SecretString, public: &[String]) -> Result<Self, JwtError> {
        let key = EncodingKey::from_rsa_pem(private.expose_secret().as_bytes()).map_err(|_| JwtError::NoKey)?;
        let own = named(Jwk::from_encoding_key(&key, Underlying::RS256))?;
        let mut published = Vec::new();
        for pem in public {
            let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| JwtError::NoKey)?;
            published.push(named(Jwk::from_decoding_key(&key, Some(Underlying::RS256)))?);
        }
        if published.first().is_none_or(|first| first.common.key_id != own.common.key_id) {
            return Err(JwtError::UnknownKey);
        }
        let jwks = serde_json::to_string(&JwkSet { keys: published }).map_err(|_| JwtError::NoKey)?;
        let keys = KeySet::from_jwks(jwks.as_bytes())?;
        let key_id = own.common.key_id.unwrap_or_default();
        Ok(Self(Arc::new(Parts { key, key_id, keys, jwks })))
    }

    /// A token of this type (`typ`, RFC 8725 §3.11) with these claims.
    ///
    /// # Errors
    /// When the claims cannot be written as JSON.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JwtError> {
        let mut header = Header::new(Underlying::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.0.key_id.clone());
        encode(&header, claims, &self.0.key).map_err(|_| JwtError::Malformed)
    }

    /// What our tokens are checked with.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.0.keys
    }

    /// The same for others, as a JWK set (RFC 7517 §5).
    #[must_use]
    pub fn jwks(&self) -> &str {
        &self.0.jwks
    }
}

fn named(jwk: Result<Jwk, jsonwebtoken::errors::Error>) -> Result<Jwk, JwtError> {
    let mut jwk = jwk.map_err(|_| JwtError::NoKey)?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| JwtError::NoKey)?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_operations = Some(vec![KeyOperations::Verify]);
    Ok(jwk)
}
