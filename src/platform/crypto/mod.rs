//! Sealing, message authentication, digests, and signed tokens.

mod cipher;
mod column;
mod digest;
pub mod jwt;
mod keys;
#[cfg(feature = "aws")]
mod kms;
#[cfg(not(feature = "aws"))]
#[path = "without_kms.rs"]
mod kms;
mod kms_error;
mod ring;
mod sealing_keys;
mod vault;

pub use cipher::{CipherError, decrypt, encrypt};
pub use column::{PLATFORM, Resealed, SealedColumn};
pub use digest::digest;
pub use keys::Keys;
pub use kms_error::KmsError;
pub use ring::{KeyRing, KeyRingError};
pub use sealing_keys::{SealingKeys, new_wrapped_key};
pub use vault::{CanaryError, Place, Vault, VaultError};
