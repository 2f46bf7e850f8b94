//! When something was played, as a source says it, and which of two sources' moments are the same play.

use time::{Duration, OffsetDateTime};

/// What a source says of the time of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It began then.
    Began(OffsetDateTime),
    /// It ended then.
    Ended(OffsetDateTime),
    /// It began or ended then: the source does not say which, or not always the same.
    Around(OffsetDateTime),
}

impl Moment {
    /// The moment that is said.
    #[must_use]
    pub fn at(self) -> OffsetDateTime {
        match self {
            Self::Began(at) | Self::Ended(at) | Self::Around(at) => at,
        }
    }

    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Began(_) => "began",
            Self::Ended(_) => "ended",
            Self::Around(_) => "around",
        }
    }

    /// The other way; what is not known counts as not sure.
    #[must_use]
    pub fn from_parts(told: &str, at: OffsetDateTime) -> Self {
        match told {
            "began" => Self::Began(at),
            "ended" => Self::Ended(at),
            _ => Self::Around(at),
        }
    }
}

/// Two sources that mean the same play differ by no more than this.
pub const TOLERANCE: Duration = Duration::seconds(60);
/// No track is longer, for what is looked for.
pub const LONGEST_TRACK: Duration = Duration::hours(1);
/// How many plays are weighed for each that was told. More of the same recording around one moment are nonsense.
const WEIGHED: usize = 32;

/// What one source says of one play.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub moment: Moment,
    /// For how long it was played.
    pub milliseconds: Option<i32>,
    /// How long the track is.
    pub duration: Option<i32>,
}

impl Told {
    /// When it began, as well as this source alone tells.
    #[must_use]
    pub fn began(&self) -> OffsetDateTime {
        match self.moment {
            Moment::Began(at) | Moment::Around(at) => at,
            Moment::Ended(at) => before(at, self.milliseconds.or(self.duration)),
        }
    }

    /// The moments at which it may have begun, by what it says itself and how long the other says that it lasted.
    fn beginnings(&self, other: &Self) -> [OffsetDateTime; 2] {
        let lasted = self.milliseconds.or(other.milliseconds).or(self.duration).or(other.duration);
        match self.moment {
            Moment::Began(at) => [at, at],
            Moment::Ended(at) => [before(at, lasted); 2],
            Moment::Around(at) => [at, before(at, lasted)],
        }
    }

    /// How far apart the two are, if they may be the same play.
    fn distance(&self, other: &Self) -> Option<i64> {
        let (ours, theirs) = (self.beginnings(other), other.beginnings(self));
        let apart = ours.iter().flat_map(|one| theirs.iter().map(move |two| (*one - *two).abs())).min()?;
        (apart <= TOLERANCE).then(|| i64::try_from(apart.whole_milliseconds()).unwrap_or(i64::MAX))
    }
}

fn before(at: OffsetDateTime, milliseconds: Option<i32>) -> OffsetDateTime {
    at - Duration::milliseconds(i64::from(milliseconds.unwrap_or(0)))
}

/// Finds for each of what one source tells of a recording the play of other sources that it means, if any: each play at
/// most once, in the order of time, as many as can be, and of these the nearest. `plays` has for each play what those
/// sources say. So two plays in a row stay two, however far both are shifted.
#[must_use]
pub fn pair(told: &[Told], plays: &[Vec<Told>]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..told.len()).collect();
    order.sort_by_key(|&index| told[index].began());
    let mut known: Vec<(OffsetDateTime, usize)> = plays
        .iter()
        .enumerate()
        .filter_map(|(index, sightings)| Some((sightings.iter().map(Told::began).min()?, index)))
        .collect();
    known.sort_unstable();

    // The longest chain of pairs that goes forward on both sides: for each prefix of the plays the best chain that ends in
    // it, kept in a tree of prefix maxima (Fenwick).
    let mut chains: Vec<Link> = Vec::new();
    let mut best = vec![None; known.len() + 1];
    let reach = TOLERANCE + LONGEST_TRACK;
    for &index in &order {
        let one = &told[index];
        let around = one.began();
        let start = known.partition_point(|(at, _)| *at < around - reach);
        let within = known[start..].iter().take_while(|(at, _)| *at <= around + reach);
        let mut fits: Vec<(i64, usize)> = within
            .enumerate()
            .filter_map(|(offset, (_, play))| {
                let apart = plays[*play].iter().filter_map(|sighting| one.distance(sighting)).min()?;
                Some((apart, start + offset))
            })
            .collect();
        fits.sort_unstable();
        fits.truncate(WEIGHED);
        let grown: Vec<Link> = fits
            .into_iter()
            .map(|(apart, place)| {
                let before = greatest(&best, &chains, place);
                let (pairs, cost) = before.map_or((0, 0), |link| (chains[link].pairs, chains[link].cost));
                Link { pairs: pairs + 1, cost: cost + apart, told: index, place, before }
            })
            .collect();
        for link in grown {
            chains.push(link);
            improve(&mut best, &chains, chains.len() - 1);
        }
    }
    let mut paired = vec![None; told.len()];
    let mut next = greatest(&best, &chains, known.len());
    while let Some(link) = next {
        let Link { told, place, before, .. } = chains[link];
        paired[told] = Some(known[place].1);
        next = before;
    }
    paired
}

/// The end of a chain of pairs.
struct Link {
    pairs: usize,
    /// How far apart its pairs are together.
    cost: i64,
    told: usize,
    place: usize,
    before: Option<usize>,
}

fn better(chains: &[Link], one: usize, other: Option<usize>) -> bool {
    let rank = |link: usize| (chains[link].pairs, -chains[link].cost);
    other.is_none_or(|other| rank(one) > rank(other))
}

/// The best chain that ends before `place`.
fn greatest(best: &[Option<usize>], chains: &[Link], mut place: usize) -> Option<usize> {
    let mut found = None;
    while place > 0 {
        if let Some(link) = best[place]
            && better(chains, link, found)
        {
            found = Some(link);
        }
        place &= place - 1;
    }
    found
}

fn improve(best: &mut [Option<usize>], chains: &[Link], link: usize) {
    let mut place = chains[link].place + 1;
    while place < best.len() {
        if better(chains, link, best[place]) {
            best[place] = Some(link);
        }
        place += place & place.wrapping_neg();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        datetime!(2025-03-01 12:00 UTC) + Duration::seconds(seconds)
    }

    fn told(moment: Moment) -> Told {
        Told { moment, milliseconds: None, duration: None }
    }

    #[test]
    fn two_plays_in_a_row_stay_two() {
        let began: Vec<Vec<Told>> = [0, 180].map(|second| vec![told(Moment::Began(at(second)))]).into();
        let around = [180, 360].map(|second| Told { duration: Some(180_000), ..told(Moment::Around(at(second))) });
        assert_eq!(pair(&around, &began), [Some(0), Some(1)]);
        let ended = [190, 350].map(|second| Told { milliseconds: Some(180_000), ..told(Moment::Ended(at(second))) });
        assert_eq!(pair(&ended, &began), [Some(0), Some(1)]);
        // Shifted by more than a short play lasts.
        let short: Vec<Vec<Told>> = [0, 35].map(|second| vec![told(Moment::Began(at(second)))]).into();
        let later = [60, 95].map(|second| told(Moment::Began(at(second))));
        assert_eq!(pair(&later, &short), [Some(0), Some(1)]);
        assert_eq!(pair(&later[..1], &short), [Some(1)], "the nearest, where one is missing");
    }

    #[test]
    fn what_is_too_far_apart_is_another_play() {
        let plays = [vec![told(Moment::Began(at(0)))]];
        assert_eq!(pair(&[told(Moment::Began(at(60)))], &plays), [Some(0)]);
        assert_eq!(pair(&[told(Moment::Began(at(61)))], &plays), [None]);
        assert_eq!(pair(&[], &plays), []);
        assert_eq!(pair(&[told(Moment::Began(at(0)))], &[]), [None]);
    }

    fn moments() -> impl Strategy<Value = Vec<Told>> {
        let one =
            (0..20_000_i64, 0..3_u8, proptest::option::of(30_000..400_000_i32)).prop_map(|(second, kind, long)| {
                let moment = match kind {
                    0 => Moment::Began(at(second)),
                    1 => Moment::Ended(at(second)),
                    _ => Moment::Around(at(second)),
                };
                Told { milliseconds: long, ..told(moment) }
            });
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_play_is_meant_twice_and_every_pair_may_be_one(ours in moments(), theirs in moments()) {
            let plays: Vec<Vec<Told>> = theirs.into_iter().map(|one| vec![one]).collect();
            let pairs = pair(&ours, &plays);
            prop_assert_eq!(pairs.len(), ours.len());
            let mut used: Vec<usize> = pairs.iter().flatten().copied().collect();
            used.sort_unstable();
            let many = used.len();
            used.dedup();
            prop_assert_eq!(used.len(), many);
            for (one, play) in ours.iter().zip(&pairs) {
                if let Some(play) = play {
                    prop_assert!(one.distance(&plays[*play][0]).is_some());
                }
            }
        }

        #[test]
        fn all_of_a_shifted_life_is_found_again(
            gaps in proptest::collection::vec(30..400_i64, 1..60),
            shifts in proptest::collection::vec(0..=60_i64, 60),
            kind in 0..3_u8,
        ) {
            let mut second = 0;
            let mut lives: Vec<(i64, i64)> = Vec::new();
            for gap in gaps {
                // Moments that may be the end as well as the beginning are in order only where plays are longer than what
                // they are shifted by.
                let gap = if kind == 2 { gap.max(61) } else { gap };
                lives.push((second, gap));
                second += gap;
            }
            let plays: Vec<Vec<Told>> = lives.iter().map(|(start, _)| vec![told(Moment::Began(at(*start)))]).collect();
            let again: Vec<Told> = lives.iter().zip(&shifts).map(|((start, lasts), shift)| {
                let milliseconds = i32::try_from(lasts * 1_000).ok();
                let moment = match kind {
                    0 => Moment::Began(at(start + shift)),
                    1 => Moment::Ended(at(start + lasts + shift)),
                    _ => Moment::Around(at(start + lasts + shift)),
                };
                Told { milliseconds, ..told(moment) }
            }).collect();
            prop_assert!(pair(&again, &plays).iter().all(Option::is_some));
        }
    }
}
