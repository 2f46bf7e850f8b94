//! Whether a track that a service found is the recording that somebody means.
//!
//! An ISRC names a recording, so it goes first. Else the title, taken apart (`title`), the artists (`artist`) and the
//! duration must agree. A live take, a remix, a cover, a karaoke or an instrumental version, a slowed or sped up one is
//! never taken for the studio version: what is in doubt is left to the person. Nothing here asks anybody.

mod artist;
#[cfg(test)]
mod labelled;
mod title;

use artist::Agree as ArtistsAgree;
use title::{Agree as TitlesAgree, Title};

/// Two durations of one recording differ by less, in milliseconds: silence at the ends, another master.
const CLOSE: i32 = 7_000;
/// Up to here it may be the same, and a person has to say.
const DOUBTFUL: i32 = 25_000;
/// So close that a word more or less in a title does not count.
const EXACT: i32 = 2_500;

/// What somebody means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its title, with whatever is appended to it.
    pub title: String,
    /// Its artists, the first first; one entry may name several.
    pub artists: Vec<String>,
    /// The record it is on.
    pub album: Option<String>,
    /// How long it lasts.
    pub duration_ms: Option<i32>,
    /// The recording's number (ISO 3901), without hyphens.
    pub isrc: Option<String>,
}

/// What a service found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The same, as the service has it.
    pub track: Wanted,
    /// Whether the service plays it to this person at all.
    pub barred: bool,
}

/// What became of it. Numbers are places among the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This is it.
    Matched(usize),
    /// One of these may be it, the likeliest first.
    Ambiguous(Vec<usize>),
    /// It is there, and the person may not have it.
    Barred,
    /// None of these is it.
    NotFound,
}

/// How a candidate does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    No,
    Doubtful(i32),
    Same(i32),
}

/// Which of the candidates is the recording that is wanted.
#[must_use]
pub fn judge(wanted: &Wanted, candidates: &[Candidate]) -> Outcome {
    let meant = Title::read(&wanted.title);
    let graded: Vec<(usize, Grade)> =
        candidates.iter().map(|one| grade(wanted, &meant, &one.track)).enumerate().collect();
    let mut same: Vec<(usize, i32)> = graded
        .iter()
        .filter_map(|(place, grade)| if let Grade::Same(score) = grade { Some((*place, *score)) } else { None })
        .collect();
    if !same.is_empty() {
        same.retain(|(place, _)| candidates.get(*place).is_some_and(|one| !one.barred));
        // Of equals the service's own order decides.
        same.sort_by_key(|(place, score)| (std::cmp::Reverse(*score), *place));
        return match same.first() {
            None => Outcome::Barred,
            Some(_) if undecided(wanted, candidates, &same) => {
                Outcome::Ambiguous(same.into_iter().map(|(place, _)| place).collect())
            }
            Some((best, _)) => Outcome::Matched(*best),
        };
    }
    let mut doubtful: Vec<(usize, i32)> = graded
        .into_iter()
        .filter_map(|(place, grade)| if let Grade::Doubtful(score) = grade { Some((place, score)) } else { None })
        .filter(|(place, _)| candidates.get(*place).is_some_and(|one| !one.barred))
        .collect();
    doubtful.sort_by_key(|(place, score)| (std::cmp::Reverse(*score), *place));
    if doubtful.is_empty() {
        return Outcome::NotFound;
    }
    Outcome::Ambiguous(doubtful.into_iter().map(|(place, _)| place).collect())
}

/// Where nobody said how long it lasts, and those that fit last differently: an album's and a single's version.
fn undecided(wanted: &Wanted, candidates: &[Candidate], same: &[(usize, i32)]) -> bool {
    let best = same.first().map_or(0, |(_, score)| *score);
    if wanted.duration_ms.is_some() || best >= BY_NUMBER {
        return false;
    }
    let rivals = same.iter().filter(|(_, score)| *score >= best);
    let lasts = rivals.filter_map(|(place, _)| candidates.get(*place)?.track.duration_ms);
    let (least, most) = lasts.fold((i32::MAX, i32::MIN), |(least, most), one| (least.min(one), most.max(one)));
    most.saturating_sub(least) > CLOSE && least != i32::MAX
}

/// No agreement of words is worth that much.
const BY_NUMBER: i32 = 1_000;

fn grade(wanted: &Wanted, meant: &Title, found: &Wanted) -> Grade {
    let told = Title::read(&found.title);
    let apart =
        wanted.duration_ms.zip(found.duration_ms).map(|(one, other)| one.saturating_sub(other).saturating_abs());
    let versions = meant.versions_agree(&told);
    let imitated = artist::is_imitation(&found.artists) && !artist::is_imitation(&wanted.artists);
    let numbers = wanted.isrc.as_deref().zip(found.isrc.as_deref());
    if numbers.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other)) {
        // A number that stands at another version was given wrongly; a title that leaves its version out was not.
        let contradicts = versions == title::Versions::Other || imitated;
        return if contradicts { Grade::Doubtful(BY_NUMBER) } else { Grade::Same(BY_NUMBER + closeness(apart)) };
    }
    if imitated || versions == title::Versions::Other {
        return Grade::No;
    }
    let (artists, titles) = (artist::agree(&wanted.artists, &found.artists), meant.agree(&told));
    let same_album = wanted.album.as_deref().zip(found.album.as_deref()).is_some_and(|(one, other)| {
        let (one, other) = (Title::read(one), Title::read(other));
        one.agree(&other) != TitlesAgree::No
    });
    let score = closeness(apart) + if same_album { 40 } else { 0 } + if titles == TitlesAgree::Whole { 20 } else { 0 };
    let exact = apart.is_some_and(|apart| apart <= EXACT);
    match (artists, titles) {
        (_, TitlesAgree::No) | (ArtistsAgree::No, _) => Grade::No,
        _ if apart.is_some_and(|apart| apart > DOUBTFUL) => Grade::No,
        // The same words in other letters: nothing but the duration speaks for it.
        (ArtistsAgree::OtherLetters, TitlesAgree::Whole) if exact => Grade::Doubtful(score),
        (ArtistsAgree::OtherLetters, _) => Grade::No,
        _ if apart.is_some_and(|apart| apart > CLOSE) => Grade::Doubtful(score),
        (_, TitlesAgree::Nearly) | (ArtistsAgree::Nearly, _) if !exact => Grade::Doubtful(score),
        // Two live takes, of which one does not say where; two performers of one work.
        _ if versions == title::Versions::Vague && !exact => Grade::Doubtful(score),
        (ArtistsAgree::OnlyComposer, _) if !(exact && same_album) => Grade::Doubtful(score),
        _ => Grade::Same(score),
    }
}

/// The closer, the more; none where it is not known.
fn closeness(apart: Option<i32>) -> i32 {
    apart.map_or(0, |apart| (CLOSE - apart.min(CLOSE)) / 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(artists: &[&str], title: &str, seconds: i32) -> Wanted {
        Wanted {
            title: title.to_owned(),
            artists: artists.iter().map(|artist| (*artist).to_owned()).collect(),
            duration_ms: (seconds > 0).then_some(seconds * 1_000),
            ..Wanted::default()
        }
    }

    fn found(artists: &[&str], title: &str, seconds: i32) -> Candidate {
        Candidate { track: track(artists, title, seconds), barred: false }
    }

    #[test]
    fn the_number_goes_before_words_but_never_for_another_version() {
        let numbered = |mut track: Wanted| {
            track.isrc = Some("GBAYE7500101".to_owned());
            track
        };
        let wanted = numbered(track(&["Queen"], "Bohemian Rhapsody", 354));
        let exact = found(&["Queen"], "Bohemian Rhapsody", 354);
        let mut other = found(&["Queen"], "Bo Rhap - 2011 Mix of the same", 300);
        other.track = numbered(track(&["Queen"], "Bo Rhap", 300));
        assert_eq!(judge(&wanted, &[exact.clone(), other]), Outcome::Matched(1));
        let live = Candidate { track: numbered(track(&["Queen"], "Bohemian Rhapsody - Live Aid", 148)), barred: false };
        assert_eq!(judge(&wanted, std::slice::from_ref(&live)), Outcome::Ambiguous(vec![0]));
        assert_eq!(judge(&wanted, &[live, exact]), Outcome::Matched(1));
    }

    #[test]
    fn what_is_in_doubt_is_left_to_the_person() {
        let wanted = track(&["Kraftwerk"], "Autobahn", 0);
        let versions = [found(&["Kraftwerk"], "Autobahn", 1_366), found(&["Kraftwerk"], "Autobahn", 205)];
        assert_eq!(judge(&wanted, &versions), Outcome::Ambiguous(vec![0, 1]));
        assert_eq!(judge(&track(&["Kraftwerk"], "Autobahn", 205), &versions), Outcome::Matched(1));
        assert_eq!(judge(&track(&["Kraftwerk"], "Autobahn", 220), &versions), Outcome::Ambiguous(vec![1]));
        assert_eq!(judge(&track(&["Kraftwerk"], "Autobahn", 600), &versions), Outcome::NotFound);
    }

    #[test]
    fn what_may_not_be_played_is_not_taken_and_not_called_missing() {
        let wanted = track(&["Kraftwerk"], "Autobahn", 205);
        let barred = Candidate { barred: true, ..found(&["Kraftwerk"], "Autobahn", 205) };
        assert_eq!(judge(&wanted, std::slice::from_ref(&barred)), Outcome::Barred);
        assert_eq!(judge(&wanted, &[barred, found(&["Kraftwerk"], "Autobahn", 206)]), Outcome::Matched(1));
    }
}
