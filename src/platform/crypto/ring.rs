//! The keys that seal: the first writes, all of them read.

use std::{fmt, sync::Arc};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

/// Why a list of keys was refused. It never repeats the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// No key at all.
    #[error("holds no key")]
    Empty,
    /// An entry that is not `id:base64`.
    #[error("entry {0} is not `id:base64`, where the id is one to sixteen lower-case letters and digits")]
    Shape(usize),
    /// A key that is not 32 bytes of base64.
    #[error("the key of entry {0} is not 32 bytes in base64; make one with `openssl rand -base64 32`")]
    Key(usize),
    /// Two keys with one id.
    #[error("entry {0} repeats an id")]
    Repeated(usize),
}

/// Sealing keys by id.
#[derive(Clone)]
pub struct KeyRing(Arc<Vec<(String, Zeroizing<[u8; 32]>)>>);

impl KeyRing {
    /// Reads `k2:base64,k1:base64`.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<(String, Zeroizing<[u8; 32]>)> = Vec::new();
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
            keys.push((id.into(), decode(key).ok_or(KeyRingError::Key(number))?));
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(Arc::new(keys))) }
    }

    /// A ring of one key, whose id is `k1`.
    pub fn single(key: &str) -> Result<Self, KeyRingError> {
        let key = decode(key).ok_or(KeyRingError::Key(1))?;
        Ok(Self(Arc::new(vec![("k1".into(), key)])))
    }

    /// The ids, the writing one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    pub(super) fn writing(&self) -> Option<(&str, &[u8; 32])> {
        self.0.first().map(|(id, key)| (id.as_str(), &**key))
    }

    pub(super) fn named(&self, wanted: &str) -> Option<&[u8; 32]> {
        self.0.iter().find(|(id, _)| id == wanted).map(|(_, key)| &**key)
    }
}

/// Shows the ids only.
impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeyRing").field(&self.ids().collect::<Vec<_>>()).finish()
    }
}

fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.trim();
    let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|alphabet| alphabet.decode(text).ok())
        .map(Zeroizing::new)?;
    <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}
