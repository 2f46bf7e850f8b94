//! Sealing, message authentication and digests.

mod cipher;
mod digest;
mod keys;
mod ring;
mod vault;

pub use cipher::{CipherError, decrypt, encrypt};
pub use digest::digest;
pub use keys::Keys;
pub use ring::{KeyRing, KeyRingError};
pub use vault::{CanaryError, Place, Vault, VaultError};
