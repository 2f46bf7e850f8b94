//! What a call to a service's API is made with.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// One connection's secrets, and what fills the blanks of its service's addresses.
#[derive(Clone)]
pub struct Credential {
    /// An access token, a session, or the pasted field that is called `key`.
    pub token: SecretString,
    /// Further secrets by name: pasted fields, and `token_secret` of OAuth 1.
    pub fields: BTreeMap<String, SecretString>,
    /// No secrets: a subdomain, a region, a company's id.
    pub blanks: BTreeMap<String, String>,
}

impl From<SecretString> for Credential {
    fn from(token: SecretString) -> Self {
        Self { token, fields: BTreeMap::new(), blanks: BTreeMap::new() }
    }
}
