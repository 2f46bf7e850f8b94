//! Where the clocks of a time zone change. Between two changes local time is universal time and a number.

use time::OffsetDateTime;
use time_tz::{Offset as _, TimeZone as _, Tz};

/// A quarter of an hour, in seconds.
pub const QUARTER: i64 = 15 * 60;

/// Quarters of an hour since 1970 in which local time is so many quarters ahead of universal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: i32,
    /// The one after the last.
    pub to: i32,
    /// How far ahead.
    pub ahead: i32,
}

/// The number of the quarter in which a moment is.
#[must_use]
pub fn quarter(moment: OffsetDateTime) -> i32 {
    i32::try_from(moment.unix_timestamp().div_euclid(QUARTER)).unwrap_or(0)
}

fn ahead(zone: &Tz, quarter: i32) -> i32 {
    let moment =
        OffsetDateTime::from_unix_timestamp(i64::from(quarter) * QUARTER).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let seconds = i64::from(zone.get_offset_utc(&moment).to_utc().whole_seconds());
    i32::try_from(seconds.div_euclid(QUARTER)).unwrap_or(0)
}

/// The spans from one quarter until before another. Since 1973 all zones have been whole quarters ahead (the last that was
/// not, Liberia, changed in January 1972).
#[must_use]
pub fn spans(zone: &Tz, from: i32, to: i32) -> Vec<Span> {
    const DAY: i32 = 96;
    let mut all = Vec::new();
    let mut start = from;
    while start < to {
        let offset = ahead(zone, start);
        let mut known = start;
        // No zone changes its clocks twice within a day.
        while known < to && ahead(zone, known.saturating_add(DAY).min(to)) == offset {
            known = known.saturating_add(DAY).min(to);
        }
        let (mut low, mut high) = (known, known.saturating_add(DAY).min(to));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if ahead(zone, middle) == offset { low = middle } else { high = middle }
        }
        let end = high.max(start + 1).min(to);
        all.push(Span { from: start, to: end, ahead: offset });
        start = end;
    }
    all
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};
    use time_tz::timezones;

    use super::*;

    #[test]
    fn each_quarter_has_the_offset_that_the_zone_says() {
        for name in [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Asia/Kolkata",
        ] {
            let zone = timezones::get_by_name(name).unwrap();
            let (from, to) = (quarter(datetime!(2019-12-31 22:10 UTC)), quarter(datetime!(2023-04-02 05:00 UTC)));
            let spans = spans(zone, from, to);
            assert_eq!((spans[0].from, spans[spans.len() - 1].to), (from, to), "{name}");
            assert!(
                spans.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].ahead != pair[1].ahead),
                "{name}"
            );
            for span in &spans {
                for quarter in span.from..span.to {
                    assert_eq!(ahead(zone, quarter), span.ahead, "{name} {quarter}");
                }
            }
        }
        assert!(spans(timezones::db::UTC, 5, 5).is_empty());
        let moment = datetime!(1969-12-31 23:59 UTC);
        assert_eq!((quarter(moment), quarter(moment + Duration::MINUTE)), (-1, 0));
    }
}
