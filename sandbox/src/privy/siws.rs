//! Sign-In with Solana: the same message, an Ed25519 signature in Base64 or Base58.

use crate::privy::accounts::handle;
use crate::privy::ask::Ask;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::siwe;
use crate::privy::state::Privy;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// `POST /siws/authenticate`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let account = proven(privy, ask)?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, None)
}

/// `POST /siws/link`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let account = proven(privy, ask)?;
    ok(privy.link(&person, account)?)
}

/// `POST /siws/unlink {address}`.
pub fn unlink(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let key = handle(&wallet(ask.text("address")?, &Map::new()));
    ok(privy.unlink(&person, &key)?)
}

fn proven(privy: &mut Privy, ask: &Ask<'_>) -> Result<Value, Problem> {
    if !privy.is_on("solana_wallet_auth") {
        return Err(Problem::method_off("wallet"));
    }
    let message = ask.text("message")?;
    let parsed = siwe::parse(message, "Solana").ok_or_else(|| Problem::data("message is not a sign-in message"))?;
    let key = public_key(parsed.address)?;
    siwe::check_times(privy, &parsed)?;
    let text = ask.text("signature")?;
    let signature = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 64).or_else(|| unbase58(text));
    let refused = || Problem::credentials("Invalid SIWS message and/or signature");
    let signature = signature.ok_or_else(refused)?;
    UnparsedPublicKey::new(&ED25519, key).verify(message.as_bytes(), &signature).map_err(|_| refused())?;
    privy.take_nonce(parsed.nonce, parsed.address)?;
    let mut extra = Map::new();
    for (name, source) in [("wallet_client_type", "walletClientType"), ("connector_type", "connectorType")] {
        if let Some(value) = ask.option(source) {
            extra.insert(name.into(), value.into());
        }
    }
    Ok(wallet(parsed.address, &extra))
}

/// The 32 bytes behind an address.
pub fn public_key(address: &str) -> Result<Vec<u8>, Problem> {
    unbase58(address).filter(|bytes| bytes.len() == 32).ok_or_else(|| Problem::data("Invalid Solana address"))
}

/// A wallet account.
pub fn wallet(address: &str, extra: &Map<String, Value>) -> Value {
    let mut account =
        json!({ "type": "wallet", "address": address, "chain_type": "solana", "wallet_client": "unknown" });
    if let Some(object) = account.as_object_mut() {
        object.extend(extra.clone());
    }
    account
}

fn unbase58(text: &str) -> Option<Vec<u8>> {
    if text.len() > 128 {
        return None;
    }
    let mut number: Vec<u8> = Vec::new();
    for byte in text.bytes() {
        let mut carry = DIGITS.iter().position(|digit| *digit == byte)?;
        for place in number.iter_mut().rev() {
            carry += usize::from(*place) * 58;
            *place = u8::try_from(carry % 256).ok()?;
            carry /= 256;
        }
        while carry > 0 {
            number.insert(0, u8::try_from(carry % 256).ok()?);
            carry /= 256;
        }
    }
    let zeros = text.bytes().take_while(|byte| *byte == b'1').count();
    number.splice(0..0, std::iter::repeat_n(0, zeros));
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_has_its_known_answers() {
        // Vectors of draft-msporny-base58.
        assert_eq!(unbase58("2NEpo7TZRRrLZSi2U").unwrap(), b"Hello World!");
        assert_eq!(unbase58("11233QC4").unwrap(), [0, 0, 0x28, 0x7f, 0xb4, 0xcd]);
        assert_eq!(unbase58("0"), None);
        assert_eq!(public_key("11111111111111111111111111111111").unwrap(), [0; 32]);
        assert!(public_key("abc").is_err());
    }
}
