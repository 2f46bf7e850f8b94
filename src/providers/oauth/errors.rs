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
    /// The vendor knows this client by another redirect address.
    #[error("the redirect address is not registered")]
    RedirectMismatch,
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
    /// A reply that is larger than any reply is.
    #[error("the reply is too large")]
    TooLarge,
    /// The reply names an address for calls that is missing or not the vendor's.
    #[error("the reply leads elsewhere")]
    Elsewhere,
}

impl OauthError {
    /// Whether trying again later may help without the person.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Outage | Self::NoReply | Self::Malformed | Self::TooLarge)
    }
}

impl From<HttpError> for OauthError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Connect | HttpError::Blocked => Self::Outage,
            HttpError::Timeout | HttpError::Broken => Self::NoReply,
            HttpError::TooLarge => Self::TooLarge,
        }
    }
}

/// What the request that was answered asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Tokens for a code.
    Code,
    /// New tokens for a refresh token: no redirect is in play, and nobody who could have said no.
    Renewal,
}

/// The JSON of an acceptance, or the sorted refusal.
///
/// # Errors
/// Whatever is not a status of 200 to 299 with JSON that says neither `error` nor `ok: false`.
pub fn accepted(oauth: &Oauth, response: &Response, now: OffsetDateTime) -> Result<Value, OauthError> {
    judged(oauth, response, now, Asked::Code)
}

/// The same for the answer to a renewal.
///
/// # Errors
/// As `accepted`.
pub fn accepted_renewal(oauth: &Oauth, response: &Response, now: OffsetDateTime) -> Result<Value, OauthError> {
    judged(oauth, response, now, Asked::Renewal)
}

fn judged(oauth: &Oauth, response: &Response, now: OffsetDateTime, asked: Asked) -> Result<Value, OauthError> {
    let status = response.status;
    let body = serde_json::from_slice::<Value>(&response.body).ok().filter(Value::is_object);
    let code = body.as_ref().and_then(|body| error_code(oauth, body)).map(str::to_ascii_lowercase);
    if status == 429 || code.as_deref().is_some_and(is_limit) {
        return Err(OauthError::Limited { retry_after: response.retry_after(now).unwrap_or(30) });
    }
    // What a server says while it fails, and what stands between us and it, tells nothing of the grant.
    if status >= 500 || matches!(status, 408 | 409 | 425) {
        return Err(OauthError::Outage);
    }
    if let Some(code) = code {
        let words = body.as_ref().and_then(|body| body.get("error_description")?.as_str()).unwrap_or_default();
        return Err(match sorted(&code, status, asked) {
            _ if asked == Asked::Code && is_redirect_mismatch(&code, words) => OauthError::RedirectMismatch,
            // Some vendors tell a dead token by the status alone.
            OauthError::Refused if asked == Asked::Renewal && oauth.dead_statuses.contains(&status) => {
                OauthError::InvalidGrant
            }
            error => error,
        });
    }
    match body {
        Some(body) if (200..300).contains(&status) && !said_no(oauth, &body) => Ok(body),
        Some(_) if asked == Asked::Renewal && oauth.dead_statuses.contains(&status) => Err(OauthError::InvalidGrant),
        Some(_) if status == 401 => Err(OauthError::ClientWrong),
        Some(_) => Err(OauthError::Refused),
        // RFC 6749, section 5.2: a client that tried the header is told so by the header.
        None if status == 401 && response.body.is_empty() && response.header("www-authenticate").is_some() => {
            Err(OauthError::ClientWrong)
        }
        // A page of a proxy or a login wall, also with a status of refusal, tells nothing of the grant.
        None => Err(OauthError::Malformed),
    }
}

fn is_limit(code: &str) -> bool {
    matches!(
        code,
        "slow_down"
            | "ratelimited"
            | "rate_limited"
            | "rate_limit_exceeded"
            | "too_many_requests"
            | "userratelimitexceeded"
    )
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

/// Whether a refusal means that the vendor knows this client by another redirect address. Where the code could mean
/// anything, the vendor's words are looked at; they are shown to nobody. Words that name every cause there is name none:
/// GitLab says of any bad code what Doorkeeper says (`invalid_grant` in its config/locales/en.yml), which is the sentence
/// of RFC 6749, section 5.2, and Ory Fosite says it, too (errors.go).
#[must_use]
pub fn is_redirect_mismatch(code: &str, words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let any = |causes: &[&str]| causes.iter().any(|cause| words.contains(cause));
    let named = any(&["redirect", "callback", "reply address", "aadsts50011"])
        && !any(&["expired", "revoked", "another client"]);
    match code {
        "redirect_uri_mismatch" | "bad_redirect_uri" | "invalid_redirect_uri" | "redirect_mismatch" => true,
        "invalid_request" | "invalid_grant" | "unauthorized_client" | "invalid_client" => named,
        _ => false,
    }
}

/// By the code, in small letters.
fn sorted(code: &str, status: u16, asked: Asked) -> OauthError {
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
        | "inactive_user"
        | "invalid_auth" => OauthError::InvalidGrant,
        // Authorization servers on Auth0 say so of a wrong client secret.
        "access_denied" if asked == Asked::Renewal && status == 401 => OauthError::ClientWrong,
        "access_denied" | "consent_required" | "interaction_required" | "login_required" => OauthError::AccessDenied,
        "invalid_client"
        | "unauthorized_client"
        | "incorrect_client_credentials"
        | "invalid_client_id"
        | "bad_client_id"
        | "bad_client_secret" => OauthError::ClientWrong,
        "temporarily_unavailable" | "server_error" | "internal_error" | "fatal_error" | "service_unavailable" => {
            OauthError::Outage
        }
        _ => OauthError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_CAUSE: &str = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.";
    const ANY_CAUSE_OF_FOSITE: &str = "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.";

    #[test]
    fn oa_29_words_that_name_every_cause_do_not_accuse_the_redirect_address() {
        let mismatch = [
            ("redirect_uri_mismatch", ""),
            ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."),
            ("bad_redirect_uri", ""),
            ("invalid_redirect_uri", ""),
            ("redirect_mismatch", ""),
            ("invalid_request", "Invalid redirect_uri"),
            ("invalid_grant", "redirect_uri does not match the authorization request."),
            ("unauthorized_client", "Callback URL mismatch."),
            ("invalid_client", "AADSTS50011: The reply URL specified in the request does not match."),
        ];
        for (code, words) in mismatch {
            assert!(is_redirect_mismatch(code, words), "{code}: {words}");
        }
        let other = [
            ("invalid_grant", ANY_CAUSE),
            ("invalid_grant", ANY_CAUSE_OF_FOSITE),
            ("invalid_grant", ""),
            ("invalid_grant", "The code has expired."),
            ("invalid_request", "The request is missing a required parameter."),
            ("access_denied", "The user did not allow the redirect."),
            ("bad_verification_code", "The code passed is incorrect or expired."),
        ];
        for (code, words) in other {
            assert!(!is_redirect_mismatch(code, words), "{code}: {words}");
        }
    }
}
