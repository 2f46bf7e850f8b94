//! Who plays, by the names that services write differently.

use std::collections::BTreeSet;

use super::title::{folded, one_letter, words};

/// What stands between names that are written as one.
const BETWEEN: &[&str] = &[
    " feat. ",
    " feat ",
    " ft. ",
    " ft ",
    " featuring ",
    " with ",
    " vs. ",
    " vs ",
    " & ",
    " and ",
    " x ",
    " + ",
    " con ",
    ", ",
    "; ",
    " / ",
    "/",
    "、",
    "・",
    " и ",
];
/// Names of those who play what others made known.
const IMITATORS: &[&str] = &[
    "karaoke",
    "tribute",
    "covers",
    "cover",
    "lullaby",
    "lullabies",
    "nightcore",
    "workout",
    "8bit",
    "imitators",
    "instrumentals",
    "hitmakers",
    "sped",
];

/// How two lists of artists go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agree {
    No,
    /// One is in letters of another script, so that names cannot be compared.
    OtherLetters,
    /// But for a letter.
    Nearly,
    /// Of several on both sides one alone is the same: of a composer's work, this may be other performers.
    OnlyComposer,
    Yes,
}

/// Whether the same people play.
pub fn agree(wanted: &[String], found: &[String]) -> Agree {
    let (one, other) = (Names::read(wanted), Names::read(found));
    if one.all.is_empty() || other.all.is_empty() {
        return Agree::No;
    }
    let leads = other.all.contains(&one.first) || one.all.contains(&other.first);
    if !leads {
        let near = |name: &String| other.all.iter().any(|found| one_letter(name, found));
        return if near(&one.first) {
            Agree::Nearly
        } else if one.latin != other.latin {
            Agree::OtherLetters
        } else {
            Agree::No
        };
    }
    let shared = one.listed.intersection(&other.listed).count();
    if wanted.len() > 1 && found.len() > 1 && shared < 2 && one.classical && other.classical {
        return Agree::OnlyComposer;
    }
    if (one.classical != other.classical) && shared < 2 {
        return Agree::OnlyComposer;
    }
    Agree::Yes
}

/// Whether somebody of them plays what others made known, by their name.
pub fn is_imitation(artists: &[String]) -> bool {
    artists.iter().any(|name| words(&folded(name)).iter().any(|word| IMITATORS.contains(&word.as_str())))
}

/// The names of a list of artists.
struct Names {
    /// Whoever is named first.
    first: String,
    /// As they are listed.
    listed: BTreeSet<String>,
    /// The same, and the pieces of those that may be several.
    all: BTreeSet<String>,
    latin: bool,
    /// An orchestra, a quartet or the like is among them.
    classical: bool,
}

impl Names {
    fn read(artists: &[String]) -> Self {
        let folded: Vec<String> = artists.iter().map(|name| folded(name)).collect();
        let listed: BTreeSet<String> = folded.iter().map(|name| bare(name)).filter(|name| !name.is_empty()).collect();
        let pieces =
            folded.iter().flat_map(|name| split(name)).map(|piece| bare(&piece)).filter(|name| !name.is_empty());
        let first = folded.first().map(|name| bare(name)).unwrap_or_default();
        let mut all: BTreeSet<String> = listed.iter().cloned().chain(pieces).collect();
        // «Simon & Garfunkel» once as one and once as two.
        all.insert(bare(&folded.join(" & ")));
        all.remove("");
        let ensembles = [
            "orchest",
            "philharmon",
            "quartet",
            "symphon",
            "ensemble",
            "sinfoni",
            "academy of",
            "trio",
            "choir",
            "staatskapelle",
            "berliner",
            "wiener",
            "concertgebouw",
        ];
        Self {
            latin: folded.iter().flat_map(|name| name.chars()).any(|letter| letter.is_ascii_alphabetic()),
            classical: folded.iter().any(|name| ensembles.iter().any(|word| name.contains(word))),
            first,
            listed,
            all,
        }
    }
}

/// The first piece is whoever leads; the others follow.
fn split(name: &str) -> Vec<String> {
    let mut pieces = vec![name.to_owned()];
    for between in BETWEEN {
        pieces = pieces.iter().flat_map(|piece| piece.split(between).map(str::to_owned)).collect();
    }
    pieces
}

/// Without the article, wherever it stands.
fn bare(name: &str) -> String {
    let mut words = words(name);
    if words.len() > 1 && words.first().is_some_and(|word| word == "the") {
        words.remove(0);
    }
    if words.len() > 1 && words.last().is_some_and(|word| word == "the") {
        words.pop();
    }
    let joined = words.concat();
    if joined.is_empty() { name.trim().to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree_on(one: &[&str], other: &[&str]) -> Agree {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        agree(&owned(one), &owned(other))
    }

    #[test]
    fn the_same_people_under_several_names() {
        for (one, other) in [
            (&["The Beatles"][..], &["Beatles"][..]),
            (&["Beatles, The"], &["The Beatles"]),
            (&["Queen & David Bowie"], &["Queen", "David Bowie"]),
            (&["JAY‐Z, Rihanna"], &["Jay-Z", "Rihanna"]),
            (&["Simon & Garfunkel"], &["Simon and Garfunkel"]),
            (&["P!nk"], &["Pink"]),
            (&["A$AP Rocky"], &["ASAP Rocky"]),
            (&["Björk"], &["Bjork"]),
            (&["Tyler, The Creator"], &["Tyler, The Creator", "Kali Uchis"]),
        ] {
            assert_eq!(agree_on(one, other), Agree::Yes, "{one:?} / {other:?}");
        }
        assert_eq!(agree_on(&["Queen"], &["Queensrÿche"]), Agree::No);
        assert_eq!(agree_on(&["Кино"], &["Kino"]), Agree::OtherLetters);
        let berlin = ["Ludwig van Beethoven", "Berliner Philharmoniker", "Herbert von Karajan"];
        let vienna = ["Ludwig van Beethoven", "Wiener Philharmoniker", "Carlos Kleiber"];
        assert_eq!(agree_on(&berlin, &vienna), Agree::OnlyComposer);
        assert_eq!(agree_on(&berlin, &berlin), Agree::Yes);
        assert!(is_imitation(&["Karaoke Heroes".to_owned()]) && !is_imitation(&["The Cure".to_owned()]));
    }
}
