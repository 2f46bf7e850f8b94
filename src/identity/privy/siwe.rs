//! The text of «Sign-In with Ethereum» (EIP-4361), as Privy checks it.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

/// A nonce as the text can hold it: at least eight letters and digits.
pub(super) fn is_nonce(nonce: &str) -> bool {
    (8..=100).contains(&nonce.len()) && nonce.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

/// The text for a wallet, whose address is checksummed.
pub(super) fn message(site: &Url, wallet: &str, nonce: &str, now: OffsetDateTime) -> String {
    let origin = site.origin().ascii_serialization();
    let domain = origin.split_once("://").map_or(origin.as_str(), |(_, domain)| domain);
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
    format!(
        "{domain} wants you to sign in with your Ethereum account:\n{wallet}\n\nBy signing, you are proving you own \
         this wallet and logging in. This does not initiate a transaction or cost any fees.\n\nURI: {origin}\n\
         Version: 1\nChain ID: 1\nNonce: {nonce}\nIssued At: {now}\nResources:\n- https://privy.io"
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_text_is_as_the_standard_writes_it() {
        let site = Url::parse("https://aura.example:8443/").unwrap();
        let text = message(
            &site,
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "abcdefgh1",
            datetime!(2026-03-12 12:00:00.123 UTC),
        );
        assert_eq!(
            text,
            "aura.example:8443 wants you to sign in with your Ethereum account:\n\
             0x52908400098527886E0F7030069857D2E4169EE7\n\n\
             By signing, you are proving you own this wallet and logging in. This does not initiate a transaction or \
             cost any fees.\n\n\
             URI: https://aura.example:8443\nVersion: 1\nChain ID: 1\nNonce: abcdefgh1\n\
             Issued At: 2026-03-12T12:00:00.123Z\nResources:\n- https://privy.io"
        );
        assert!(is_nonce("abcdefgh") && !is_nonce("short") && !is_nonce("with\nline ends"));
    }
}
