//! Whose signature is under a text (EIP-191, `personal_sign`).

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest as _, Keccak256};

use super::Address;

/// Keccak-256, which is SHA-3 before its last change.
pub(super) fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The account that has signed the text; `None` when nobody has. The signature is `0x` and 65 bytes in hexadecimal: r, s
/// and v, where v is 0, 1, 27 or 28. Of the two values of s that would fit, only the lower one is taken (EIP-2), so that
/// no second signature can be made out of one that was seen.
#[must_use]
pub fn signer(text: &str, written: &str) -> Option<Address> {
    let mut bytes = [0; 65];
    hex::decode_to_slice(written.strip_prefix("0x")?, &mut bytes).ok()?;
    let signature = Signature::from_slice(&bytes[..64]).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    let odd = match bytes[64] {
        0 | 27 => false,
        1 | 28 => true,
        _ => return None,
    };
    let length = text.len().to_string();
    let hash = keccak(&[b"\x19Ethereum Signed Message:\n", length.as_bytes(), text.as_bytes()]);
    let key = VerifyingKey::recover_from_prehash(&hash, &signature, RecoveryId::new(odd, false)).ok()?;
    Some(of_key(&key))
}

/// The last twenty bytes of the hash of both coordinates.
fn of_key(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    let hash = keccak(&[&point.as_bytes()[1..]]);
    let mut address = [0; 20];
    address.copy_from_slice(&hash[12..]);
    Address(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
    const SECOND: &str = "0x1563915e194D8CfBA1943570603F7606A3115508";
    const HELLO: &str = "0x9208d5f86a1f5d9c1908dbb42969925675ceb388616fc5b186c248e4967a03e02e9d28a1adcb8cce60ebcef9756dee20522a2987afea3055f4edd8380d425f891b";

    /// `signMessage` of npm viem 2.40.0, with the private keys 0x1111… and 0x2222…
    const SIGNED: [(&str, &str, &str); 7] = [
        (FIRST, "hello", HELLO),
        (
            FIRST,
            "",
            "0x2a78cca8e3c7653cb7943898806b3b9d74811a26fa9f9db6c4ba07bf714664cb2f841b084f5264df14711a2cc77a6cf0c0cecb6691a132a2a8c6e9321f23d55d1b",
        ),
        (
            SECOND,
            "",
            "0xe9f9984ba234bd311c89021a2e94f7c772c8e46e8596fcb41908c2f55de91b0d5a79cb6ff7cef949095e22f735643bc7eee1c92a875d8a5df8cf4cb07f4d75bc1b",
        ),
        (
            SECOND,
            "hello",
            "0x1b45716596d11d870d423dc25a27e1a011e6d71470ed9d9c05fe6e7e2d9dedc80b3739b0a395e7b9dc30547cb9b4cfe261d6c92210d15397a37a95b2f88620cc1b",
        ),
        (
            FIRST,
            "Grüße, wallet 🦊\nline two",
            "0x580c9a82af81b5ba442c1b05e10aeb3dab045d272a2e0e9bebea9d1b4c5142a75fc2cde5f89652d4b7d51b24467f6b91e3f7459e8314bdcc7b77fd23075823661b",
        ),
        (
            SECOND,
            "Grüße, wallet 🦊\nline two",
            "0xaefed03b942dd1c29381fcd561220f7b04446e199bed5eb270f08d0c0fe4919519b932bed223321dee28061a6f744c2dd657b302ee92ca9845c7e6de14563b591c",
        ),
        (
            FIRST,
            "a thousand",
            "0xa6004b3fd41527830fdb94be5aa13c52a2187a4065b3ffee9508e06e33ea9dff705f7a2294dd0b73a46d42b627d8d112617ad582dcec17a12f64b46487cc43791b",
        ),
    ];

    fn text(written: &str) -> String {
        if written == "a thousand" { "x".repeat(1_000) } else { written.to_owned() }
    }

    #[test]
    fn the_signer_is_the_one_that_viem_signed_with() {
        for (address, written, signature) in SIGNED {
            let found = signer(&text(written), signature).unwrap();
            assert_eq!(found.with_checksum(), address, "{written}");
            // Some wallets count from 0 instead of 27.
            let end = if signature.ends_with("1b") { "00" } else { "01" };
            assert_eq!(signer(&text(written), &format!("{}{end}", &signature[..130])), Some(found));
        }
    }

    #[test]
    fn a_changed_text_has_another_signer() {
        let first = Address::parse(FIRST);
        assert_eq!(signer("hello", HELLO), first);
        for changed in ["hello ", "Hello", "hell", "hello\0"] {
            assert_ne!(signer(changed, HELLO), first, "{changed:?}");
        }
    }

    #[test]
    fn wa_04_what_is_no_signature_has_no_signer() {
        // The other value of s that fits, with the other parity: the same signature, made into a second one.
        let high = "0x9208d5f86a1f5d9c1908dbb42969925675ceb388616fc5b186c248e4967a03e0d162d75e523473319f1431068a9211de6884b35eff5e6fe5cae48654c2f3e1b81c";
        let body = &HELLO[..130];
        let mut wrong =
            vec![String::new(), "0x".to_owned(), high.to_owned(), HELLO[2..].to_owned(), format!("{HELLO}00")];
        wrong.extend(["02", "1a", "1d", "25", "ff"].map(|v| format!("{body}{v}")));
        wrong.push(format!("0x{}1b", "0".repeat(128)));
        wrong.push(format!("0x{}1b", "f".repeat(128)));
        wrong.push(format!("{}g", &HELLO[..131]));
        // No r, then no s.
        wrong.push(format!("0x{}{}", "0".repeat(64), &HELLO[66..]));
        wrong.push(format!("{}{}1b", &HELLO[..66], "0".repeat(64)));
        for signature in wrong {
            assert_eq!(signer("hello", &signature), None, "{signature}");
        }
    }
}
