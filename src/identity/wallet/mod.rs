//! Signing in with an Ethereum wallet (EIP-4361): the text that it is asked to sign, and who has signed it. The use-cases
//! that join the two are in `service/wallet.rs`.

pub mod challenge;
pub mod signature;
pub mod visit;

/// The account of a wallet: twenty bytes, derived from its public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// Reads `0x` and forty hexadecimal digits. Digits of mixed case must be those of the checksum (EIP-55); digits of
    /// one case carry none.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let digits = written.strip_prefix("0x")?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        let address = Self(bytes);
        let one_case = !digits.bytes().any(|digit| digit.is_ascii_uppercase())
            || !digits.bytes().any(|digit| digit.is_ascii_lowercase());
        (one_case || address.with_checksum() == written).then_some(address)
    }

    /// Lower case: the one form in which it is stored and compared.
    #[must_use]
    pub fn lower(self) -> String {
        format!("0x{}", hex::encode(self.0))
    }

    /// With the checksum in the case of its letters (EIP-55), as EIP-4361 wants it.
    #[must_use]
    pub fn with_checksum(self) -> String {
        let lower = hex::encode(self.0);
        let hash = hex::encode(signature::keccak(&[lower.as_bytes()]));
        let digits = lower.chars().zip(hash.bytes()).map(|(digit, hash)| {
            // The upper half of the hexadecimal digits, 8 to f.
            if hash >= b'8' { digit.to_ascii_uppercase() } else { digit }
        });
        format!("0x{}", digits.collect::<String>())
    }

    /// What its owner knows it by: `0x12aB…34Cd`.
    #[must_use]
    pub fn label(self) -> String {
        let whole = self.with_checksum();
        format!("{}…{}", &whole[..6], &whole[38..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of EIP-55.
    const CHECKED: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn the_checksum_is_that_of_eip_55() {
        for written in CHECKED {
            let address = Address::parse(written).unwrap();
            assert_eq!(address.with_checksum(), written);
            assert_eq!(Address::parse(&address.lower()), Some(address));
        }
        assert_eq!(Address::parse(CHECKED[4]).unwrap().label(), "0x5aAe…eAed");
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        for written in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            // One letter in the other case, one digit changed, one missing, one too many.
            "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA\n",
            "mira.eth",
        ] {
            assert_eq!(Address::parse(written), None, "{written}");
        }
    }
}
