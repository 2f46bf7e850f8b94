//! What the catalogue says about one service. Every field is a fact about the vendor, none is about a user.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Address, SignIn, ToolEntry};

/// One service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Lower case with hyphens; stands in addresses and rows.
    pub id: String,
    /// As the vendor writes it.
    pub name: String,
    /// The heading it stands under.
    pub category: String,
    /// What it holds, in a few words.
    pub about: String,
    /// How one gets in.
    pub kind: Kind,
    /// The vendor's description of its sign-in.
    pub docs: Address,
    /// Where a person removes Aura's access at the vendor.
    pub manage: Address,
    /// Present for `kind = "oauth2"`.
    pub oauth: Option<Oauth>,
    /// Present for `kind = "key"`.
    pub key: Option<KeyForm>,
    /// Present where its accounts can open an account here.
    pub sign_in: Option<SignIn>,
    /// Whether it is a service that people connect; an entry that is not only lets them in.
    #[serde(default = "yes")]
    pub connectable: bool,
    /// Where and how its API is called.
    pub api: Api,
    /// The call that tells whose account it is; for a key also the proof that it works.
    pub identity: Identity,
    /// Whether its data may enter a prompt.
    #[serde(default)]
    pub model: ModelUse,
    /// Facts that stand here from general knowledge and were not read in a vendor document.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// What can be asked through it.
    #[serde(default, rename = "tool")]
    pub tools: Vec<ToolEntry>,
}

impl Provider {
    /// The first part of the two environment variables that hold Aura's client at this service.
    #[must_use]
    pub fn variable(&self) -> String {
        self.id.to_uppercase().replace('-', "_")
    }
}

/// How one gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// OAuth 2 with the authorization code grant.
    Oauth2,
    /// A key that the person makes at the vendor and pastes.
    Key,
}

/// Whether a service's data may enter a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelUse {
    /// Its tools are offered to the model.
    #[default]
    Offered,
    /// The vendor's terms forbid it: only the rule-based router may call its tools, and the card answers.
    Never,
}

/// The dialect of a service's OAuth 2.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// The consent page.
    pub authorize: Address,
    /// Further parameters of the consent page.
    #[serde(default)]
    pub authorize_extra: BTreeMap<String, String>,
    /// The parameter that carries the scopes.
    #[serde(default = "scope")]
    pub scope_parameter: String,
    /// What stands between scopes.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// What Aura asks for: no more than its tools need.
    pub scopes: Vec<String>,
    /// The token endpoint.
    pub token: Address,
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
    /// What happens to a refresh token that is used.
    pub rotation: Rotation,
    /// How access is given back; absent: the vendor offers no call.
    pub revoke: Option<Revoke>,
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
    /// `{client_id}` in it is replaced.
    pub url: String,
    pub style: RevokeStyle,
    /// Whether the client proves itself (RFC 7009 wants it, some vendors take the token alone).
    #[serde(default = "yes")]
    pub client_auth: bool,
    /// A boolean that is true in an acceptance.
    pub ok: Option<String>,
    /// Codes of a refusal that mean the token is dead already.
    #[serde(default)]
    pub gone: Vec<String>,
}

fn yes() -> bool {
    true
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
}

/// A key that the person pastes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyForm {
    /// What the field is called.
    pub label: String,
    /// What a key looks like and where it is made.
    pub hint: String,
    /// The page where it is made.
    pub page: Address,
    /// How every key begins.
    #[serde(default)]
    pub prefix: String,
}

/// Where and how an API is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Paths of tools are appended to it.
    pub base: Address,
    /// Further headers of every call.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What stands before the token in the Authorization header.
    #[serde(default = "bearer")]
    pub scheme: String,
    #[serde(default)]
    pub errors: ApiErrors,
    #[serde(default)]
    pub retry: Retry,
}

fn bearer() -> String {
    "Bearer".into()
}

/// How a refusal is told where the status does not tell it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiErrors {
    /// JSON pointers to the code of a refusal; a code found means a refusal, whatever the status.
    pub code: Vec<String>,
    /// Codes that mean: the token is not good any more.
    pub unauthorized: Vec<String>,
    /// Codes that mean: too often.
    pub limited: Vec<String>,
    /// Codes that mean: the person did not grant this.
    pub forbidden: Vec<String>,
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

/// The call that tells whose account it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    #[serde(default = "get")]
    pub method: String,
    /// Appended to the API's base.
    pub path: String,
    pub json: Option<Value>,
    /// `{/pointer}` in both is replaced from the reply. The id must never change hands.
    pub id: String,
    /// What people know the account by.
    pub label: String,
    /// Taken as id and label where the vendor has no account behind a key: a digest of the key and these words.
    #[serde(default)]
    pub anonymous: bool,
    /// JSON pointer to the scopes granted, where the reply has them.
    pub scopes: Option<String>,
}

pub(super) fn get() -> String {
    "GET".into()
}
