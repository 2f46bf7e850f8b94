//! How long a service asks to wait.

use time::OffsetDateTime;

use crate::{
    platform::http::Response,
    providers::{ResetUnit, Retry},
};

const DEFAULT: u32 = 30;
const LONGEST: i64 = 3_600;

/// Seconds to wait, if the answer says «too often» in any of the ways that the entry names.
pub(super) fn wanted(rule: &Retry, response: &Response, said_so: bool, now: OffsetDateTime) -> Option<u32> {
    let header = |name: &Option<String>| {
        name.as_ref().and_then(|name| response.headers.get(name.as_str())?.to_str().ok().map(str::trim))
    };
    let spent = header(&rule.remaining) == Some("0");
    let after = response.retry_after(now);
    // A refusal that names a time to come back is a limit, whatever remains.
    let other = rule.statuses.contains(&response.status) && (spent || after.is_some());
    if response.status != 429 && !said_so && !other {
        return None;
    }
    let reset = header(&rule.reset).and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
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
    let wait = wait.map(|seconds| u32::try_from(seconds.clamp(1, LONGEST)).unwrap_or(DEFAULT));
    Some(after.or(wait).unwrap_or(DEFAULT))
}
