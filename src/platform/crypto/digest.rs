//! SHA-256.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes; for secrets that are long and random, which need no salt.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
