//! How a service speaks OAuth, where it differs from others.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Template, entry::yes};

/// The dialect of a service's OAuth 2.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// The consent page.
    pub authorize: Template,
    /// A route behind `#` that the parameters stand behind, for consent pages that are a program in the browser.
    pub authorize_fragment: Option<String>,
    /// Further parameters of the consent page.
    #[serde(default)]
    pub authorize_extra: BTreeMap<String, String>,
    /// The parameter that carries the scopes.
    #[serde(default = "scope")]
    pub scope_parameter: String,
    /// What stands between scopes.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// What Aura asks for: no more than its tools need. Empty where the vendor sets it with the client.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// What is asked for only when a tool that needs it is wanted.
    #[serde(default)]
    pub optional_scopes: Vec<Scope>,
    /// The token endpoint.
    pub token: Template,
    /// Where tokens are renewed, if that is another address.
    pub refresh: Option<Template>,
    /// Further fields of the request that trades a code.
    #[serde(default)]
    pub token_extra: BTreeMap<String, String>,
    /// Further fields of the request that renews; `grant_type` in it replaces the usual one.
    #[serde(default)]
    pub refresh_extra: BTreeMap<String, String>,
    /// How the client proves itself there.
    pub token_auth: TokenAuth,
    /// How the request body is written.
    #[serde(default)]
    pub token_body: TokenBody,
    /// Further headers of token requests.
    #[serde(default)]
    pub token_headers: BTreeMap<String, String>,
    /// Where things stand in the token reply.
    #[serde(default)]
    pub fields: TokenFields,
    /// RFC 7636.
    pub pkce: Pkce,
    /// The `iss` that must come back where one comes back (RFC 9207).
    pub issuer: Option<String>,
    /// Another prefix of the client's environment variables, taken where the own one is absent.
    pub client_fallback: Option<String>,
    /// Seconds an access token lives where the reply does not say; absent: it does not expire.
    pub default_ttl: Option<u64>,
    /// Seconds a refresh token lives unused; absent: not known to end.
    pub refresh_ttl: Option<u64>,
    /// Seconds after which consent must be given anew, however often it was renewed.
    pub consent_ttl: Option<u64>,
    /// What happens to a refresh token that is used.
    pub rotation: Rotation,
    /// Seconds for which a used refresh token works on, with `rotation = "grace"`.
    pub grace: Option<u64>,
    /// Statuses that mean the refresh token is dead, besides 400 with `invalid_grant`.
    #[serde(default)]
    pub dead_statuses: Vec<u16>,
    /// A second token in the same reply.
    pub second: Option<SecondTokens>,
    /// How access is given back; absent: the vendor offers no call.
    pub revoke: Option<Revoke>,
}

impl Oauth {
    /// The scopes that are asked for, by name.
    #[must_use]
    pub fn scope_names(&self) -> Vec<String> {
        self.scopes.iter().map(|scope| scope.name.clone()).collect()
    }
}

/// Something that Aura asks to be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// As the vendor writes it.
    pub name: String,
    /// What Aura does with it, for whoever gives it: a phrase that ends a sentence beginning with «To».
    pub reason: String,
}

/// A second token that comes with the first. It must be one that does not end: Aura renews the first set of a connection,
/// under its lease, and no other; an entry whose vendor rotates both asks for one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondTokens {
    /// Whose they are, in a word: `bot`. Calls name the access token so.
    pub name: String,
    pub access: String,
}

fn scope() -> String {
    "scope".into()
}

fn space() -> String {
    " ".into()
}

/// RFC 6749, section 2.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAuth {
    /// The Authorization header, both halves form-url-encoded first.
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// `client_id` alone: the client has no secret.
    None,
}

/// How a token request's body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// As RFC 6749 says.
    #[default]
    Form,
    /// As some vendors have it.
    Json,
}

/// JSON pointers into a token reply; the first that finds something counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenFields {
    pub access: Vec<String>,
    pub refresh: Vec<String>,
    pub expires_in: Vec<String>,
    /// The moment at which the access token ends, where the reply does not count seconds.
    pub expires_at: Vec<String>,
    /// Seconds the refresh token lives.
    pub refresh_expires_in: Vec<String>,
    pub scope: Vec<String>,
    /// A boolean that is false in a refusal that comes with status 200.
    pub ok: Option<String>,
    /// The code of a refusal, also with status 200.
    pub error: Vec<String>,
}

impl Default for TokenFields {
    fn default() -> Self {
        let one = |pointer: &str| vec![pointer.to_owned()];
        Self {
            access: one("/access_token"),
            refresh: one("/refresh_token"),
            expires_in: one("/expires_in"),
            expires_at: one("/expires_at"),
            refresh_expires_in: one("/refresh_token_expires_in"),
            scope: one("/scope"),
            ok: None,
            error: one("/error"),
        }
    }
}

/// Whether the vendor's authorization server takes a code challenge. It is always S256, never `plain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Refuses without.
    Required,
    /// Takes it.
    Ok,
    /// Must not be sent.
    Off,
}

/// What happens to a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It stays.
    Never,
    /// A new one comes, the old one goes on working.
    Soft,
    /// A new one comes, the old one works for a short while.
    Grace,
    /// A new one comes, the old one is spent.
    Strict,
    /// Depends on how the client is registered: what is seen counts.
    Observe,
}

impl Rotation {
    /// Whether the old refresh token may be tried again after a reply was lost.
    #[must_use]
    pub fn may_retry(self) -> bool {
        matches!(self, Self::Never | Self::Soft | Self::Grace)
    }
}

/// How access is given back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// `{client_id}` in it is replaced, and so are blanks.
    pub url: String,
    pub style: RevokeStyle,
    /// How the body of `rfc7009` is written.
    #[serde(default)]
    pub body: TokenBody,
    /// Of `rfc7009`, the field that takes the token where the vendor's is another; then it takes the access token alone.
    /// Of `deauthorize`, the field that takes the account's id.
    pub field: Option<String>,
    /// Further headers of the request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Whether the client proves itself (RFC 7009 wants it, some vendors take the token alone).
    #[serde(default = "yes")]
    pub client_auth: bool,
    /// A boolean that is true in an acceptance.
    pub ok: Option<String>,
    /// Codes of a refusal that mean the token is dead already.
    #[serde(default)]
    pub gone: Vec<String>,
}

/// The shape of the revocation request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeStyle {
    /// POST with `token` and `token_type_hint` (RFC 7009).
    Rfc7009,
    /// DELETE with the client in the Authorization header and `{"access_token": …}`; ends the whole grant.
    DeleteGrant,
    /// POST with the token itself as bearer.
    BearerCall,
    /// DELETE with the token itself as bearer.
    BearerDelete,
    /// DELETE of an address that ends with the refresh token.
    DeleteRefresh,
    /// POST with the client's id and the account's, by the client's secret as bearer; ends the whole grant.
    Deauthorize,
}

/// OAuth 1.0a with HMAC-SHA1 (RFC 5849): the client's id and secret are its consumer key and secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    pub request_token: Template,
    pub authorize: Template,
    /// Further parameters of the consent page.
    #[serde(default)]
    pub authorize_extra: BTreeMap<String, String>,
    pub access_token: Template,
    /// What Aura asks for.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Access is given back by DELETE of this address with the token at its end; absent: the vendor offers no call.
    pub revoke: Option<Template>,
}
