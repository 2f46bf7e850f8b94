//! How a key is written: `aura_`, 43 characters of randomness, and 6 that are made from the rest. Programs that look
//! for leaked secrets know it by its beginning, and by its end that it is no accident.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::platform::{crypto::digest, random::Random};

const BEGINNING: &str = "aura_";
const RANDOM: usize = 43;
const CHECK: usize = 6;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How much of a key its owner is shown later on.
const SHOWN: usize = BEGINNING.len() + 6;

/// A new key.
pub fn make(random: &Random) -> Zeroizing<String> {
    let mut key = Zeroizing::new(BEGINNING.to_owned());
    for _ in 0..RANDOM {
        key.push(letter(random.below(62)));
    }
    let check = check(&key);
    key.push_str(&check);
    key
}

/// Whether a credential wants to be a key.
pub fn is_meant(credential: &str) -> bool {
    credential.starts_with(BEGINNING)
}

/// What a key is found by, where it can be one at all.
pub fn hash(key: &str) -> Option<[u8; 32]> {
    let whole = key.len() == BEGINNING.len() + RANDOM + CHECK && key.is_ascii() && is_meant(key);
    let (body, end) = whole.then(|| key.split_at(BEGINNING.len() + RANDOM))?;
    bool::from(check(body).as_bytes().ct_eq(end.as_bytes())).then(|| digest(key.as_bytes()))
}

/// What its owner knows it by.
pub fn prefix(key: &str) -> &str {
    key.get(..SHOWN).unwrap_or_default()
}

fn check(body: &str) -> String {
    let digest = digest(body.as_bytes());
    let mut number = u64::from_be_bytes([0, 0, 0, digest[0], digest[1], digest[2], digest[3], digest[4]]);
    let mut check = String::new();
    for _ in 0..CHECK {
        check.push(letter(u32::try_from(number % 62).unwrap_or_default()));
        number /= 62;
    }
    check
}

fn letter(number: u32) -> char {
    char::from(LETTERS[number as usize % LETTERS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_form_and_no_other_text_is_one() {
        let key = make(&Random::seeded(7));
        assert_eq!(key.len(), 54);
        assert!(hash(&key).is_some());
        assert_eq!(prefix(&key), &key[..11]);
        for at in 0..key.len() {
            let mut bytes = key.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(hash(std::str::from_utf8(&bytes).unwrap()).is_none(), "changed at {at}");
        }
        for other in ["", "aura_", &key[..53], &format!("{}x", key.as_str()), "aura_ééééééééééééééééééééééééééé"]
        {
            assert!(hash(other).is_none(), "{other}");
        }
    }
}
