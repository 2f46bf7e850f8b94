//! Addresses that open one file for a few minutes, to whoever has them.
//!
//! They are of ours, also where the files lie in a bucket: a file that was deleted, or whose owner has left, is gone at
//! once at every address, and a bucket can be one that only Aura reaches.

use time::{Duration, OffsetDateTime};
use url::Url;

use super::error::FileError;
use crate::{kit::id::FileId, platform::crypto::Keys};

/// Five minutes.
pub const LONGEST: Duration = Duration::seconds(300);
const LABEL: &str = "file address";
/// What stands before the id.
pub const PLACE: &str = "/files/";

/// The address of a file until a moment.
pub fn sign(keys: &Keys, public_url: &Url, id: FileId, expires_at: OffsetDateTime) -> Url {
    let (id, expires) = (id.to_string(), expires_at.unix_timestamp().to_string());
    let mut address = public_url.clone();
    address.set_path(&format!("{PLACE}{id}"));
    address
        .query_pairs_mut()
        .append_pair("expires", &expires)
        .append_pair("signature", &hex::encode(keys.mac(LABEL, &[id.as_bytes(), expires.as_bytes()])));
    address
}

/// The file that an address opens. What is signed are its letters, so each that is changed is noticed.
///
/// # Errors
/// When it is none of ours or its time is over.
pub fn verify(keys: &Keys, id: &str, expires: &str, signature: &str, now: OffsetDateTime) -> Result<FileId, FileError> {
    let small = !signature.bytes().any(|digit| digit.is_ascii_uppercase());
    let mac = hex::decode(signature).unwrap_or_default();
    if !keys.verify(LABEL, &[id.as_bytes(), expires.as_bytes()], &mac) || !small {
        return Err(FileError::AddressInvalid);
    }
    let ends: i64 = expires.parse().map_err(|_| FileError::AddressInvalid)?;
    if now.unix_timestamp() >= ends {
        return Err(FileError::AddressExpired);
    }
    id.parse().map_err(|_| FileError::AddressInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{clock::Clock, random::Random};

    #[test]
    fn every_letter_of_an_address_counts() {
        let keys = Keys::new("a secret of at least thirty-two bytes".to_owned().into(), None);
        let (now, random) = (Clock::system().now(), Random::seeded(1));
        let (id, other): (FileId, FileId) = (random.id(now), random.id(now));
        let address = sign(&keys, &Url::parse("https://aura.example").unwrap(), id, now + LONGEST);
        let query: Vec<String> = address.query_pairs().map(|(_, value)| value.into_owned()).collect();
        let [expires, signature] = [&query[0], &query[1]];
        let opens = |id: &str, expires: &str, signature: &str, now| verify(&keys, id, expires, signature, now);
        let text = id.to_string();
        assert_eq!(opens(&text, expires, signature, now).unwrap(), id);
        assert!(matches!(opens(&text, expires, signature, now + LONGEST), Err(FileError::AddressExpired)));
        assert!(opens(&other.to_string(), expires, signature, now).is_err());
        let whole = format!("{text} {expires} {signature}");
        for at in (0..whole.len()).filter(|at| whole.as_bytes()[*at] != b' ') {
            for letter in ['0', '1', 'a', 'A', 'F', '%'] {
                let changed = format!("{}{letter}{}", &whole[..at], &whole[at + 1..]);
                if changed == whole {
                    continue;
                }
                let parts: Vec<&str> = changed.split(' ').collect();
                assert!(opens(parts[0], parts[1], parts[2], now).is_err(), "{changed}");
            }
        }
        for (expires, signature) in
            [("", ""), (expires, ""), (&format!("+{expires}"), signature), ("9999999999", signature)]
        {
            assert!(opens(&text, expires, signature, now).is_err(), "{expires} {signature}");
        }
    }
}
