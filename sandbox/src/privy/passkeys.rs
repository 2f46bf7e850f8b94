//! Passkeys: WebAuthn registration and assertion with ES256 keys and no attestation.

use crate::privy::APP_ID;
use crate::privy::accounts::text;
use crate::privy::ask::Ask;
use crate::privy::keys::{SPKI_PREFIX, encode};
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::Privy;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// `userPresent` and `userVerified` of the authenticator data.
const PRESENT_AND_VERIFIED: u8 = 0b101;
/// There is a key in the authenticator data.
const HOLDS_KEY: u8 = 0b0100_0000;
/// A P-256 key in COSE as CTAP2 orders it, up to its x.
const COSE_PREFIX: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
/// What stands between x and y.
const COSE_BETWEEN: [u8; 3] = [0x22, 0x58, 0x20];

/// `POST /passkeys/{register,link}/init`.
pub fn begin_registration(privy: &mut Privy, ask: &Ask<'_>, linking: bool) -> Outcome {
    let person = if linking { Some(privy.person(ask)?) } else { None };
    may(privy, if linking { "passkey_auth" } else { "passkeys_for_signup_enabled" })?;
    let site = relying_party(ask);
    let challenge = privy.give_challenge(person.clone());
    let excluded: Vec<Value> = person
        .and_then(|id| privy.user(&id).map(|user| user.accounts.clone()))
        .unwrap_or_default()
        .iter()
        .filter(|account| account["type"] == "passkey")
        .map(|account| json!({ "id": account["credential_id"], "type": "public-key" }))
        .collect();
    ok(json!({ "relying_party": site.0, "options": {
        "rp": { "name": "Aura (sandbox)", "id": site.1 },
        "user": { "id": encode(&challenge), "name": "Aura user", "display_name": "Aura user" },
        "challenge": challenge, "pub_key_cred_params": [{ "alg": -7, "type": "public-key" }], "timeout": 60_000,
        "exclude_credentials": excluded, "attestation": "none",
        "authenticator_selection": { "require_resident_key": true, "resident_key": "required", "user_verification": "required" },
    } }))
}

/// `POST /passkeys/authenticate/init`.
pub fn begin_assertion(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    may(privy, "passkey_auth")?;
    let site = relying_party(ask);
    let challenge = privy.give_challenge(None);
    ok(json!({ "relying_party": site.0, "options": {
        "challenge": challenge, "timeout": 60_000, "rp_id": site.1, "allow_credentials": [], "user_verification": "required",
    } }))
}

/// `POST /passkeys/register`.
pub fn register(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    may(privy, "passkeys_for_signup_enabled")?;
    let account = registered(privy, ask, None)?;
    let entered = privy.enter(account, None)?;
    privy.open_session(&entered, None)
}

/// `POST /passkeys/link`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let account = registered(privy, ask, Some(&person))?;
    ok(privy.link(&person, account)?)
}

/// `POST /passkeys/unlink {credential_id}`.
pub fn unlink(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let key = ("passkey".to_owned(), ask.text("credential_id")?.to_owned());
    ok(privy.unlink(&person, &key)?)
}

/// `POST /passkeys/authenticate`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    may(privy, "passkey_auth")?;
    let answer =
        ask.body.get("authenticator_response").ok_or_else(|| Problem::data("authenticator_response is missing"))?;
    let response = answer.get("response").cloned().unwrap_or_default();
    let key = ("passkey".to_owned(), text(answer, "id"));
    let account = privy
        .holder(&key)
        .and_then(|user| user.accounts.iter().find(|account| account["credential_id"] == key.1.as_str()))
        .cloned()
        .ok_or_else(|| Problem::new(422, "passkey_not_registered", "Passkey is not registered"))?;
    let client_data = bytes(&response, "client_data_json")?;
    let data = bytes(&response, "authenticator_data")?;
    let challenge = client_challenge(&client_data, "webauthn.get")?;
    if ask.option("challenge") != Some(challenge.as_str()) {
        return Err(Problem::credentials("The passkey signed another challenge"));
    }
    check_data(ask, &data)?;
    privy.take_challenge(&challenge)?;
    let point = URL_SAFE_NO_PAD.decode(text(&account, "public_key")).unwrap_or_default();
    let signed: Vec<u8> = data.iter().copied().chain(Sha256::digest(&client_data)).collect();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.get(SPKI_PREFIX.len()..).unwrap_or_default())
        .verify(&signed, &bytes(&response, "signature")?)
        .map_err(|_| Problem::credentials("Invalid passkey signature"))?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, None)
}

fn registered(privy: &mut Privy, ask: &Ask<'_>, person: Option<&str>) -> Result<Value, Problem> {
    let answer =
        ask.body.get("authenticator_response").ok_or_else(|| Problem::data("authenticator_response is missing"))?;
    let response = answer.get("response").cloned().unwrap_or_default();
    let challenge = client_challenge(&bytes(&response, "client_data_json")?, "webauthn.create")?;
    let refused = || Problem::credentials("The attestation object is not one of an ES256 passkey");
    let object = bytes(&response, "attestation_object")?;
    let data = authenticator_data(&object).ok_or_else(refused)?;
    check_data(ask, data)?;
    let (id, spki) = credential(data).ok_or_else(refused)?;
    if encode(id) != text(answer, "id") {
        return Err(refused());
    }
    if privy.take_challenge(&challenge)?.as_deref() != person {
        return Err(Problem::credentials("The challenge was given to somebody else"));
    }
    Ok(json!({
        "type": "passkey", "credential_id": encode(id), "enrolled_in_mfa": false, "public_key": encode(spki),
        "authenticator_name": "Software key", "created_with_browser": null, "created_with_os": null, "created_with_device": null,
    }))
}

fn may(privy: &Privy, setting: &str) -> Result<(), Problem> {
    if privy.is_on(setting) { Ok(()) } else { Err(Problem::method_off("passkey")) }
}

/// The site that asks, and its host as the id of the relying party.
fn relying_party(ask: &Ask<'_>) -> (String, String) {
    let site = ask.option("relying_party").or_else(|| ask.call.header("origin")).unwrap_or("http://localhost");
    let host = Url::parse(site).ok().and_then(|url| url.host_str().map(str::to_owned));
    (site.to_owned(), host.unwrap_or_else(|| site.to_owned()))
}

fn bytes(response: &Value, name: &str) -> Result<Vec<u8>, Problem> {
    URL_SAFE_NO_PAD.decode(text(response, name)).map_err(|_| Problem::data(format!("{name} is not Base64url")))
}

/// The challenge that stands in the client data of that kind.
fn client_challenge(client_data: &[u8], kind: &str) -> Result<String, Problem> {
    let data: Value = serde_json::from_slice(client_data).map_err(|_| Problem::data("client_data_json is not JSON"))?;
    if data["type"] != kind {
        return Err(Problem::credentials("The client data is of another ceremony"));
    }
    Ok(text(&data, "challenge"))
}

/// The site and the presence of the person, in the first 37 bytes.
fn check_data(ask: &Ask<'_>, data: &[u8]) -> Result<(), Problem> {
    let site = Sha256::digest(relying_party(ask).1);
    let flags = data.get(32).copied().unwrap_or_default();
    if data.get(..32) != Some(site.as_slice()) || flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
        return Err(Problem::credentials(format!(
            "The passkey is not of this site ({APP_ID}) or its user was not verified"
        )));
    }
    Ok(())
}

/// The bytes after the text `authData` of the attestation object (a CBOR byte string of up to 65535).
fn authenticator_data(object: &[u8]) -> Option<&[u8]> {
    let name = b"\x68authData";
    let start = object.windows(name.len()).position(|window| window == name)? + name.len();
    let (length, start) = match object.get(start..)? {
        [0x58, length, ..] => (usize::from(*length), start + 2),
        [0x59, high, low, ..] => (usize::from(*high) * 256 + usize::from(*low), start + 3),
        _ => return None,
    };
    object.get(start..start + length)
}

/// Id and public key (SPKI) of the attested credential data.
fn credential(data: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    if data.get(32)? & HOLDS_KEY == 0 {
        return None;
    }
    let length = usize::from(*data.get(53)?) * 256 + usize::from(*data.get(54)?);
    let (id, key) = data.get(55..)?.split_at_checked(length)?;
    let x = key.strip_prefix(&COSE_PREFIX)?.get(..32)?;
    let y = key.get(COSE_PREFIX.len() + 32..)?.strip_prefix(&COSE_BETWEEN)?.get(..32)?;
    Some((id, [&SPKI_PREFIX[..], &[4], x, y].concat()))
}
