//! The accounts that Privy lists for a person, from its REST answer or from an identity token. New kinds appear there
//! at any time, so whatever has a `type` is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::platform::crypto::digest;

/// As many as are kept; nobody has more.
const MOST: usize = 200;
const LONGEST_SUBJECT: usize = 300;

/// Accounts by kind and subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Accounts(pub(super) BTreeMap<(String, String), Value>);

impl Accounts {
    /// Reads `linked_accounts`: a list, or in tokens the text of one.
    pub(super) fn read(listed: Option<&Value>) -> Self {
        let parsed: Value;
        let list = match listed {
            Some(Value::Array(list)) => list.as_slice(),
            Some(Value::String(text)) => {
                parsed = serde_json::from_str(text).unwrap_or_default();
                parsed.as_array().map(Vec::as_slice).unwrap_or_default()
            }
            _ => &[],
        };
        let accounts = list.iter().filter_map(Value::as_object).filter_map(|account| {
            let kind: String = account.get("type")?.as_str()?.chars().take(100).collect();
            let data = Value::Object(account.clone());
            let subject = subject(account).unwrap_or_else(|| hex::encode(digest(data.to_string().as_bytes())));
            Some(((kind, subject), data))
        });
        Self(accounts.take(MOST).collect())
    }

    /// What their owner knows the person by: the address they read mail at, else a number, a name, a wallet.
    pub(super) fn label(&self) -> Option<String> {
        let of = |kind: &str| self.0.iter().find(|((other, _), _)| other == kind).and_then(|(_, data)| label(data));
        ["email", "google_oauth", "apple_oauth", "phone", "wallet", "smart_wallet"]
            .iter()
            .find_map(|kind| of(kind))
            .or_else(|| self.0.values().find_map(label))
    }

    /// What to call a new person.
    pub(super) fn display_name(&self) -> Option<String> {
        let text = |data: &Value, name: &str| {
            data.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
        };
        let named = |name: &str| self.0.values().find_map(|data| text(data, name));
        named("name").or_else(|| named("display_name")).or_else(|| named("username")).or_else(|| {
            let address =
                self.0.iter().find(|((kind, _), _)| kind == "email").and_then(|(_, data)| text(data, "address"));
            address.map(|address| crate::identity::email::name_of(&address))
        })
    }
}

/// What names an account of its kind. Wallets of other chains can have one address.
fn subject(account: &Map<String, Value>) -> Option<String> {
    let names = [
        "subject",
        "address",
        "phoneNumber",
        "phone_number",
        "number",
        "custom_user_id",
        "fid",
        "telegram_user_id",
        "credential_id",
    ];
    let named = names.iter().find_map(|name| match account.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })?;
    let subject = match account.get("chain_type").and_then(Value::as_str) {
        Some(chain) if chain != "ethereum" => format!("{chain}:{named}"),
        _ => named,
    };
    (subject.len() <= LONGEST_SUBJECT).then_some(subject)
}

/// What its owner knows an account by.
pub(super) fn label(account: &Value) -> Option<String> {
    let text = |name: &str| account.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(address) = text("address") {
        let wallet = account.get("type").is_some_and(|kind| kind != "email");
        return Some(if wallet { shortened(address) } else { address.to_owned() });
    }
    ["email", "phoneNumber", "phone_number", "number", "username", "display_name", "name"]
        .iter()
        .find_map(|name| text(name))
        .map(|label| label.chars().take(120).collect())
}

fn shortened(address: &str) -> String {
    let letters: Vec<char> = address.chars().collect();
    if letters.len() <= 14 {
        return address.to_owned();
    }
    letters[..6].iter().chain(&['…']).chain(&letters[letters.len() - 4..]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_name_the_same_accounts() {
        let whole = json!([
            { "type": "email", "address": "mira@example.com", "verified_at": 1, "first_verified_at": 1 },
            { "type": "phone", "phoneNumber": "+15550100123", "number": "+15550100123", "verified_at": 1 },
            { "type": "wallet", "address": "0x52908400098527886E0F7030069857D2E4169EE7", "chain_type": "ethereum" },
            { "type": "wallet", "address": "So1", "chain_type": "solana" },
            { "type": "google_oauth", "subject": "g1", "email": "mira@gmail.com", "name": "Mira Okafor" },
            { "type": "spotify_oauth", "subject": "s1", "email": null, "name": null },
            { "type": "farcaster", "fid": 7, "username": "mira" },
        ]);
        let compact = json!([
            { "type": "email", "address": "mira@example.com", "lv": 1 },
            { "type": "phone", "phone_number": "+15550100123", "lv": 1 },
            { "type": "wallet", "address": "0x52908400098527886E0F7030069857D2E4169EE7", "chain_type": "ethereum", "lv": 1 },
            { "type": "wallet", "address": "So1", "chain_type": "solana", "lv": 1 },
            { "type": "google_oauth", "subject": "g1", "email": "mira@gmail.com", "name": "Mira Okafor", "lv": 1 },
            { "type": "spotify_oauth", "subject": "s1", "lv": 1 },
            { "type": "farcaster", "fid": 7, "username": "mira", "lv": 1 },
        ]);
        let (whole, compact) =
            (Accounts::read(Some(&whole)), Accounts::read(Some(&Value::String(compact.to_string()))));
        assert_eq!(whole.0.len(), 7);
        assert_eq!(whole.0.keys().collect::<Vec<_>>(), compact.0.keys().collect::<Vec<_>>());
        assert!(whole.0.contains_key(&("wallet".to_owned(), "solana:So1".to_owned())));
        assert_eq!(whole.label().as_deref(), Some("mira@example.com"));
        assert_eq!(whole.display_name().as_deref(), Some("Mira Okafor"));
    }

    #[test]
    fn what_is_not_known_is_kept_and_never_an_error() {
        let odd = json!([
            { "type": "telepathy", "wavelength": { "nm": 532 } },
            { "type": "wallet", "address": "0x52908400098527886E0F7030069857D2E4169EE7" },
            { "no": "type" }, { "type": 7 }, null, "text", [],
        ]);
        let accounts = Accounts::read(Some(&odd));
        let kinds: Vec<_> = accounts.0.keys().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["telepathy", "wallet"]);
        assert_eq!(accounts.label().as_deref(), Some("0x5290…9EE7"));
        assert_eq!(accounts.display_name(), None);
        for nothing in [None, Some(Value::Null), Some(json!("not json")), Some(json!({ "a": 1 }))] {
            assert_eq!(Accounts::read(nothing.as_ref()), Accounts::default());
        }
    }
}
