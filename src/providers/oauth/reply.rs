//! Reads a token reply as vendors write it, not only as RFC 6749 does.

use secrecy::SecretString;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::errors::OauthError;
use crate::providers::Oauth;

/// No access token is believed to live longer.
const LONGEST: Duration = Duration::days(3_650);

/// What a token endpoint handed out.
pub struct TokenReply {
    pub access: SecretString,
    /// Absent in a renewal: the old one goes on.
    pub refresh: Option<SecretString>,
    /// None: it does not expire.
    pub expires_at: Option<OffsetDateTime>,
    /// None: the reply does not say, so what was asked for counts.
    pub scopes: Option<Vec<String>>,
    /// Who it is, signed, where `openid` was asked for (OpenID Connect Core 1.0 §3.1.3.3).
    pub id_token: Option<SecretString>,
}

/// Reads the reply to an exchange or a renewal.
///
/// # Errors
/// `Malformed` where no access token is in it.
pub fn read(oauth: &Oauth, body: &Value, now: OffsetDateTime) -> Result<TokenReply, OauthError> {
    let fields = &oauth.fields;
    let access = text(body, &fields.access).ok_or(OauthError::Malformed)?;
    Ok(TokenReply {
        access: access.to_owned().into(),
        refresh: text(body, &fields.refresh).map(|token| token.to_owned().into()),
        expires_at: lifetime(oauth, body).and_then(|life| now.checked_add(life)),
        scopes: text(body, &fields.scope).map(scopes),
        id_token: body.get("id_token").and_then(Value::as_str).map(|token| token.to_owned().into()),
    })
}

/// The scopes in a text; vendors write blanks, commas or both between them.
#[must_use]
pub fn scopes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn text<'a>(body: &'a Value, pointers: &[String]) -> Option<&'a str> {
    let mut found = pointers.iter().filter_map(|pointer| body.pointer(pointer)?.as_str());
    found.find(|text| !text.trim().is_empty())
}

/// A number or a number in quotes counts; zero or less says «expired», and so do ten years too many say «ten years»;
/// anything else counts as not said.
fn lifetime(oauth: &Oauth, body: &Value) -> Option<Duration> {
    let mut said = oauth.fields.expires_in.iter().filter_map(|pointer| body.pointer(pointer)).filter_map(seconds);
    let seconds = said.next().or_else(|| oauth.default_ttl.map(|ttl| i64::try_from(ttl).unwrap_or(i64::MAX)))?;
    Some(Duration::seconds(seconds.max(0)).min(LONGEST))
}

fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates, and the range is cut afterwards")]
    number.is_finite().then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::providers::catalogue;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn oauth(id: &str) -> &'static Oauth {
        catalogue().get(id).and_then(|provider| provider.oauth.as_ref()).unwrap()
    }

    #[test]
    fn every_way_to_tell_a_lifetime_has_an_outcome() {
        let hour = Some(NOW + Duration::HOUR);
        let table = [
            (json!(3600), hour),
            (json!("3600"), hour),
            (json!(" 3600 "), hour),
            (json!(3600.9), hour),
            (json!("3600.0"), hour),
            (json!(0), Some(NOW)),
            (json!("0"), Some(NOW)),
            (json!(-5), Some(NOW)),
            (json!(i64::MAX), Some(NOW + LONGEST)),
            (json!(u64::MAX), Some(NOW + LONGEST)),
            (json!(1e300), Some(NOW + LONGEST)),
            (json!(null), None),
            (json!("soon"), None),
            (json!([3600]), None),
        ];
        for (said, outcome) in table {
            let body = json!({"access_token": "a", "expires_in": said});
            let reply = read(oauth("github"), &body, NOW).ok().unwrap();
            assert_eq!(reply.expires_at, outcome, "{said}");
        }
    }

    #[test]
    fn a_silent_reply_takes_the_entrys_lifetime() {
        let reply = read(oauth("spotify"), &json!({"access_token": "a"}), NOW).ok().unwrap();
        assert_eq!(reply.expires_at, Some(NOW + Duration::HOUR));
        assert!(reply.refresh.is_none() && reply.scopes.is_none());
    }

    #[test]
    fn a_reply_without_a_token_is_none() {
        for body in [json!({}), json!({"access_token": ""}), json!({"access_token": null}), json!({"access_token": 5})]
        {
            assert_eq!(read(oauth("github"), &body, NOW).err(), Some(OauthError::Malformed), "{body}");
        }
    }

    #[test]
    fn scopes_are_told_apart_whatever_stands_between() {
        for text in ["a b", "a,b", "a, b", " a  b ,"] {
            assert_eq!(scopes(text), ["a", "b"], "{text}");
        }
    }

    #[test]
    fn a_persons_token_is_taken_before_the_one_at_the_top() {
        let body = json!({"ok": true, "access_token": "bot", "scope": "x", "authed_user": {"access_token": "own", "scope": "y,z"}});
        let reply = read(oauth("slack"), &body, NOW).ok().unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&reply.access), "own");
        assert_eq!(reply.scopes.unwrap(), ["y", "z"]);
    }
}
