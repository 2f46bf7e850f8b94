//! Which time a statistic is about, in the time zone of whoever it is for.

use std::{fmt, str::FromStr};

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};
use time_tz::{OffsetDateTimeExt as _, OffsetResult, PrimitiveDateTimeExt as _, Tz};

/// Days, weeks or months up to today, a month, a year, all of it, or any days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// The last so many weeks, today included.
    Weeks(u8),
    /// The last so many months, today included.
    Months(u8),
    /// A year of the calendar.
    Year(i32),
    /// A month of the calendar.
    Month(i32, Month),
    /// From one day to another, both included.
    Days(Date, Date),
    /// From the first play on.
    All,
}

/// What was typed is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPeriod;

/// Days in a zone, as moments: from the first until just before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first day.
    pub first: Date,
    /// The last day, included.
    pub last: Date,
    /// When the first day begins.
    pub from: OffsetDateTime,
    /// When the day after the last begins.
    pub to: OffsetDateTime,
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weeks(weeks) => write!(formatter, "{weeks}w"),
            Self::Months(months) => write!(formatter, "{months}m"),
            Self::Year(year) => write!(formatter, "{year:04}"),
            Self::Month(year, month) => write!(formatter, "{year:04}-{:02}", u8::from(*month)),
            Self::Days(first, last) => write!(formatter, "{first}..{last}"),
            Self::All => formatter.write_str("all"),
        }
    }
}

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let number =
            |digits: &str| digits.parse::<i32>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let year = |digits: &str| number(digits).filter(|year| digits.len() == 4 && (1970..=9998).contains(year));
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (date(first).ok_or(NoPeriod)?, date(last).ok_or(NoPeriod)?);
            return if first <= last { Ok(Self::Days(first, last)) } else { Err(NoPeriod) };
        }
        if let Some(count) = text.strip_suffix('w').and_then(number) {
            return u8::try_from(count).ok().filter(|count| *count > 0).map(Self::Weeks).ok_or(NoPeriod);
        }
        if let Some(count) = text.strip_suffix('m').and_then(number) {
            return u8::try_from(count).ok().filter(|count| *count > 0).map(Self::Months).ok_or(NoPeriod);
        }
        if let Some((of_year, of_month)) = text.split_once('-') {
            let month = number(of_month).filter(|_| of_month.len() == 2).and_then(|month| u8::try_from(month).ok());
            let month = month.and_then(|month| Month::try_from(month).ok()).ok_or(NoPeriod)?;
            return year(of_year).map(|year| Self::Month(year, month)).ok_or(NoPeriod);
        }
        year(text).map(Self::Year).ok_or(NoPeriod)
    }
}

fn date(text: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, format).ok().filter(|date| (1970..=9998).contains(&date.year()))
}

impl Period {
    /// The days that this is, where «today» is at this moment in this zone, and the first play was then.
    #[must_use]
    pub fn days(self, now: OffsetDateTime, zone: &Tz, first_play: Option<OffsetDateTime>) -> Range {
        let today = now.to_timezone(zone).date();
        let (first, last) = match self {
            Self::Weeks(weeks) => (today.saturating_sub(Duration::days(i64::from(weeks) * 7 - 1)), today),
            Self::Months(months) => (months_before(today, months), today),
            Self::Year(year) => (day(year, Month::January, 1), day(year, Month::December, 31)),
            Self::Month(year, month) => (day(year, month, 1), day(year, month, month.length(year))),
            Self::Days(first, last) => (first, last),
            Self::All => (first_play.map_or(today, |moment| moment.to_timezone(zone).date()).min(today), today),
        };
        Range::of(first, last, zone)
    }

    /// The period before it that is as long; none where nothing is before it.
    #[must_use]
    pub fn before(self, range: Range, zone: &Tz) -> Option<Range> {
        let (first, last) = match self {
            Self::All => return None,
            Self::Year(year) => (day(year - 1, Month::January, 1), day(year - 1, Month::December, 31)),
            Self::Month(..) => {
                let last = range.first.previous_day()?;
                (last.replace_day(1).ok()?, last)
            }
            Self::Months(months) => (months_before(range.first.previous_day()?, months), range.first.previous_day()?),
            Self::Weeks(_) | Self::Days(..) => {
                let days = (range.last - range.first).whole_days() + 1;
                (range.first.checked_sub(Duration::days(days))?, range.first.previous_day()?)
            }
        };
        (first.year() >= 1970).then(|| Range::of(first, last, zone))
    }
}

fn day(year: i32, month: Month, day: u8) -> Date {
    Date::from_calendar_date(year, month, day).unwrap_or(Date::MIN)
}

/// The day after the same day of an earlier month; the last of the month, where that is shorter.
fn months_before(today: Date, months: u8) -> Date {
    let count = today.year() * 12 + i32::from(u8::from(today.month())) - 1 - i32::from(months);
    let month = u8::try_from(count.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let (year, month) = (count.div_euclid(12), month.unwrap_or(Month::January));
    day(year, month, today.day().min(month.length(year))).saturating_add(Duration::DAY)
}

impl Range {
    /// These days, both included.
    #[must_use]
    pub fn of(first: Date, last: Date, zone: &Tz) -> Self {
        let after = last.next_day().unwrap_or(last);
        Self { first, last, from: start_of(first, zone), to: start_of(after, zone) }
    }

    /// How many days it has.
    #[must_use]
    pub fn days(&self) -> i64 {
        (self.last - self.first).whole_days() + 1
    }
}

/// Midnight, or where a change of clocks skips it, the first moment that there is.
fn start_of(date: Date, zone: &Tz) -> OffsetDateTime {
    let mut local = PrimitiveDateTime::new(date, Time::MIDNIGHT);
    for _ in 0..96 {
        match local.assume_timezone(zone) {
            OffsetResult::Some(moment) | OffsetResult::Ambiguous(moment, _) => return moment,
            OffsetResult::None => local = local.saturating_add(Duration::minutes(15)),
        }
    }
    local.assume_utc()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};
    use time_tz::timezones;

    use super::*;

    fn read(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        for text in ["4w", "6m", "12m", "2024", "2024-02", "2024-02-03..2024-03-01", "all"] {
            assert_eq!(read(text).to_string(), text);
        }
        for text in [
            "",
            "w",
            "0m",
            "300m",
            "24",
            "2024-13",
            "2024-2",
            "-2024",
            "+5m",
            "2024-02-30..2024-03-01",
            "2024-03-01..2024-02-01",
            "1969",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod), "{text}");
        }
    }

    #[test]
    fn days_begin_at_midnight_where_the_person_is_also_when_clocks_change() {
        let berlin = timezones::db::europe::BERLIN;
        let march = read("2026-03").days(datetime!(2026-11-22 12:00 UTC), berlin, None);
        assert_eq!((march.from, march.to), (datetime!(2026-02-28 23:00 UTC), datetime!(2026-03-31 22:00 UTC)));
        assert_eq!(march.days(), 31);
        // Midnight of this day did not exist there.
        let beirut = timezones::get_by_name("Asia/Beirut").unwrap();
        let day = Range::of(date!(2025 - 03 - 30), date!(2025 - 03 - 30), beirut);
        assert_eq!((day.from, day.to), (datetime!(2025-03-29 22:00 UTC), datetime!(2025-03-30 21:00 UTC)));
        let late = read("4w").days(datetime!(2026-03-01 23:30 UTC), berlin, None);
        assert_eq!((late.first, late.last), (date!(2026 - 02 - 03), date!(2026 - 03 - 02)));
    }

    #[test]
    fn a_period_is_compared_with_the_one_before_it() {
        let utc = timezones::db::UTC;
        let now = datetime!(2026-03-31 12:00 UTC);
        let before = |text: &str| {
            let period = read(text);
            period.before(period.days(now, utc, None), utc).map(|range| (range.first, range.last))
        };
        assert_eq!(before("2026-03"), Some((date!(2026 - 02 - 01), date!(2026 - 02 - 28))));
        assert_eq!(before("2026"), Some((date!(2025 - 01 - 01), date!(2025 - 12 - 31))));
        assert_eq!(before("4w"), Some((date!(2026 - 02 - 04), date!(2026 - 03 - 03))));
        assert_eq!(before("1m"), Some((date!(2026 - 01 - 29), date!(2026 - 02 - 28))));
        assert_eq!(before("all"), None);
    }
}
