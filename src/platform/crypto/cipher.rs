//! AES-256-GCM with a nonce of 96 bits and a tag of 128 bits, and nothing else.

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

/// Why bytes were not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// Key, nonce or tag do not have the one size that is accepted.
    #[error("a key, nonce or tag of the wrong size")]
    Size,
    /// The tag does not fit: another key, other associated data, or changed bytes.
    #[error("the bytes do not open")]
    Forged,
}

const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;

fn prepare(key: &[u8], nonce: &[u8]) -> Result<(Aes256Gcm, [u8; NONCE]), CipherError> {
    if key.len() != KEY {
        return Err(CipherError::Size);
    }
    let nonce = nonce.try_into().map_err(|_| CipherError::Size)?;
    Ok((Aes256Gcm::new_from_slice(key).map_err(|_| CipherError::Size)?, nonce))
}

/// Encrypts; the answer is the ciphertext with its tag behind it.
pub fn encrypt(key: &[u8], nonce: &[u8], associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, CipherError> {
    let (cipher, nonce) = prepare(key, nonce)?;
    cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: associated }).map_err(|_| CipherError::Size)
}

/// Decrypts a ciphertext whose tag stands behind it.
pub fn decrypt(key: &[u8], nonce: &[u8], associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherError> {
    let (cipher, nonce) = prepare(key, nonce)?;
    if sealed.len() < TAG {
        return Err(CipherError::Size);
    }
    let plain = cipher.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: associated });
    plain.map(Zeroizing::new).map_err(|_| CipherError::Forged)
}
