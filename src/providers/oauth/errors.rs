//! What a refusal of a token endpoint means for the connection: whether to ask the person, wait, or look at the
//! installation. A provider's outage must never look like a withdrawn consent.

use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    platform::http::{HttpError, Response},
    providers::Oauth,
};

/// A refusal, sorted by what has to be done next. It holds no text of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The code or refresh token is spent, expired or withdrawn: the person must sign in again.
    #[error("the grant is not valid any more")]
    InvalidGrant,
    /// The person said no.
    #[error("access was denied")]
    AccessDenied,
    /// This installation's client id or secret is not accepted.
    #[error("the client's credentials are not accepted")]
    ClientWrong,
    /// The request itself is not accepted: our catalogue entry does not fit.
    #[error("the request is not accepted")]
    Refused,
    /// Too often.
    #[error("too many requests")]
    Limited {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// The provider is away for the moment.
    #[error("the provider is away")]
    Outage,
    /// Nothing came back in time: a token may have been spent.
    #[error("no reply came")]
    NoReply,
    /// A reply that is none: HTML, or JSON without a token.
    #[error("the reply could not be read")]
    Malformed,
}

impl OauthError {
    /// Whether trying again later may help without the person.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Outage | Self::NoReply | Self::Malformed)
    }
}

impl From<HttpError> for OauthError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Connect | HttpError::Blocked => Self::Outage,
            HttpError::Timeout | HttpError::Broken => Self::NoReply,
            HttpError::TooLarge => Self::Malformed,
        }
    }
}

/// The JSON of an acceptance, or the sorted refusal.
///
/// # Errors
/// Whatever is not a status of 200 to 299 with JSON that says neither `error` nor `ok: false`.
pub fn accepted(oauth: &Oauth, response: &Response, now: OffsetDateTime) -> Result<Value, OauthError> {
    let body = serde_json::from_slice::<Value>(&response.body).ok().filter(Value::is_object);
    let code = body.as_ref().and_then(|body| error_code(oauth, body));
    let good = (200..300).contains(&response.status);
    if response.status == 429 || code == Some("slow_down") || code == Some("ratelimited") {
        return Err(OauthError::Limited { retry_after: response.retry_after(now).unwrap_or(30) });
    }
    if let Some(code) = code {
        return Err(sorted(code, response.status));
    }
    match body {
        Some(body) if good && !said_no(oauth, &body) => Ok(body),
        Some(_) if good => Err(OauthError::Refused),
        _ if response.status >= 500 || response.status == 408 => Err(OauthError::Outage),
        _ if response.status == 401 => Err(OauthError::ClientWrong),
        // A page of a proxy or a login wall, also with a status of refusal, tells nothing of the grant.
        None => Err(OauthError::Malformed),
        Some(_) => Err(OauthError::Refused),
    }
}

fn said_no(oauth: &Oauth, body: &Value) -> bool {
    let ok = oauth.fields.ok.as_deref().and_then(|pointer| body.pointer(pointer));
    ok.and_then(Value::as_bool) == Some(false)
}

fn error_code<'a>(oauth: &Oauth, body: &'a Value) -> Option<&'a str> {
    let found = oauth.fields.error.iter().filter_map(|pointer| body.pointer(pointer));
    let code = found.filter_map(|error| match error {
        Value::String(code) => Some(code.as_str()),
        // Some vendors nest it: {"error": {"code": …}}.
        Value::Object(inner) => ["code", "type", "status"].iter().find_map(|name| inner.get(*name)?.as_str()),
        _ => None,
    });
    code.into_iter().find(|code| !code.is_empty())
}

fn sorted(code: &str, status: u16) -> OauthError {
    match code {
        "invalid_grant"
        | "bad_verification_code"
        | "bad_refresh_token"
        | "invalid_refresh_token"
        | "invalid_code"
        | "code_already_used"
        | "code_expired"
        | "token_revoked"
        | "token_expired"
        | "expired_token"
        | "account_inactive"
        | "invalid_auth" => OauthError::InvalidGrant,
        "access_denied" | "consent_required" | "interaction_required" => OauthError::AccessDenied,
        "invalid_client"
        | "unauthorized_client"
        | "incorrect_client_credentials"
        | "invalid_client_id"
        | "bad_client_secret"
        | "redirect_uri_mismatch"
        | "bad_redirect_uri" => OauthError::ClientWrong,
        "temporarily_unavailable" | "server_error" | "internal_error" | "fatal_error" | "service_unavailable" => {
            OauthError::Outage
        }
        _ if status >= 500 => OauthError::Outage,
        _ => OauthError::Refused,
    }
}
