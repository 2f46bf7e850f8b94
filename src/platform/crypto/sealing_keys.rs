//! The sealing keys as they are set: plain, or wrapped by a key service that opens them at start.

use std::{fmt, sync::Arc};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::{KeyRing, KeyRingError, KmsError, kms};
use crate::platform::http::Http;

/// What stands before a wrapped key.
const WRAPPED: &str = "kms:";

#[derive(Clone)]
enum Held {
    Plain(Zeroizing<[u8; 32]>),
    Wrapped(Vec<u8>),
}

/// Sealing keys by id, the writing one first.
#[derive(Clone)]
pub struct SealingKeys(Arc<Vec<(String, Held)>>);

impl SealingKeys {
    /// Reads `k2:kms:base64,k1:base64`.
    ///
    /// # Errors
    /// Names the entry that is no key.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<(String, Held)> = Vec::new();
        for (index, entry) in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let number = index + 1;
            let (id, key) = entry.split_once(':').ok_or(KeyRingError::Shape(number))?;
            let letters = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            if id.is_empty() || id.len() > 16 || !letters {
                return Err(KeyRingError::Shape(number));
            }
            if keys.iter().any(|(other, _)| other == id) {
                return Err(KeyRingError::Repeated(number));
            }
            let held = match key.strip_prefix(WRAPPED) {
                Some(wrapped) => {
                    bytes(wrapped).filter(|bytes| !bytes.is_empty()).map(|bytes| Held::Wrapped(bytes.to_vec()))
                }
                None => key_of(key).map(Held::Plain),
            };
            keys.push((id.into(), held.ok_or(KeyRingError::Key(number))?));
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(Arc::new(keys))) }
    }

    /// One plain key, whose id is `k1`.
    ///
    /// # Errors
    /// When it is no key.
    pub fn single(key: &str) -> Result<Self, KeyRingError> {
        let key = key_of(key).ok_or(KeyRingError::Key(1))?;
        Ok(Self(Arc::new(vec![("k1".into(), Held::Plain(key))])))
    }

    /// Whether a key service has to open some of them.
    #[must_use]
    pub fn any_wrapped(&self) -> bool {
        self.0.iter().any(|(_, held)| matches!(held, Held::Wrapped(_)))
    }

    /// Whether the writing key lies here in clear.
    #[must_use]
    pub fn writes_in_clear(&self) -> bool {
        matches!(self.0.first(), Some((_, Held::Plain(_))))
    }

    /// The keys themselves, where none is wrapped.
    #[must_use]
    pub fn ring(&self) -> Option<KeyRing> {
        let plain = |(id, held): &(String, Held)| match held {
            Held::Plain(key) => Some((id.clone(), key.clone())),
            Held::Wrapped(_) => None,
        };
        self.0.iter().map(plain).collect::<Option<Vec<_>>>().map(KeyRing::of)
    }

    /// The keys themselves; those that are wrapped are opened by this key of the key service.
    ///
    /// # Errors
    /// When the service does not open one.
    pub async fn open(&self, http: &Http, kms_key: Option<&str>) -> Result<KeyRing, KmsError> {
        if let Some(ring) = self.ring() {
            return Ok(ring);
        }
        let service = kms::Kms::new(http, kms_key.ok_or(KmsError::Unset)?).await?;
        let mut keys = Vec::with_capacity(self.0.len());
        for (id, held) in self.0.iter() {
            let key = match held {
                Held::Plain(key) => key.clone(),
                Held::Wrapped(wrapped) => {
                    let plain = service.open(wrapped).await?;
                    Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).map_err(|_| KmsError::NoKey)?)
                }
            };
            keys.push((id.clone(), key));
        }
        Ok(KeyRing::of(keys))
    }
}

/// A new key, wrapped by this key of the key service, as an entry without its id.
///
/// # Errors
/// When the service makes none.
pub async fn new_wrapped_key(http: &Http, kms_key: &str) -> Result<String, KmsError> {
    let wrapped = kms::Kms::new(http, kms_key).await?.fresh().await?;
    Ok(format!("{WRAPPED}{}", STANDARD.encode(wrapped)))
}

fn key_of(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    <[u8; 32]>::try_from(bytes(text)?.as_slice()).ok().map(Zeroizing::new)
}

fn bytes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim();
    let alphabets = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    alphabets.iter().find_map(|alphabet| alphabet.decode(text).ok()).map(Zeroizing::new)
}

/// Shows the ids only.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.0.iter().map(|(id, _)| id.as_str()).collect();
        formatter.debug_tuple("SealingKeys").field(&ids).finish()
    }
}
