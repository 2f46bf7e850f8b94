//! How a service's accounts open an account here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Address;

/// What is asked of a service that lets people in, and how its answer is read. Templates are filled from the claims of
/// the id token where there is one, else from the call that tells whose account it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Asked for when somebody signs in; exactly these.
    pub scopes: Vec<String>,
    /// Further parameters of the consent page, in place of those for connecting.
    #[serde(default)]
    pub authorize_extra: BTreeMap<String, String>,
    /// Who vouches for the subject, as it stands in the row of the way in.
    pub issuer: String,
    /// The id that never changes hands.
    pub subject: String,
    /// What its owner knows the account by.
    pub label: String,
    /// What to call a new person.
    #[serde(default)]
    pub display_name: String,
    /// Present where the service signs who it is (OpenID Connect Core 1.0).
    pub openid: Option<OpenId>,
    /// When an address counts as its owner's; absent: never.
    pub owned: Option<Owned>,
    /// Whether signing in stores the connection too.
    #[serde(default)]
    pub connects: bool,
}

/// Where an id token is checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenId {
    /// What `iss` may say.
    pub issuers: Vec<String>,
    /// Where the keys are.
    pub jwks: Address,
}

/// When a service is the one that decides whose an address is. That somebody once confirmed an address is not enough.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owned {
    /// JSON pointer to the address.
    pub address: String,
    /// JSON pointer to the boolean that must be true.
    pub verified: String,
    /// Mail domains that are the service's own.
    pub domains: Vec<String>,
    /// JSON pointer to the domain of an organisation whose mail the service hosts.
    pub hosted: String,
}

impl Owned {
    /// The account's address, if the service decides whose it is.
    #[must_use]
    pub fn address<'a>(&self, claims: &'a Value) -> Option<&'a str> {
        let address = claims.pointer(&self.address)?.as_str()?;
        let (_, domain) = address.rsplit_once('@')?;
        let verified = claims.pointer(&self.verified) == Some(&Value::Bool(true));
        let own = self.domains.iter().any(|own| domain.eq_ignore_ascii_case(own));
        let hosted = claims.pointer(&self.hosted).and_then(Value::as_str).is_some_and(|domain| !domain.is_empty());
        (verified && (own || hosted)).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::providers::catalogue;

    #[test]
    fn an_address_counts_only_where_the_service_decides_whose_it_is() {
        let owned = catalogue().get("google").and_then(|entry| entry.sign_in.as_ref()?.owned.as_ref()).unwrap();
        let table = [
            (json!({"email": "m@gmail.com", "email_verified": true}), Some("m@gmail.com")),
            (json!({"email": "M@GMAIL.com", "email_verified": true}), Some("M@GMAIL.com")),
            (json!({"email": "m@googlemail.com", "email_verified": true}), Some("m@googlemail.com")),
            (json!({"email": "m@firm.example", "email_verified": true, "hd": "firm.example"}), Some("m@firm.example")),
            (json!({"email": "m@firm.example", "email_verified": true}), None),
            (json!({"email": "m@firm.example", "email_verified": true, "hd": ""}), None),
            (json!({"email": "m@firm.example", "email_verified": true, "hd": true}), None),
            (json!({"email": "m@firm.example", "email_verified": false, "hd": "firm.example"}), None),
            (json!({"email": "m@firm.example", "hd": "firm.example"}), None),
            (json!({"email": "m@gmail.com", "email_verified": false}), None),
            (json!({"email": "m@gmail.com", "email_verified": "true"}), None),
            (json!({"email": "m@gmail.com", "email_verified": 1}), None),
            (json!({"email": "m@gmail.com"}), None),
            (json!({"email": "m@gmail.com.evil.example", "email_verified": true}), None),
            (json!({"email": "m@evilgmail.com", "email_verified": true}), None),
            (json!({"email": "gmail.com", "email_verified": true}), None),
            (json!({"email": ["m@gmail.com"], "email_verified": true}), None),
            (json!({"email_verified": true}), None),
        ];
        for (claims, counts) in table {
            assert_eq!(owned.address(&claims), counts, "{claims}");
        }
    }
}
