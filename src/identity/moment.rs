//! Moments in the words of the person's time zone.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use time_tz::{OffsetDateTimeExt as _, timezones};

/// «25 minutes ago», and the day where it is longer ago than one.
pub fn ago(moment: OffsetDateTime, now: OffsetDateTime, zone: &str) -> String {
    let counted = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match (now - moment).whole_minutes() {
        ..1 => "just now".to_owned(),
        minutes @ 1..60 => counted(minutes, "minute"),
        minutes @ 60..1_440 => counted(minutes / 60, "hour"),
        _ => day(moment, now, zone),
    }
}

/// «Today, 08:31» or «6 March, 11:47».
pub fn stamp(moment: OffsetDateTime, now: OffsetDateTime, zone: &str) -> String {
    let (there, today) = (local(moment, zone), local(now, zone));
    let day = if there.date() == today.date() { "Today".to_owned() } else { day(moment, now, zone) };
    format!("{day}, {:02}:{:02}", there.hour(), there.minute())
}

/// For programs (RFC 3339), in UTC.
pub fn machine(moment: OffsetDateTime) -> String {
    moment.replace_nanosecond(0).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

/// «6 March», with the year where it is another than now.
pub fn day(moment: OffsetDateTime, now: OffsetDateTime, zone: &str) -> String {
    let (there, today) = (local(moment, zone), local(now, zone));
    let day = format!("{} {}", there.day(), there.month());
    if there.year() == today.year() { day } else { format!("{day} {}", there.year()) }
}

/// The moment there; an unknown zone is read as UTC.
fn local(moment: OffsetDateTime, zone: &str) -> OffsetDateTime {
    timezones::get_by_name(zone).map_or(moment, |zone| moment.to_timezone(zone))
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-12 23:30 UTC);

    #[test]
    fn spans_are_told_in_the_largest_whole_unit() {
        let table = [
            (Duration::seconds(-5), "just now"),
            (Duration::seconds(59), "just now"),
            (Duration::minutes(1), "1 minute ago"),
            (Duration::minutes(59), "59 minutes ago"),
            (Duration::hours(23), "23 hours ago"),
            (Duration::days(6), "6 March"),
            (Duration::days(300), "16 May 2025"),
        ];
        for (span, words) in table {
            assert_eq!(ago(NOW - span, NOW, "UTC"), words);
        }
    }

    #[test]
    fn a_day_is_that_of_the_person() {
        assert_eq!(stamp(NOW - Duration::hours(1), NOW, "UTC"), "Today, 22:30");
        assert_eq!(stamp(NOW - Duration::hours(1), NOW, "Europe/Berlin"), "12 March, 23:30");
        assert_eq!(stamp(NOW, NOW, "Europe/Berlin"), "Today, 00:30");
        assert_eq!(machine(NOW), "2026-03-12T23:30:00Z");
    }
}
