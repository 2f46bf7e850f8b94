//! Sign-In with Ethereum: EIP-4361 messages, EIP-191 signatures.

use crate::privy::ask::Ask;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::{CEREMONY_SECONDS, Privy};
use crate::{log, privy::accounts::handle};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use serde_json::{Map, Value, json};
use sha3::{Digest, Keccak256};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The lines of a message that count.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The site.
    pub domain: &'a str,
    /// The wallet.
    pub address: &'a str,
    /// Without `eip155:`.
    pub chain_id: &'a str,
    /// From `init`.
    pub nonce: &'a str,
    /// RFC 3339.
    pub issued_at: &'a str,
    /// RFC 3339, where there is an end.
    pub expires_at: Option<&'a str>,
}

/// Reads a message; `chain` is `Ethereum` or `Solana`.
pub fn parse<'a>(message: &'a str, chain: &str) -> Option<Parsed<'a>> {
    let mut lines = message.lines();
    let domain = lines.next()?.strip_suffix(&format!(" wants you to sign in with your {chain} account:"))?;
    let address = lines.next()?;
    let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    (field("Version")? == "1" && !domain.is_empty()).then_some(())?;
    field("URI")?;
    Some(Parsed {
        domain,
        address,
        chain_id: field("Chain ID")?,
        nonce: field("Nonce")?,
        issued_at: field("Issued At")?,
        expires_at: field("Expiration Time"),
    })
}

/// Refuses messages from the future and those that have ended, by this issuer's clock.
pub fn check_times(privy: &Privy, parsed: &Parsed<'_>) -> Result<(), Problem> {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).map(OffsetDateTime::unix_timestamp).ok();
    let now = privy.now();
    let issued = moment(parsed.issued_at).ok_or_else(|| Problem::data("Issued At is not a time"))?;
    let ended = parsed.expires_at.and_then(moment).is_some_and(|ends| ends <= now);
    if ended || issued > now + CEREMONY_SECONDS || issued + CEREMONY_SECONDS < now {
        return Err(Problem::credentials("The message is too old or not yet valid"));
    }
    Ok(())
}

/// `POST /siwe/init` and `/siws/init`.
pub fn begin(privy: &mut Privy, ask: &Ask<'_>, setting: &str) -> Outcome {
    if !privy.is_on(setting) {
        return Err(Problem::method_off("wallet"));
    }
    let address = ask.text("address")?;
    let key = if setting == "wallet_auth" {
        handle(&wallet(address, &Map::new())?).1
    } else {
        crate::privy::siws::public_key(address)?;
        address.to_owned()
    };
    let nonce = privy.give_nonce(&key);
    let ends = log::now() + Duration::seconds(privy.offset + CEREMONY_SECONDS);
    ok(json!({ "nonce": nonce, "address": address, "expires_at": log::rfc3339(ends) }))
}

/// `POST /siwe/authenticate`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let account = proven(privy, ask)?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, None)
}

/// `POST /siwe/link`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let account = proven(privy, ask)?;
    ok(privy.link(&person, account)?)
}

/// `POST /siwe/unlink {address}`.
pub fn unlink(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let key = handle(&wallet(ask.text("address")?, &Map::new())?);
    ok(privy.unlink(&person, &key)?)
}

fn proven(privy: &mut Privy, ask: &Ask<'_>) -> Result<Value, Problem> {
    if !privy.is_on("wallet_auth") {
        return Err(Problem::method_off("wallet"));
    }
    let message = ask.text("message")?;
    let parsed = parse(message, "Ethereum").ok_or_else(|| Problem::data("message is not an EIP-4361 message"))?;
    let mut extra = Map::new();
    extra.insert("chain_id".into(), format!("eip155:{}", parsed.chain_id).into());
    for (name, source) in [("wallet_client_type", "walletClientType"), ("connector_type", "connectorType")] {
        if let Some(value) = ask.option(source) {
            extra.insert(name.into(), value.into());
        }
    }
    let account = wallet(parsed.address, &extra)?;
    let address = handle(&account).1;
    check_times(privy, &parsed)?;
    if recover(message, ask.text("signature")?).as_deref() != Some(address.as_str()) {
        return Err(Problem::credentials("Invalid SIWE message and/or signature"));
    }
    // Taken only now: a stranger cannot burn the nonce of another.
    privy.take_nonce(parsed.nonce, &address)?;
    Ok(account)
}

/// A wallet account; the address in the form of EIP-55.
pub fn wallet(address: &str, extra: &Map<String, Value>) -> Result<Value, Problem> {
    let digits = address.strip_prefix("0x").unwrap_or_default();
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::data("Invalid Ethereum address"));
    }
    let mut account = json!({
        "type": "wallet", "address": checksummed(&digits.to_lowercase()), "chain_type": "ethereum", "chain_id": "eip155:1",
        "wallet_client": "unknown",
    });
    if let Some(object) = account.as_object_mut() {
        object.extend(extra.clone());
    }
    Ok(account)
}

/// Who signed, as `0x` and forty small digits.
fn recover(message: &str, signature: &str) -> Option<String> {
    let bytes = unhex(signature.strip_prefix("0x")?)?;
    let (body, last) = bytes.split_at_checked(64)?;
    let [v] = last else { return None };
    let id = RecoveryId::from_byte(if *v >= 27 { v - 27 } else { *v })?;
    let hash = Keccak256::digest(format!("\u{19}Ethereum Signed Message:\n{}{message}", message.len()));
    let signature = Signature::from_slice(body).ok()?;
    // EIP-2: of the two signatures that fit, only the lower one counts.
    if signature.normalize_s() != signature {
        return None;
    }
    let key = VerifyingKey::recover_from_prehash(&hash, &signature, id).ok()?;
    let point = key.to_sec1_point(false);
    let hash = Keccak256::digest(point.as_bytes().get(1..)?);
    Some(format!("0x{}", hex(hash.get(12..)?)))
}

fn checksummed(digits: &str) -> String {
    let hash = hex(&Keccak256::digest(digits));
    let cased = digits.chars().zip(hash.chars()).map(|(digit, mark)| {
        if mark.to_digit(16).is_some_and(|mark| mark >= 8) { digit.to_ascii_uppercase() } else { digit }
    });
    format!("0x{}", cased.collect::<String>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().collect();
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_case_of_eip_55() {
        // Examples of the standard itself.
        for address in ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"] {
            assert_eq!(wallet(&address.to_lowercase(), &Map::new()).unwrap()["address"], address);
        }
        assert!(wallet("0x12", &Map::new()).is_err());
        assert!(wallet("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", &Map::new()).is_err());
    }

    #[test]
    fn broken_signatures_name_nobody() {
        for signature in
            ["", "0x", "0xzz", "0x00", &format!("0x{}", "00".repeat(65)), &format!("0x{}", "ff".repeat(65))]
        {
            assert_eq!(recover("hello", signature), None, "{signature}");
        }
    }

    #[test]
    fn a_message_without_its_lines_is_none() {
        let message = "app.example wants you to sign in with your Ethereum account:\n0xabc\n\nx\n\nURI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: n\nIssued At: 2026-01-01T00:00:00Z\nResources:\n- https://privy.io";
        assert_eq!(parse(message, "Ethereum").unwrap().nonce, "n");
        assert!(parse(message, "Solana").is_none());
        assert!(parse(&message.replace("Version: 1", "Version: 2"), "Ethereum").is_none());
        assert!(parse(&message.replace("Nonce: n\n", ""), "Ethereum").is_none());
    }
}
