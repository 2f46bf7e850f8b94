use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::{Algorithm, JwtError, KeySet, signed, strict};

/// The most that another's clock may be off, whatever a caller allows.
const MOST_LEEWAY: Duration = Duration::seconds(30);
/// How far in the future a token may have been issued.
const ISSUED_AHEAD: Duration = Duration::seconds(60);

/// What a token must be.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// How it may be signed; the key must be for the same.
    pub algorithms: &'a [Algorithm],
    /// Who issued it: one of these names.
    pub issuers: &'a [&'a str],
    /// Whom it is for: this one, and nobody else.
    pub audience: &'a str,
    /// How far the issuer's clock may be off; at most 30 seconds.
    pub leeway: Duration,
    /// Its `typ`; `None` where its issuer sets none.
    pub typ: Option<&'a str>,
}

/// What a token says, all of it checked to be the issuer's word.
#[derive(Clone)]
pub struct Claims {
    /// Whom it is about.
    pub subject: String,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// Until when it is valid.
    pub expires_at: OffsetDateTime,
    /// Every member, those above included.
    pub members: Map<String, Value>,
}

impl Claims {
    /// A member that is a text; `None` where it is missing, empty or something else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// Checks a token and gives what it says. `exp`, `iat`, `iss`, `aud` and `sub` must be there.
///
/// # Errors
/// When it is not exactly what was expected.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>, now: OffsetDateTime) -> Result<Claims, JwtError> {
    let signed = signed::open(token, keys, expected.algorithms)?;
    if let Some(typ) = expected.typ
        && !signed.header.get("typ").and_then(Value::as_str).is_some_and(|said| said.eq_ignore_ascii_case(typ))
    {
        return Err(JwtError::Type);
    }
    let members = strict::object(&signed.payload).ok_or(JwtError::Malformed)?;
    let is = |name: &'static str, fits: &dyn Fn(&str) -> bool| match members.get(name).and_then(Value::as_str) {
        Some(said) if fits(said) => Ok(()),
        _ => Err(JwtError::Claim(name)),
    };
    is("iss", &|said| expected.issuers.contains(&said))?;
    is("aud", &|said| said == expected.audience)?;
    is("sub", &|said| !said.is_empty())?;
    let leeway = expected.leeway.clamp(Duration::ZERO, MOST_LEEWAY);
    let expires_at = moment(&members, "exp")?.ok_or(JwtError::Claim("exp"))?;
    let issued_at = moment(&members, "iat")?.ok_or(JwtError::Claim("iat"))?;
    if now - expires_at >= leeway {
        return Err(JwtError::Expired);
    }
    if issued_at - now > ISSUED_AHEAD || moment(&members, "nbf")?.is_some_and(|from| from - now > leeway) {
        return Err(JwtError::NotYet);
    }
    let subject = members.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Claims { subject, issued_at, expires_at, members })
}

/// A time in whole seconds since 1970.
fn moment(members: &Map<String, Value>, name: &'static str) -> Result<Option<OffsetDateTime>, JwtError> {
    let Some(said) = members.get(name) else { return Ok(None) };
    let seconds = said.as_i64().ok_or(JwtError::Claim(name))?;
    OffsetDateTime::from_unix_timestamp(seconds).map(Some).map_err(|_| JwtError::Claim(name))
}
