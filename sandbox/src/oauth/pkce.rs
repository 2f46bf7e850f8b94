//! Proof keys for code exchange (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Whether a challenge has the form of an S256 one.
pub fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Why the verifier does not prove the challenge; `None` when it does.
pub fn objection(challenge: &str, verifier: Option<&str>) -> Option<&'static str> {
    let Some(verifier) = verifier else {
        return Some("code_verifier is missing");
    };
    if !(43..=128).contains(&verifier.len()) {
        return Some("code_verifier must have 43 to 128 characters");
    }
    if !verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
        return Some("code_verifier has characters that are not allowed");
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    (hash != challenge).then_some("code_verifier does not match the code_challenge")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_standard_is_accepted() {
        assert!(is_challenge(CHALLENGE));
        assert_eq!(objection(CHALLENGE, Some(VERIFIER)), None);
    }

    #[test]
    fn everything_else_is_refused() {
        assert!(objection(CHALLENGE, None).is_some());
        assert!(objection(CHALLENGE, Some("short")).is_some());
        assert!(objection(CHALLENGE, Some(&"a".repeat(43))).is_some());
        assert!(objection(CHALLENGE, Some(&"a".repeat(129))).is_some());
        assert!(objection(CHALLENGE, Some(&format!("{}+", "a".repeat(43)))).is_some());
        assert!(!is_challenge(VERIFIER.get(1..).unwrap_or_default()));
    }
}
