//! How long a service asks to wait, and how much waiting a tool has in it.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;
use time::OffsetDateTime;

use super::template;
use crate::{
    platform::http::Response,
    providers::{ResetUnit, Retry},
};

const DEFAULT: u32 = 30;
const LONGEST: i64 = 3_600;
/// No tool asks again more often.
const TRIES: u32 = 3;

/// The waiting that is left to a tool.
pub(super) struct Patience {
    left: Duration,
    tries: u32,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { left: whole, tries: TRIES }
    }

    /// Waits so many seconds, if that is within what is left.
    pub(super) async fn wait(&mut self, seconds: u32) -> bool {
        let Some(wait) = self.take(seconds) else { return false };
        tokio::time::sleep(wait).await;
        true
    }

    fn take(&mut self, seconds: u32) -> Option<Duration> {
        let wait = Duration::from_secs(u64::from(seconds));
        self.tries = self.tries.checked_sub(1).filter(|_| wait <= self.left)?;
        self.left -= wait;
        Some(wait)
    }
}

/// Seconds to wait, if the answer says «too often» in any of the ways that the entry names.
pub(super) fn wanted(
    rule: &Retry,
    response: &Response,
    body: Option<&Value>,
    said_so: bool,
    now: OffsetDateTime,
) -> Option<u32> {
    let header = |name: &Option<String>| {
        name.as_ref().and_then(|name| response.headers.get(name.as_str())?.to_str().ok().map(str::trim))
    };
    let spent = header(&rule.remaining).and_then(|text| text.parse::<f64>().ok()).is_some_and(|left| left <= 0.0);
    let after = response.retry_after(now);
    // A refusal that names a time to come back is a limit, whatever remains.
    let other = rule.statuses.contains(&response.status) && (spent || after.is_some());
    if response.status != 429 && !said_so && !other {
        return None;
    }
    let told = header(&rule.reset).map(str::to_owned);
    let told = told.or_else(|| template::text(body?.pointer(rule.pointer.as_deref()?)?));
    let told = told.or_else(|| written(rule.pattern.as_deref()?, &response.body));
    let reset = told.and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
    let wait = reset.map(|number| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast from f64 saturates, and the range is cut afterwards"
        )]
        let number = number.ceil() as i64;
        match rule.unit {
            ResetUnit::Seconds => number,
            ResetUnit::EpochSeconds => number.saturating_sub(now.unix_timestamp()),
            ResetUnit::EpochMilliseconds => (number / 1_000).saturating_sub(now.unix_timestamp()).saturating_add(1),
        }
    });
    let cut = |seconds: i64| u32::try_from(seconds.clamp(1, LONGEST)).unwrap_or(DEFAULT);
    Some(after.map(|seconds| cut(i64::from(seconds))).or(wait.map(cut)).unwrap_or(DEFAULT))
}

/// The wait that stands in a text.
fn written(pattern: &str, body: &[u8]) -> Option<String> {
    let body = String::from_utf8_lossy(body.get(..body.len().min(4_096))?).into_owned();
    Some(Regex::new(pattern).ok()?.captures(&body)?.get(1)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn wait(rule: &Value, status: u16, headers: &[(&'static str, String)], body: &Value) -> Option<u32> {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap()));
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let response = Response { status, headers: headers.collect(), body: text.into_bytes() };
        wanted(&serde_json::from_value(rule.clone()).unwrap(), &response, Some(body), false, NOW)
    }

    #[test]
    fn the_six_ways_to_say_wait() {
        let none = json!({});
        let header = |value: &str| [("retry-after", value.to_owned())];
        assert_eq!(wait(&none, 429, &header("17"), &none), Some(17));
        assert_eq!(wait(&none, 429, &header("Fri, 20 Nov 2026 12:00:45 GMT"), &none), Some(45));
        let reset = |unit: &str| json!({"reset": "x-reset", "unit": unit});
        let at = |number: i64| [("x-reset", number.to_string())];
        assert_eq!(wait(&reset("epoch_seconds"), 429, &at(NOW.unix_timestamp() + 30), &none), Some(30));
        assert_eq!(wait(&reset("epoch_milliseconds"), 429, &at((NOW.unix_timestamp() + 30) * 1_000), &none), Some(31));
        assert_eq!(wait(&json!({"pointer": "/retry_after"}), 429, &[], &json!({"retry_after": 1.2})), Some(2));
        let pattern = json!({"pattern": "within (\\d+) seconds"});
        assert_eq!(wait(&pattern, 429, &[], &json!("Try again within 9 seconds.")), Some(9));
        let spent = json!({"statuses": [400, 403], "remaining": "x-left", "reset": "x-reset"});
        let left = |count: &str| [("x-left", count.to_owned()), ("x-reset", "12".to_owned())];
        assert_eq!(wait(&spent, 403, &left("0"), &none), Some(12));
        assert_eq!(wait(&spent, 403, &left("5"), &none), None);
        assert_eq!(wait(&spent, 500, &left("0"), &none), None);
    }

    #[test]
    fn no_wait_is_believed_beyond_an_hour_or_below_a_second() {
        let none = json!({});
        assert_eq!(wait(&none, 429, &[("retry-after", "99999999".into())], &none), Some(3_600));
        assert_eq!(wait(&none, 429, &[("retry-after", "0".into())], &none), Some(1));
        assert_eq!(wait(&none, 429, &[("retry-after", "soon".into())], &none), Some(30));
        assert_eq!(wait(&json!({"pointer": "/a"}), 429, &[], &json!({"a": "NaN"})), Some(30));
        assert_eq!(wait(&json!({"pointer": "/a"}), 429, &[], &json!({"a": -5})), Some(1));
    }

    #[test]
    fn waiting_ends_after_three_tries_or_when_it_is_used_up() {
        let taken = |waits: &[u32]| {
            let mut patience = Patience::new(Duration::from_secs(30));
            waits.iter().map(|wait| patience.take(*wait).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(taken(&[31, 29, 2, 1]), [false, true, false, true]);
        assert_eq!(taken(&[1, 1, 1, 1]), [true, true, true, false]);
    }
}
