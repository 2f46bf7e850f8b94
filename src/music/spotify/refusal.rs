//! What Spotify's refusals mean. Those of an app in development mode come as plain text where all others are JSON.

use serde_json::Value;
use time::OffsetDateTime;

use crate::{music::trouble::Trouble, platform::http::Response};

/// How long to wait where it does not say: its window is thirty seconds long
/// (<https://developer.spotify.com/documentation/web-api/concepts/rate-limits>).
const WAIT: u32 = 30;
/// The same where a quota is used up, which is no matter of seconds.
const QUOTA_WAIT: u32 = 3_600;

/// The answer, or what its refusal means.
pub(super) fn sorted(response: &Response, now: OffsetDateTime) -> Result<Value, Trouble> {
    let body = response.json().ok();
    let after = response.retry_after(now);
    let used_up = body.as_ref().and_then(|body| body["error"]["reason"].as_str()) == Some("QUOTA_EXCEEDED");
    match response.status {
        429 if used_up => Err(Trouble::QuotaUsedUp { retry_after: after.unwrap_or(QUOTA_WAIT) }),
        429 => Err(Trouble::RateLimited { retry_after: after.unwrap_or(WAIT) }),
        403 => Err(Trouble::NotAllowed(why(&String::from_utf8_lossy(&response.body)))),
        200..=299 => body.ok_or(Trouble::Unreadable),
        500..=599 | 408 => Err(Trouble::Unavailable),
        _ => Err(Trouble::Unreadable),
    }
}

/// Why an app may not read; the words are those that were seen.
fn why(words: &str) -> &'static str {
    let words = words.to_lowercase();
    let says = |part: &str| words.contains(part);
    if says("not registered in the developer dashboard") || says("the user may not be registered") {
        "user_not_listed"
    } else if says("active premium subscription required") {
        "owner_not_premium"
    } else if says("insufficient client scope") {
        "missing_scope"
    } else {
        "refused"
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);

    fn answer(status: u16, body: &str, after: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(after) = after {
            headers.insert(RETRY_AFTER, HeaderValue::from_str(after).unwrap());
        }
        Response { status, headers, body: body.into() }
    }

    fn refused(status: u16, body: &str, after: Option<&str>) -> (&'static str, Option<u32>) {
        let trouble = sorted(&answer(status, body, after), NOW).unwrap_err();
        (trouble.code(), trouble.retry_after())
    }

    #[test]
    fn a_wait_is_read_in_each_form() {
        let slow = json!({"error": {"status": 429, "message": "API rate limit exceeded"}}).to_string();
        let spent =
            json!({"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}).to_string();
        let limited = "provider_rate_limited";
        for (body, after, code, wait) in [
            (&slow, Some("7"), limited, 7),
            (&slow, Some("86400"), limited, 86_400),
            (&slow, Some("Thu, 12 Mar 2026 12:00:42 GMT"), limited, 42),
            (&slow, Some("soon"), limited, WAIT),
            (&slow, None, limited, WAIT),
            (&spent, None, "provider_quota_used_up", QUOTA_WAIT),
            (&spent, Some("79892"), "provider_quota_used_up", 79_892),
            (&"Too many requests".to_owned(), Some("3"), limited, 3),
        ] {
            assert_eq!(refused(429, body, after), (code, Some(wait)), "{after:?}");
        }
    }

    #[test]
    fn plain_words_say_why_an_app_may_not_read() {
        for (words, code) in [
            ("User not registered in the Developer Dashboard", "user_not_listed"),
            ("Check settings on developer.spotify.com/dashboard, the user may not be registered.", "user_not_listed"),
            ("Active premium subscription required for the owner of the app.", "owner_not_premium"),
            (r#"{"error":{"status":403,"message":"Insufficient client scope"}}"#, "missing_scope"),
            ("", "refused"),
        ] {
            assert_eq!(refused(403, words, None), (code, None), "{words}");
        }
        assert_eq!(refused(502, "<html>", None).0, "provider_unavailable");
        assert_eq!(refused(200, "<html>", None).0, "answer_unreadable");
    }
}
