//! Where and how a service's API is called.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Template;

/// Where and how an API is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Paths of tools are appended to it.
    pub base: Template,
    /// Further headers of every call.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What stands before the token in the Authorization header.
    #[serde(default = "bearer")]
    pub scheme: String,
    /// How a call proves whose it is, where that is no token in the Authorization header.
    pub auth: Option<Auth>,
    #[serde(default)]
    pub errors: ApiErrors,
    #[serde(default)]
    pub retry: Retry,
}

fn bearer() -> String {
    "Bearer".into()
}

/// How a call proves whose it is. `{name}` is a field of the form, `{access}` the token, `{client_id}` and
/// `{client_secret}` are Aura's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "style", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// Headers of the vendor's own.
    Headers { headers: BTreeMap<String, String> },
    /// HTTP Basic authentication (RFC 7617).
    Basic { user: String, password: String },
    /// The secret stands in the path of every call, in the API's base.
    Path,
    /// The secret stands in the body of every call.
    Body {
        fields: BTreeMap<String, String>,
        /// JSON pointer to the object that takes them; empty: the body itself.
        #[serde(default)]
        into: String,
        /// The field of a form whose value is the whole body, written as JSON.
        form: Option<String>,
    },
    /// The secret is a parameter of every address.
    Query { parameters: BTreeMap<String, String> },
    /// Each call is signed with the client's and the account's secret (RFC 5849).
    Oauth1,
    /// Each call is signed: MD5 over its sorted parameters and the secret (Last.fm).
    SignedParameters,
}

/// How a refusal is told where the status does not tell it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiErrors {
    /// JSON pointers to the code of a refusal, a text or a number; a code found means a refusal, whatever the status.
    pub code: Vec<String>,
    /// Codes that mean: the token is not good any more.
    pub unauthorized: Vec<String>,
    /// Codes that mean: too often.
    pub limited: Vec<String>,
    /// Codes that mean: the person did not grant this. They count before the status does.
    pub forbidden: Vec<String>,
    /// Codes that mean: there is no such thing.
    pub absent: Vec<String>,
    /// Codes that are no refusal, where a reply always has one.
    pub fine: Vec<String>,
    /// JSON pointers to the vendor's words of a refusal, where they stand in no usual place.
    pub message: Vec<String>,
}

/// How the vendor says «too often, wait so long», besides 429 with `Retry-After`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Other statuses that mean it, if the remaining count is 0.
    pub statuses: Vec<u16>,
    /// The header with the remaining count.
    pub remaining: Option<String>,
    /// The header that says when it is over.
    pub reset: Option<String>,
    pub unit: ResetUnit,
    /// JSON pointer to the wait in the body, in the same unit.
    pub pointer: Option<String>,
    /// A regular expression whose first group is the wait in the body's text, in the same unit.
    pub pattern: Option<String>,
}

/// How the reset header is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Seconds from now.
    #[default]
    Seconds,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    #[test]
    fn ky_12_a_secret_stands_in_an_address_only_where_the_vendor_takes_it_nowhere_else() {
        let in_address = |auth: &Auth| matches!(auth, Auth::Path | Auth::Query { .. } | Auth::SignedParameters);
        let all = catalogue().all().iter().filter(|provider| provider.api.auth.as_ref().is_some_and(in_address));
        let all: Vec<&str> = all.map(|provider| provider.id.as_str()).collect();
        assert_eq!(all, ["imessage", "lastfm", "telegram"]);
        for provider in catalogue().all().iter().filter(|provider| provider.id != "telegram") {
            let secrets = provider.key.iter().flat_map(|form| &form.fields).filter(|field| field.secret);
            for field in secrets {
                let named = provider.api.base.blanks().contains(&field.name);
                let mark = format!("{{{}}}", field.name);
                assert!(!named && !provider.identity.path.contains(&mark), "{}: {}", provider.id, field.name);
            }
        }
    }
}
