//! The words that a text may be made of.

use std::{collections::HashSet, sync::LazyLock};

/// Everyday English in lower case, without names: what of the word list SCOWL (sizes up to 35, as Debian's
/// `wamerican-small` has it) is of letters alone. Its licence stands beside it.
static EVERYDAY: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("words.txt").lines().collect());

/// What an apostrophe leaves of words.
const PIECES: &[&str] = &[
    "i", "a", "s", "t", "d", "m", "re", "ve", "ll", "don", "isn", "doesn", "aren", "wasn", "didn", "hasn", "couldn",
    "wouldn",
];
/// Words of music that the list does not have.
const OF_MUSIC: &[&str] = &[
    "playlist",
    "playlists",
    "singalong",
    "genre",
    "genres",
    "indie",
    "techno",
    "electronica",
    "synth",
    "synths",
    "lo",
    "fi",
    "upbeat",
    "dreamy",
    "moody",
    "danceable",
    "melancholic",
    "shoegaze",
    "earworm",
    "earworms",
    "vibe",
    "vibes",
];
/// Words that are numbers: a number comes from what was counted.
const NUMBERS: &[&str] = &[
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "millions",
    "billion",
    "billions",
    "dozen",
    "dozens",
    "half",
    "third",
    "thirds",
    "quarter",
    "quarters",
    "percent",
    "percentage",
    "twice",
    "thrice",
    "double",
    "triple",
    "twenties",
    "thirties",
    "forties",
    "fifties",
    "sixties",
    "seventies",
    "eighties",
    "nineties",
    "zero",
    "couple",
];

/// Whether a word in lower case is an everyday one, and no number.
pub(super) fn is_plain(word: &str) -> bool {
    !NUMBERS.contains(&word) && (EVERYDAY.contains(word) || PIECES.contains(&word) || OF_MUSIC.contains(&word))
}
