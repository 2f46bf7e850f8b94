//! What follows from the days on which something was played.

use time::{Date, Duration};

use super::model::{Day, Streak};

/// How days are put together for a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Each by itself.
    Day,
    /// From Monday on.
    Week,
    /// As in the calendar.
    Month,
}

impl Step {
    /// Few enough steps to be seen beside one another.
    #[must_use]
    pub fn for_days(days: i64) -> Self {
        match days {
            ..=62 => Self::Day,
            63..=400 => Self::Week,
            _ => Self::Month,
        }
    }

    /// The first day of the step that a day is in.
    #[must_use]
    pub fn start(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.saturating_sub(Duration::days(i64::from(date.weekday().number_days_from_monday()))),
            Self::Month => date.replace_day(1).unwrap_or(date),
        }
    }

    fn next(self, start: Date) -> Date {
        match self {
            Self::Day => start.saturating_add(Duration::DAY),
            Self::Week => start.saturating_add(Duration::WEEK),
            Self::Month => self.start(start.saturating_add(Duration::days(31))),
        }
    }
}

/// The plays of each step from the first day to the last, those without any too. Days are in order.
#[must_use]
pub fn series(days: &[Day], first: Date, last: Date, step: Step) -> Vec<Day> {
    let mut all = Vec::new();
    let (mut start, mut rest) = (step.start(first), days);
    while start <= last {
        let next = step.next(start);
        let within = rest.partition_point(|day| day.date < next);
        let (now, later) = rest.split_at(within);
        let sum = |of: fn(&Day) -> i64| now.iter().map(of).sum();
        all.push(Day { date: start, plays: sum(|day| day.plays), milliseconds: sum(|day| day.milliseconds) });
        rest = later;
        if next <= start {
            break;
        }
        start = next;
    }
    all
}

/// The longest streak, and of equal ones the first; and the one that goes on: its last day is today or yesterday.
#[must_use]
pub fn streaks(days: &[Day], today: Date) -> (Option<Streak>, Option<Streak>) {
    let mut all: Vec<Streak> = Vec::new();
    for day in days {
        match all.last_mut() {
            Some(streak) if streak.last.next_day() == Some(day.date) => streak.last = day.date,
            _ => all.push(Streak { first: day.date, last: day.date }),
        }
    }
    let goes_on = all.last().filter(|streak| (today - streak.last).whole_days() <= 1).copied();
    let longest =
        all.into_iter().reduce(|longest, streak| if streak.days() > longest.days() { streak } else { longest });
    (longest, goes_on)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn day(date: Date, plays: i64) -> Day {
        Day { date, plays, milliseconds: plays * 1_000 }
    }

    #[test]
    fn a_series_has_every_step_and_every_play() {
        let days = [day(date!(2026 - 01 - 04), 3), day(date!(2026 - 01 - 05), 2), day(date!(2026 - 03 - 01), 1)];
        let weeks = series(&days, date!(2026 - 01 - 01), date!(2026 - 01 - 12), Step::Week);
        let told: Vec<_> = weeks.iter().map(|step| (step.date, step.plays)).collect();
        assert_eq!(told, [(date!(2025 - 12 - 29), 3), (date!(2026 - 01 - 05), 2), (date!(2026 - 01 - 12), 0)]);
        let months = series(&days, date!(2026 - 01 - 31), date!(2026 - 03 - 31), Step::Month);
        assert_eq!(months.iter().map(|step| step.plays).collect::<Vec<_>>(), [5, 0, 1]);
        assert_eq!([62, 63, 400, 401].map(Step::for_days), [Step::Day, Step::Week, Step::Week, Step::Month]);
    }

    #[test]
    fn a_streak_is_days_on_end() {
        let days = [1, 2, 4, 5, 6, 9].map(|of| day(date!(2026 - 02 - 01).replace_day(of).unwrap(), 1));
        let (longest, goes_on) = streaks(&days, date!(2026 - 02 - 10));
        let longest = longest.unwrap();
        assert_eq!((longest.first, longest.days()), (date!(2026 - 02 - 04), 3));
        assert_eq!(goes_on.unwrap().days(), 1);
        assert_eq!(streaks(&days, date!(2026 - 02 - 11)).1, None);
        assert_eq!(streaks(&[], date!(2026 - 02 - 11)), (None, None));
        // Of two that are as long, the first.
        let (longest, _) = streaks(&days[..2], date!(2026 - 02 - 20));
        assert_eq!(longest.unwrap().first, date!(2026 - 02 - 01));
    }
}
