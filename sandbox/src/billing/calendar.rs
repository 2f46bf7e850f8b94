//! Months and years of billing: from an anchor, clipped to the last day of a shorter month, as Stripe counts
//! (<https://docs.stripe.com/billing/subscriptions/billing-cycle>).

use time::util::days_in_month;
use time::{Date, Duration, Month, OffsetDateTime};

/// A day in seconds.
pub const DAY: i64 = 86_400;

/// The moment `count` intervals after the anchor.
pub fn step(anchor: i64, interval: &str, count: i64) -> i64 {
    match interval {
        "day" => anchor + count * DAY,
        "week" => anchor + count * 7 * DAY,
        "year" => months(anchor, count * 12),
        _ => months(anchor, count),
    }
}

/// The first boundary of the cycle that lies after `moment`.
pub fn next(anchor: i64, interval: &str, every: i64, moment: i64) -> i64 {
    let every = every.max(1);
    let length = match interval {
        "day" => DAY,
        "week" => 7 * DAY,
        "year" => 366 * DAY,
        _ => 31 * DAY,
    };
    // No later than the wanted one, since no interval is longer than `length`.
    let mut count = ((moment - anchor) / (length * every)).max(0) * every;
    while step(anchor, interval, count) <= moment {
        count += every;
    }
    step(anchor, interval, count)
}

fn months(anchor: i64, count: i64) -> i64 {
    let Ok(from) = OffsetDateTime::from_unix_timestamp(anchor) else { return anchor };
    let months = i64::from(from.year()) * 12 + i64::from(u8::from(from.month())) - 1 + count;
    let year = i32::try_from(months.div_euclid(12)).unwrap_or(from.year());
    let month = u8::try_from(months.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let month = month.unwrap_or(Month::January);
    let day = from.day().min(days_in_month(month, year));
    let Ok(date) = Date::from_calendar_date(year, month, day) else { return anchor };
    let seconds = Duration::seconds(anchor.rem_euclid(DAY));
    date.midnight().assume_utc().unix_timestamp() + seconds.whole_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_month_that_begins_on_the_thirty_first_comes_back_to_it() {
        let anchor = datetime!(2027-01-31 10:00 UTC).unix_timestamp();
        let february = next(anchor, "month", 1, anchor);
        assert_eq!(february, datetime!(2027-02-28 10:00 UTC).unix_timestamp());
        assert_eq!(next(anchor, "month", 1, february), datetime!(2027-03-31 10:00 UTC).unix_timestamp());
        assert_eq!(next(anchor, "year", 1, anchor), datetime!(2028-01-31 10:00 UTC).unix_timestamp());
        let leap = datetime!(2028-02-29 00:00 UTC).unix_timestamp();
        assert_eq!(next(leap, "year", 1, leap), datetime!(2029-02-28 00:00 UTC).unix_timestamp());
        assert_eq!(step(leap, "year", 4), datetime!(2032-02-29 00:00 UTC).unix_timestamp());
    }
}
