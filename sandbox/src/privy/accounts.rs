//! Linked accounts: how each kind is built, told apart, and shortened for identity tokens.

use crate::privy::problem::Problem;
use serde_json::{Map, Value, json};

/// Kinds of which a person has one at most.
pub fn single(kind: &str) -> bool {
    !matches!(kind, "wallet" | "smart_wallet" | "passkey" | "cross_app")
}

/// Kind and handle, by which an account is recognised.
pub fn handle(account: &Value) -> (String, String) {
    let kind = text(account, "type");
    let found = match kind.as_str() {
        "email" => text(account, "address").to_lowercase(),
        "phone" => text(account, "phoneNumber"),
        // Base58 of other chains has both cases in it.
        "wallet" | "smart_wallet" => {
            let address = text(account, "address");
            if address.starts_with("0x") { address.to_lowercase() } else { address }
        }
        "custom_auth" => text(account, "custom_user_id"),
        "farcaster" => account.get("fid").map(Value::to_string).unwrap_or_default(),
        "telegram" => text(account, "telegram_user_id"),
        "passkey" => text(account, "credential_id"),
        _ => text(account, "subject"),
    };
    (kind, found)
}

/// An address in the form it is kept.
pub fn email(address: &str) -> Result<Value, Problem> {
    let address = address.trim().to_lowercase();
    let sound = address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    });
    if !sound || address.contains(char::is_whitespace) {
        return Err(Problem::data("Invalid email address"));
    }
    Ok(json!({ "type": "email", "address": address }))
}

/// A number in E.164; ten digits are taken as North American, as Privy's clients do.
pub fn phone(number: &str) -> Result<Value, Problem> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let strange = number.chars().any(|c| !c.is_ascii_digit() && !"+ ()-.".contains(c));
    let whole = if number.trim().starts_with('+') { digits } else { format!("1{digits}") };
    if strange || !(8..=15).contains(&whole.len()) || whole.starts_with('0') {
        return Err(Problem::data("Invalid phone number"));
    }
    let number = format!("+{whole}");
    Ok(json!({ "type": "phone", "phoneNumber": number, "number": number }))
}

/// An account that a server sends to `POST /users` or `/users/{id}/accounts`.
pub fn imported(input: &Value) -> Result<Value, Problem> {
    let field = |name: &str| {
        input
            .get(name)
            .and_then(Value::as_str)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| Problem::data(format!("linked_accounts: {name} is missing")))
    };
    let kind = field("type")?;
    match kind {
        "email" => email(field("address")?),
        "phone" => phone(field("number")?),
        "wallet" => match field("chain_type")? {
            "ethereum" => crate::privy::siwe::wallet(field("address")?, &Map::new()),
            "solana" => Ok(crate::privy::siws::wallet(field("address")?, &Map::new())),
            _ => Err(Problem::data("linked_accounts: unknown chain_type")),
        },
        "custom_auth" => Ok(json!({ "type": kind, "custom_user_id": field("custom_user_id")? })),
        "passkey" => Ok(json!({
            "type": kind, "credential_id": field("credential_id")?, "enrolled_in_mfa": false,
            "authenticator_name": field("credential_username")?, "public_key": field("credential_public_key")?,
        })),
        "telegram" => Ok(
            json!({ "type": kind, "telegram_user_id": field("telegram_user_id")?, "first_name": input.get("first_name"), "username": input.get("username") }),
        ),
        "farcaster" => Ok(
            json!({ "type": kind, "fid": input.get("fid").and_then(Value::as_u64).ok_or_else(|| Problem::data("linked_accounts: fid is missing"))?, "owner_address": field("owner_address")?, "username": input.get("username"), "display_name": input.get("display_name") }),
        ),
        _ if kind.ends_with("_oauth") => {
            field("subject")?;
            let mut account = Map::new();
            for name in ["type", "subject", "email", "name", "username", "vanity_name"] {
                if let Some(value) = input.get(name).filter(|value| value.is_string()) {
                    account.insert(name.into(), value.clone());
                }
            }
            Ok(Value::Object(account))
        }
        _ => Err(Problem::data("linked_accounts: unknown type")),
    }
}

/// The account as it stands in an identity token: only what Privy puts there.
pub fn compact(account: &Value) -> Value {
    let kind = text(account, "type");
    let names: &[(&str, &str)] = match kind.as_str() {
        "email" => &[("address", "address")],
        "phone" => &[("phone_number", "phoneNumber")],
        "wallet" => &[
            ("id", "id"),
            ("address", "address"),
            ("chain_type", "chain_type"),
            ("wallet_client_type", "wallet_client_type"),
        ],
        "google_oauth" => &[("subject", "subject"), ("email", "email"), ("name", "name")],
        "spotify_oauth" => &[("subject", "subject")],
        "apple_oauth" | "linkedin_oauth" | "line_oauth" => &[("subject", "subject"), ("email", "email")],
        "twitter_oauth" => &[("subject", "subject"), ("username", "username"), ("name", "name")],
        "custom_auth" => &[("custom_user_id", "custom_user_id")],
        "passkey" => &[("credential_id", "credential_id")],
        "telegram" => &[("telegram_user_id", "telegram_user_id"), ("username", "username")],
        "farcaster" => &[("fid", "fid"), ("username", "username"), ("oa", "owner_address")],
        _ => &[("subject", "subject"), ("username", "username")],
    };
    let mut short = Map::new();
    short.insert("type".into(), kind.into());
    for (name, source) in names {
        if let Some(value) = account.get(*source).filter(|value| !value.is_null()) {
            short.insert((*name).into(), value.clone());
        }
    }
    let last =
        account.get("latest_verified_at").filter(|value| !value.is_null()).or_else(|| account.get("verified_at"));
    short.insert("lv".into(), last.cloned().unwrap_or(Value::Null));
    Value::Object(short)
}

/// A text field, or nothing.
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_have_one_form() {
        assert_eq!(email(" Mira@Example.COM ").unwrap()["address"], "mira@example.com");
        assert_eq!(phone("+1 (555) 555-4010").unwrap()["phoneNumber"], "+15555554010");
        assert_eq!(phone("555 555 4010").unwrap()["phoneNumber"], "+15555554010");
        for bad in ["", "a", "a@b", "a@@b.c", "a b@c.d", "@b.c", "a@b."] {
            assert_eq!(email(bad).unwrap_err().status, 400, "{bad}");
        }
        for bad in ["", "+1", "abc", "+0123456789", "+1234567890123456"] {
            assert_eq!(phone(bad).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn identity_tokens_tell_no_address_of_spotify() {
        let account =
            json!({ "type": "spotify_oauth", "subject": "s", "email": "x@example.com", "name": "X", "verified_at": 7 });
        assert_eq!(compact(&account), json!({ "type": "spotify_oauth", "subject": "s", "lv": 7 }));
    }
}
