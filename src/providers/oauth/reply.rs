//! Reads a token reply as vendors write it, not only as RFC 6749 does.

use secrecy::SecretString;
use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::errors::OauthError;
use crate::providers::{Blanks, Oauth, Provider};

/// No token is believed to live longer.
const LONGEST: Duration = Duration::days(3_650);
/// From here on a moment is told in milliseconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// What a token endpoint handed out.
pub struct TokenReply {
    pub access: SecretString,
    /// Absent in a renewal: the old one goes on.
    pub refresh: Option<SecretString>,
    /// None: it does not expire.
    pub expires_at: Option<OffsetDateTime>,
    /// When the refresh token ends if it is not used; none: not known to end.
    pub refresh_expires_at: Option<OffsetDateTime>,
    /// None: the reply does not say, so what was asked for counts.
    pub scopes: Option<Vec<String>>,
    /// Who it is, signed, where `openid` was asked for (OpenID Connect Core 1.0 §3.1.3.3).
    pub id_token: Option<SecretString>,
    /// The second token that came with the first.
    pub second: Option<Second>,
    /// What it says of the addresses to call.
    pub blanks: Blanks,
}

/// The second token of a reply. It neither ends nor is renewed.
pub struct Second {
    pub name: String,
    pub access: SecretString,
}

impl TokenReply {
    /// A token that neither expires nor is renewed.
    #[must_use]
    pub fn lasting(access: SecretString) -> Self {
        Self {
            access,
            refresh: None,
            expires_at: None,
            refresh_expires_at: None,
            scopes: None,
            id_token: None,
            second: None,
            blanks: Blanks::new(),
        }
    }

    /// Takes from the reply what it says of the addresses to call.
    ///
    /// # Errors
    /// `Elsewhere` where that is missing or leads away from the vendor.
    pub fn with_blanks(mut self, provider: &Provider, body: &Value) -> Result<Self, OauthError> {
        self.blanks = provider.from_reply(body).map_err(|_| OauthError::Elsewhere)?;
        Ok(self)
    }
}

/// Reads the reply to an exchange or a renewal.
///
/// # Errors
/// `Malformed` where no access token is in it.
pub fn read(oauth: &Oauth, body: &Value, now: OffsetDateTime) -> Result<TokenReply, OauthError> {
    let fields = &oauth.fields;
    let access = text(body, &fields.access).ok_or(OauthError::Malformed)?;
    let lives = lifetime(body, &fields.expires_in).or_else(|| until(body, &fields.expires_at, now));
    let idle = lifetime(body, &fields.refresh_expires_in).or_else(|| oauth.refresh_ttl.map(whole_seconds));
    Ok(TokenReply {
        access: access.to_owned().into(),
        refresh: text(body, &fields.refresh).map(|token| token.to_owned().into()),
        expires_at: lives.or_else(|| oauth.default_ttl.map(whole_seconds)).and_then(|life| now.checked_add(life)),
        refresh_expires_at: idle.and_then(|life| now.checked_add(life)),
        scopes: fields.scope.iter().find_map(|pointer| listed(body.pointer(pointer)?)),
        id_token: body.get("id_token").and_then(Value::as_str).map(|token| token.to_owned().into()),
        second: second(oauth, body),
        blanks: Blanks::new(),
    })
}

fn second(oauth: &Oauth, body: &Value) -> Option<Second> {
    let entry = oauth.second.as_ref()?;
    let access = text(body, std::slice::from_ref(&entry.access))?;
    Some(Second { name: entry.name.clone(), access: access.to_owned().into() })
}

/// The scopes in a text; vendors write blanks, commas or both between them.
#[must_use]
pub fn scopes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Scopes in a text or in a list. An empty text says nothing; an empty list says that nothing was granted.
fn listed(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(scopes(text)).filter(|scopes| !scopes.is_empty()),
        Value::Array(entries) => Some(entries.iter().filter_map(Value::as_str).flat_map(scopes).collect()),
        _ => None,
    }
}

fn text<'a>(body: &'a Value, pointers: &[String]) -> Option<&'a str> {
    let mut found = pointers.iter().filter_map(|pointer| body.pointer(pointer)?.as_str());
    found.find(|text| !text.trim().is_empty())
}

/// A number or a number in quotes counts; zero or less says «expired», and so do ten years too many say «ten years»;
/// anything else counts as not said.
fn lifetime(body: &Value, pointers: &[String]) -> Option<Duration> {
    let mut said = pointers.iter().filter_map(|pointer| body.pointer(pointer)).filter_map(seconds);
    said.next().map(within)
}

/// The time until a moment, told in seconds or milliseconds since 1970 or by RFC 3339.
fn until(body: &Value, pointers: &[String], now: OffsetDateTime) -> Option<Duration> {
    let mut said = pointers.iter().filter_map(|pointer| body.pointer(pointer)).filter_map(|value| {
        let read = value.as_str().and_then(|text| OffsetDateTime::parse(text.trim(), &Rfc3339).ok());
        let told = read.map(OffsetDateTime::unix_timestamp).or_else(|| {
            let number = seconds(value)?;
            Some(if number >= MILLISECONDS { number / 1_000 } else { number })
        });
        Some(told?.saturating_sub(now.unix_timestamp()))
    });
    said.next().map(within)
}

fn whole_seconds(seconds: u64) -> Duration {
    within(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn within(seconds: i64) -> Duration {
    Duration::seconds(seconds.max(0)).min(LONGEST)
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
    fn oa_02_a_moment_counts_where_no_seconds_are_told() {
        let hour = Some(NOW + Duration::HOUR);
        let seconds = (NOW + Duration::HOUR).unix_timestamp();
        let table = [
            (json!("2026-11-20T13:00:00Z"), hour),
            (json!("2026-11-20T14:00:00+01:00"), hour),
            (json!(seconds), hour),
            (json!(seconds.to_string()), hour),
            (json!(seconds * 1_000), hour),
            (json!(1), Some(NOW)),
            (json!(-1), Some(NOW)),
            (json!("9999-12-31T23:59:59Z"), Some(NOW + LONGEST)),
            (json!("tomorrow"), None),
            (json!(null), None),
        ];
        for (said, outcome) in table {
            let reply = read(oauth("github"), &json!({"access_token": "a", "expires_at": said}), NOW).ok().unwrap();
            assert_eq!(reply.expires_at, outcome, "{said}");
            let both = json!({"access_token": "a", "expires_at": said, "expires_in": 60});
            let reply = read(oauth("github"), &both, NOW).ok().unwrap();
            assert_eq!(reply.expires_at, Some(NOW + Duration::MINUTE), "seconds go first");
        }
    }

    #[test]
    fn oa_03_the_end_of_a_refresh_token_is_what_is_told_or_what_the_entry_knows() {
        let end = |id: &str, body| read(oauth(id), &body, NOW).ok().unwrap().refresh_expires_at;
        let told = json!({"access_token": "a", "refresh_token": "r", "x_refresh_token_expires_in": 8_726_400});
        assert_eq!(end("quickbooks", told), Some(NOW + Duration::days(101)));
        let silent = || json!({"access_token": "a", "refresh_token": "r"});
        assert_eq!(end("quickbooks", silent()), Some(NOW + Duration::days(100)));
        assert_eq!(end("github", silent()), None);
        for odd in [json!("never"), json!({}), json!(false)] {
            let body = json!({"access_token": "a", "refresh_token": "r", "x_refresh_token_expires_in": odd});
            assert_eq!(end("quickbooks", body), Some(NOW + Duration::days(100)));
        }
    }

    #[test]
    fn oa_04_scopes_are_read_from_a_text_or_a_list() {
        let told =
            |scope| read(oauth("github"), &json!({"access_token": "a", "scope": scope}), NOW).ok().unwrap().scopes;
        assert_eq!(told(json!("a,b")).unwrap(), ["a", "b"]);
        assert_eq!(told(json!(["a", "b c"])).unwrap(), ["a", "b", "c"]);
        assert_eq!(told(json!([])).unwrap(), [] as [&str; 0], "nothing was granted");
        for silent in [json!(""), json!(" , "), json!(null), json!(7), json!({"a": true})] {
            assert_eq!(told(silent.clone()), None, "{silent}");
        }
    }

    #[test]
    fn oa_05_a_second_token_that_does_not_end_is_read_beside_the_first() {
        let entry = include_str!("../catalogue/slack.toml");
        let with = |second: &str| {
            let second = format!("[oauth.second]\nname = \"bot\"\naccess = \"/access_token\"\n{second}\n[api]");
            toml::from_str::<Provider>(&entry.replacen("[api]", &second, 1))
        };
        let provider = with("").unwrap();
        let oauth = provider.oauth.as_ref().unwrap();
        let body = json!({"ok": true, "access_token": "bot-1", "scope": "x,y", "authed_user": {"access_token": "own", "scope": "z"}});
        let reply = read(oauth, &body, NOW).ok().unwrap();
        let second = reply.second.unwrap();
        let shown = |secret: &SecretString| secrecy::ExposeSecret::expose_secret(secret).to_owned();
        assert_eq!((shown(&reply.access).as_str(), reply.scopes.unwrap()), ("own", vec!["z".to_owned()]));
        assert_eq!((second.name.as_str(), shown(&second.access).as_str()), ("bot", "bot-1"));
        let alone = json!({"ok": true, "authed_user": {"access_token": "own"}});
        assert!(read(oauth, &alone, NOW).ok().unwrap().second.is_none());
        // One that would have to be renewed cannot be described, and no entry asks for one at present.
        for renewed in ["refresh = \"/refresh_token\"", "expires_in = \"/expires_in\""] {
            assert!(with(renewed).is_err(), "{renewed}");
        }
        assert!(catalogue().all().iter().all(|entry| entry.oauth.as_ref().is_none_or(|oauth| oauth.second.is_none())));
    }

    #[test]
    fn a_persons_token_is_taken_before_the_one_at_the_top() {
        let body = json!({"ok": true, "access_token": "bot", "scope": "x", "authed_user": {"access_token": "own", "scope": "y,z"}});
        let reply = read(oauth("slack"), &body, NOW).ok().unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&reply.access), "own");
        assert_eq!(reply.scopes.unwrap(), ["y", "z"]);
    }
}
