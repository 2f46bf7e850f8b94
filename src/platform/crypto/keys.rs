//! Keys for message authentication, derived from one secret under labels.

use std::{fmt, sync::Arc};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Derives one HMAC key per label from the present secret, and verifies under the previous one too.
#[derive(Clone)]
pub struct Keys {
    current: Arc<SecretString>,
    previous: Option<Arc<SecretString>>,
}

impl Keys {
    /// Keys under a secret; the previous one is accepted while it is being replaced.
    #[must_use]
    pub fn new(current: SecretString, previous: Option<SecretString>) -> Self {
        Self { current: Arc::new(current), previous: previous.map(Arc::new) }
    }

    /// HMAC-SHA256 over the parts, each behind its length, under the key of this label.
    #[must_use]
    pub fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        prepared(&self.current, label, parts).finalize().into_bytes().into()
    }

    /// Whether this is the code of these parts, in constant time.
    #[must_use]
    pub fn verify(&self, label: &str, parts: &[&[u8]], mac: &[u8]) -> bool {
        let fits = |secret: &SecretString| prepared(secret, label, parts).verify_slice(mac).is_ok();
        fits(&self.current) | self.previous.as_deref().is_some_and(fits)
    }

    /// A key of 32 bytes for this label, for other uses than message authentication.
    #[must_use]
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.current, label)
    }
}

/// Shows nothing.
impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys")
    }
}

fn derived(secret: &SecretString, label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let filled =
        Hkdf::<Sha256>::new(Some(b"aura/v1"), secret.expose_secret().as_bytes()).expand(label.as_bytes(), key.as_mut());
    debug_assert!(filled.is_ok(), "32 bytes are within what HKDF-SHA256 gives");
    key
}

fn prepared(secret: &SecretString, label: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key shorter than the block of 64 bytes is filled up with zeros; doing it here leaves nothing that can fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(derived(secret, label).as_ref());
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}
