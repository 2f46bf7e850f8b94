//! When a delivery is tried again.

use time::{Duration, OffsetDateTime};

/// The pauses after failed tries, in seconds: with the first at once, eight tries in a good 23 hours.
pub const PAUSES: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3_600, 4 * 3_600, 7 * 3_600, 10 * 3_600];
/// Each pause is this many thousandths shorter or longer, at most, so that what failed together is not tried together.
pub const JITTER: u32 = 100;
/// An endpoint that asks to wait is left alone for so long at most.
const LONGEST_WISH: Duration = Duration::hours(12);

/// When the next try is, after so many; none: that was the last. `drawn` is a number below `2 * JITTER + 1`, `wish` the
/// seconds for which the endpoint has asked.
#[must_use]
pub fn next_try(tries: i32, drawn: u32, wish: Option<u32>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let pause = usize::try_from(tries - 1).ok().and_then(|done| PAUSES.get(done))?;
    let thousandths = 1_000 - i64::from(JITTER) + i64::from(drawn);
    let pause = Duration::milliseconds(pause * thousandths);
    let wish = wish.map_or(Duration::ZERO, |seconds| Duration::seconds(seconds.into())).min(LONGEST_WISH);
    Some(now + pause.max(wish))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);

    fn waits(drawn: u32, wish: Option<u32>) -> Vec<i64> {
        (1..=8).map_while(|tries| Some((next_try(tries, drawn, wish, NOW)? - NOW).whole_seconds())).collect()
    }

    #[test]
    fn eight_tries_take_about_a_day() {
        assert_eq!(waits(JITTER, None), PAUSES);
        for drawn in [0, JITTER, 2 * JITTER] {
            let all = waits(drawn, None);
            let hours = all.iter().sum::<i64>() / 3_600;
            assert!(all.len() == 7 && (21..=26).contains(&hours), "{drawn}: {hours} hours");
        }
        assert!(waits(0, None) < waits(2 * JITTER, None));
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_within_bounds() {
        assert_eq!(waits(JITTER, Some(60))[..2], [60, 300]);
        assert_eq!(waits(JITTER, Some(u32::MAX))[0], 12 * 3_600);
        assert_eq!(waits(JITTER, Some(0)), PAUSES);
    }
}
