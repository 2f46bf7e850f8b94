//! What «today» and its like mean where the person is.

use time::{
    Date, Duration, OffsetDateTime, PrimitiveDateTime, Time,
    format_description::well_known::{Rfc2822, Rfc3339},
    macros::format_description,
};
use time_tz::{OffsetDateTimeExt as _, OffsetResult, PrimitiveDateTimeExt as _, Tz, timezones};

use super::{Failure, values::Values};
use crate::integrations::tools::TimeContext;

/// The person's zone; an unknown name is read as UTC.
pub(super) fn zone(name: &str) -> &'static Tz {
    timezones::get_by_name(name).unwrap_or(timezones::db::UTC)
}

/// Adds `zone`, `now`, `today`, `today_start`, `today_end`, `week_ago`, `month_ago`, and from the argument `day`
/// `day_start`, `day_end` and `day_label`.
pub(super) fn add(values: &mut Values, time: &TimeContext) -> Result<(), Failure> {
    let zone = zone(&time.zone);
    let now = time.now.to_timezone(zone);
    let today = now.date();
    let word = values.text("day");
    let (from, to) = match &word {
        Some(word) => range(word, today).ok_or_else(|| {
            Failure::Bad(
                "The day must be today, tomorrow, yesterday, this week, next week, or a date such as 2026-11-20."
                    .into(),
            )
        })?,
        None => (today, today),
    };
    let moment = |date: Date| start_of(date, zone).format(&Rfc3339).unwrap_or_default();
    let after = |date: Date| date.next_day().unwrap_or(date);
    let mut put = |name: &str, value: String| values.put(name, value);
    put("now", now.replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok()).unwrap_or_default());
    put("today", today.to_string());
    put("month_ago", today.saturating_sub(Duration::days(30)).to_string());
    put("today_start", moment(today));
    put("today_end", moment(after(today)));
    put("week_ago", today.saturating_sub(Duration::days(7)).to_string());
    put("day_start", moment(from));
    put("day_end", moment(after(to)));
    put("day_label", if from == to { label(from) } else { format!("{} to {}", label(from), label(to)) });
    put("zone", time_tz::TimeZone::name(zone).to_owned());
    Ok(())
}

/// The day that it is where the person is.
pub(in crate::integrations) fn here(time: &TimeContext) -> Date {
    time.now.to_timezone(zone(&time.zone)).date()
}

/// The first and the last day of what a word means. Weeks begin on Monday.
pub(in crate::integrations) fn range(word: &str, today: Date) -> Option<(Date, Date)> {
    let word = word.trim().to_lowercase().replace('_', " ");
    let week = |monday: Date| Some((monday, monday.checked_add(Duration::days(6))?));
    let monday = today.checked_sub(Duration::days(i64::from(today.weekday().number_days_from_monday())))?;
    match word.as_str() {
        "" | "today" | "now" => Some((today, today)),
        "tomorrow" => today.next_day().map(|day| (day, day)),
        "yesterday" => today.previous_day().map(|day| (day, day)),
        "this week" | "week" => week(monday),
        "next week" => week(monday.checked_add(Duration::days(7))?),
        date => {
            let date = Date::parse(date, format_description!("[year]-[month]-[day]")).ok()?;
            Some((date, date))
        }
    }
}

/// Midnight, or where a clock change skips it the first hour there is.
fn start_of(date: Date, zone: &Tz) -> OffsetDateTime {
    let mut local = PrimitiveDateTime::new(date, Time::MIDNIGHT);
    for _ in 0..3 {
        match local.assume_timezone(zone) {
            OffsetResult::Some(moment) => return moment,
            OffsetResult::Ambiguous(first, _) => return first,
            OffsetResult::None => local = local.saturating_add(Duration::HOUR),
        }
    }
    local.assume_utc()
}

fn label(date: Date) -> String {
    date.format(format_description!("[weekday] [day padding:none] [month repr:long]")).unwrap_or_default()
}

/// A moment as a vendor writes it, in the person's zone; a date stays a date.
pub(super) fn shown(text: &str, time: &TimeContext) -> Option<String> {
    let zone = zone(&time.zone);
    let written = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Rfc2822));
    let moment = written.ok().or_else(|| {
        let number: i64 = text.split('.').next()?.parse().ok()?;
        // Seconds of the present have ten digits, milliseconds thirteen.
        let seconds = if number > 100_000_000_000 { number / 1_000 } else { number };
        // Smaller numbers are not moments but years or counts.
        (seconds > 100_000_000).then(|| OffsetDateTime::from_unix_timestamp(seconds).ok())?
    });
    if let Some(moment) = moment {
        return moment.to_timezone(zone).replace_nanosecond(0).ok()?.format(&Rfc3339).ok();
    }
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn value(name: &str, word: &str, now: OffsetDateTime, zone: &str) -> String {
        let time = TimeContext { now, zone: zone.into() };
        let mut values = Values::new([("day".to_owned(), word.into())].into(), &time);
        add(&mut values, &time).unwrap();
        values.text(name).unwrap()
    }

    #[test]
    fn today_is_the_day_where_the_person_is() {
        let value = |name| value(name, "today", datetime!(2026-11-20 23:30 UTC), "Europe/Berlin");
        assert_eq!(value("day_start"), "2026-11-21T00:00:00+01:00");
        assert_eq!(value("day_end"), "2026-11-22T00:00:00+01:00");
        assert_eq!(value("day_label"), "Saturday 21 November");
        assert_eq!((value("today").as_str(), value("now").as_str()), ("2026-11-21", "2026-11-21T00:30:00+01:00"));
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_it_is() {
        let value = |name| value(name, "2026-03-29", datetime!(2026-03-01 12:00 UTC), "Europe/Berlin");
        assert_eq!(value("day_start"), "2026-03-29T00:00:00+01:00");
        assert_eq!(value("day_end"), "2026-03-30T00:00:00+02:00");
    }

    #[test]
    fn words_and_dates_are_ranges() {
        let friday = date!(2026 - 11 - 20);
        assert_eq!(range("Tomorrow", friday), Some((date!(2026 - 11 - 21), date!(2026 - 11 - 21))));
        assert_eq!(range("this week", friday), Some((date!(2026 - 11 - 16), date!(2026 - 11 - 22))));
        assert_eq!(range("next_week", friday), Some((date!(2026 - 11 - 23), date!(2026 - 11 - 29))));
        assert_eq!(range("2026-02-30", friday), None);
        assert_eq!(range("whenever", friday), None);
    }

    #[test]
    fn moments_are_shown_in_the_persons_zone() {
        let time = TimeContext { now: datetime!(2026-11-20 12:00 UTC), zone: "Asia/Tokyo".into() };
        let shown = |text| shown(text, &time);
        assert_eq!(shown("2026-11-20T09:00:00Z").as_deref(), Some("2026-11-20T18:00:00+09:00"));
        assert_eq!(shown("1795165200.000200").as_deref(), Some("2026-11-20T18:00:00+09:00"));
        assert_eq!(shown("1795165200000").as_deref(), Some("2026-11-20T18:00:00+09:00"));
        assert_eq!(shown("2026-11-20").as_deref(), Some("2026-11-20"));
        assert_eq!(shown("Fri, 20 Nov 2026 09:00:00 +0000").as_deref(), Some("2026-11-20T18:00:00+09:00"));
        assert_eq!(shown("soon"), None);
    }
}
