//! The keys that seal: the first writes, all of them read.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::digest;

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
    /// These keys, the writing one first.
    #[must_use]
    pub(super) fn of(keys: Vec<(String, Zeroizing<[u8; 32]>)>) -> Self {
        Self(Arc::new(keys))
    }

    /// Keys that were derived, each named after itself: one that takes another's place has another id.
    #[must_use]
    pub fn derived(keys: impl IntoIterator<Item = Zeroizing<[u8; 32]>>) -> Self {
        let named = |key: Zeroizing<[u8; 32]>| (format!("d{}", &hex::encode(digest(key.as_ref()))[..12]), key);
        Self(Arc::new(keys.into_iter().map(named).collect()))
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
