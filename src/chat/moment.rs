//! Moments in the words of the person's time zone.

use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use time_tz::{OffsetDateTimeExt as _, timezones};

use crate::inference::prompts;

/// The moment there; an unknown zone is read as UTC.
pub(super) fn local(moment: OffsetDateTime, zone: &str) -> OffsetDateTime {
    timezones::get_by_name(zone).map_or(moment, |zone| moment.to_timezone(zone))
}

/// `09:12`
pub(super) fn clock(moment: OffsetDateTime, zone: &str) -> String {
    let local = local(moment, zone);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// For a `datetime` attribute.
pub(super) fn machine(moment: OffsetDateTime) -> String {
    moment.replace_nanosecond(0).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

/// What the model is told about now.
pub(super) fn for_model(moment: OffsetDateTime, zone: &str) -> prompts::Moment {
    let day = local(moment, zone);
    prompts::Moment {
        date: format!("{} {} {} {}", day.weekday(), day.day(), day.month(), day.year()),
        time: clock(moment, zone),
        zone: zone.to_owned(),
    }
}

/// How the first page greets.
pub(super) fn greeting(moment: OffsetDateTime, zone: &str, name: &str) -> String {
    let part = match local(moment, zone).hour() {
        5..=11 => "Good morning",
        12..=17 => "Good afternoon",
        _ => "Good evening",
    };
    format!("{part}, {name}.")
}

/// Under which heading of the list a conversation stands.
pub(super) fn stretch(moment: OffsetDateTime, now: OffsetDateTime, zone: &str) -> &'static str {
    let day: Date = local(moment, zone).date();
    match (local(now, zone).date() - day).whole_days() {
        ..=0 => "Today",
        1 => "Yesterday",
        2..=7 => "Last week",
        _ => "Older",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_day_is_the_day_where_the_person_is() {
        let now = datetime!(2026-11-20 23:30 UTC);
        assert_eq!(clock(now, "Asia/Tokyo"), "08:30");
        assert_eq!(clock(now, "Nowhere/Land"), "23:30");
        assert_eq!(stretch(datetime!(2026-11-20 14:00 UTC), now, "Asia/Tokyo"), "Yesterday");
        assert_eq!(stretch(datetime!(2026-11-20 16:00 UTC), now, "Asia/Tokyo"), "Today");
        assert_eq!(greeting(now, "Asia/Tokyo", "Mira"), "Good morning, Mira.");
        assert_eq!(for_model(now, "UTC").date, "Friday 20 November 2026");
        assert_eq!(machine(now), "2026-11-20T23:30:00Z");
    }
}
