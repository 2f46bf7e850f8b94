//! How old somebody is, by the years in which what they play came out.

use super::{facts::Decade, model::Age};

/// People keep to the music of about this age most («reminiscence bump»: Krumhansl and Zupnick, Cascading Reminiscence
/// Bumps in Popular Music, Psychological Science 24, 2013).
const FORMED_AT: i64 = 17;
/// Ages that are told.
const YOUNGEST: i64 = 5;
const OLDEST: i64 = 110;
/// Fewer plays with a year say nothing.
pub(super) const LEAST: i64 = 20;

/// From plays by decade: the middle play tells the guess, the middle half of all plays its bounds.
pub(super) fn guess(decades: &[Decade], year: i32) -> Option<Age> {
    let mut sorted: Vec<&Decade> = decades.iter().collect();
    sorted.sort_by_key(|one| one.decade);
    let all: i64 = sorted.iter().map(|one| one.plays).sum();
    if all < LEAST {
        return None;
    }
    // The year before which this share of the plays came out, as if a decade's were spread evenly.
    let at = |share: i64| {
        let wanted = all * share / 4;
        let mut before = 0;
        for one in &sorted {
            if before + one.plays >= wanted {
                return i64::from(one.decade) + (wanted - before) * 10 / one.plays.max(1);
            }
            before += one.plays;
        }
        i64::from(year)
    };
    let age = |released: i64| (i64::from(year) - released + FORMED_AT).clamp(YOUNGEST, OLDEST);
    let whole = |age: i64| u8::try_from(age).ok();
    Some(Age { years: whole(age(at(2)))?, low: whole(age(at(3)))?, high: whole(age(at(1)))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plays: &[(i16, i64)]) -> Option<(u8, u8, u8)> {
        let decades: Vec<Decade> =
            plays.iter().map(|(decade, plays)| Decade { decade: *decade, plays: *plays }).collect();
        guess(&decades, 2026).map(|age| (age.years, age.low, age.high))
    }

    #[test]
    fn the_middle_of_what_is_played_tells() {
        assert_eq!(of(&[(1990, 100)]), Some((48, 46, 51)));
        assert_eq!(of(&[(2020, 100), (1980, 100)]), Some((53, 18, 58)));
        assert_eq!(of(&[(1900, 100)]), Some((110, 110, 110)));
        assert_eq!(of(&[(2020, 19)]), None);
        assert_eq!(of(&[]), None);
    }
}
