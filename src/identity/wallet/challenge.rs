//! The text of EIP-4361, written by the server alone: a wallet shows it to its owner before they sign it.

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use super::Address;

/// How long the text can be signed and brought back.
pub const LASTS: Duration = Duration::minutes(10);

/// What the text says.
pub struct Challenge<'a> {
    /// The public address of this installation.
    pub site: &'a Url,
    pub address: Address,
    /// Which chain the wallet is on (EIP-155). The account is the same on all of them.
    pub chain: u64,
    /// What the signature is for, in one sentence on one line.
    pub statement: &'a str,
    /// At least eight letters and digits that were never used before.
    pub nonce: &'a str,
    pub issued_at: OffsetDateTime,
}

impl Challenge<'_> {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { site, address, chain, statement, nonce, issued_at } = self;
        let host = site.host_str().unwrap_or_default();
        let domain = site.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let address = address.with_checksum();
        let (issued, expires) = (moment(*issued_at), moment(*issued_at + LASTS));
        format!(
            "{domain} wants you to sign in with your Ethereum account:\n\
             {address}\n\
             \n\
             {statement}\n\
             \n\
             URI: {site}\n\
             Version: 1\n\
             Chain ID: {chain}\n\
             Nonce: {nonce}\n\
             Issued At: {issued}\n\
             Expiration Time: {expires}"
        )
    }
}

/// To whole seconds, which every reader of RFC 3339 takes.
fn moment(moment: OffsetDateTime) -> String {
    moment.replace_nanosecond(0).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_text_is_that_of_eip_4361() {
        let site = Url::parse("https://aura.example:8443").unwrap();
        let challenge = Challenge {
            site: &site,
            address: Address::parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").unwrap(),
            chain: 1,
            statement: "Sign in to Aura.",
            nonce: "0123456789abcdef",
            issued_at: datetime!(2026-03-12 12:00:00.123456 UTC),
        };
        assert_eq!(
            challenge.text(),
            "aura.example:8443 wants you to sign in with your Ethereum account:\n\
             0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n\
             \n\
             Sign in to Aura.\n\
             \n\
             URI: https://aura.example:8443/\n\
             Version: 1\n\
             Chain ID: 1\n\
             Nonce: 0123456789abcdef\n\
             Issued At: 2026-03-12T12:00:00Z\n\
             Expiration Time: 2026-03-12T12:10:00Z"
        );
    }
}
