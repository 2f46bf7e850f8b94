use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as Underlying, DecodingKey};
use serde_json::{Map, Value};

use super::{JwtError, roca, strict};

/// How a token may be signed: always by a private key whose public half we hold. There is no `none`, and no shared
/// secret that a public key could be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Es384,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
}

impl Algorithm {
    /// By its name in a header or key (RFC 7518 §3.1).
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            _ => return None,
        })
    }

    pub(super) fn underlying(self) -> Underlying {
        match self {
            Self::Es256 => Underlying::ES256,
            Self::Es384 => Underlying::ES384,
            Self::Rs256 => Underlying::RS256,
            Self::Rs384 => Underlying::RS384,
            Self::Rs512 => Underlying::RS512,
            Self::Ps256 => Underlying::PS256,
            Self::Ps384 => Underlying::PS384,
            Self::Ps512 => Underlying::PS512,
        }
    }

    fn is_rsa(self) -> bool {
        !matches!(self, Self::Es256 | Self::Es384)
    }
}

/// The public keys of one issuer. Each is for one algorithm.
#[derive(Clone)]
pub struct KeySet(Vec<Key>);

#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517 §5). Keys for something else than checking signatures, and of kinds that we do not
    /// take, are left out.
    ///
    /// # Errors
    /// When it is none, or when nothing is left.
    pub fn from_jwks(json: &[u8]) -> Result<Self, JwtError> {
        let set = strict::object(json).ok_or(JwtError::NoKey)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(JwtError::NoKey)?;
        Self::of(keys.iter().filter_map(Value::as_object).filter_map(read).collect())
    }

    /// Reads one public key in PEM (SPKI). Line ends may be written as `\n`, as they are in environments.
    ///
    /// # Errors
    /// When it is none of P-256, P-384 or RSA.
    pub fn from_pem(text: &str) -> Result<Self, JwtError> {
        let text = text.replace("\\n", "\n");
        let text = text.trim();
        if !text.starts_with("-----BEGIN PUBLIC KEY-----") {
            return Err(JwtError::NoKey);
        }
        let (algorithm, key) = match DecodingKey::from_ec_pem(text.as_bytes()) {
            Ok(key) => match key.try_get_as_bytes().map(<[u8]>::len) {
                Ok(65) => (Algorithm::Es256, key),
                Ok(97) => (Algorithm::Es384, key),
                _ => return Err(JwtError::NoKey),
            },
            Err(_) => (Algorithm::Rs256, DecodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| JwtError::NoKey)?),
        };
        Self::of(vec![Key { id: None, algorithm, key }])
    }

    fn of(keys: Vec<Key>) -> Result<Self, JwtError> {
        if keys.is_empty() { Err(JwtError::NoKey) } else { Ok(Self(keys)) }
    }

    /// The key that a token names. One that names none gets the only key; a key without a name is meant by any name,
    /// if it is the only one. The name is only compared: it is no path, address or query.
    pub(super) fn named(&self, id: Option<&str>) -> Result<&Key, JwtError> {
        if let [only] = self.0.as_slice()
            && (id.is_none() || only.id.is_none())
        {
            return Ok(only);
        }
        let id = id.ok_or(JwtError::UnknownKey)?;
        let mut found = self.0.iter().filter(|key| key.id.as_deref() == Some(id));
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(JwtError::UnknownKey),
        }
    }
}

fn read(jwk: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let meant = jwk.get("use").is_none_or(|usage| usage == "sig")
        && jwk
            .get("key_ops")
            .is_none_or(|acts| acts.as_array().is_some_and(|acts| acts.iter().any(|act| act == "verify")));
    if !meant {
        return None;
    }
    let said = match jwk.get("alg") {
        Some(name) => Some(Algorithm::named(name.as_str()?)?),
        None => None,
    };
    let (algorithm, key) = match text("kty")? {
        "EC" => {
            let algorithm = match text("crv")? {
                "P-256" => Algorithm::Es256,
                "P-384" => Algorithm::Es384,
                _ => return None,
            };
            if said.is_some_and(|said| said != algorithm) {
                return None;
            }
            (algorithm, DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?)
        }
        "RSA" => {
            let algorithm = said.unwrap_or(Algorithm::Rs256);
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(text("n")?).ok()?;
            if !algorithm.is_rsa() || roca::is_weak(&modulus) {
                return None;
            }
            (algorithm, DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?)
        }
        _ => return None,
    };
    Some(Key { id: text("kid").map(str::to_owned), algorithm, key })
}
