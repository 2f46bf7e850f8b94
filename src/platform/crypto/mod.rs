//! Sealing, message authentication, digests, and signed tokens.

mod cipher;
mod digest;
pub mod jwt;
mod keys;
mod ring;
mod vault;

pub use cipher::{CipherError, decrypt, encrypt};
pub use digest::digest;
pub use keys::Keys;
pub use ring::{KeyRing, KeyRingError};
pub use vault::{CanaryError, Place, Vault, VaultError};
