//! A title, taken apart: what it is called, and which version of that is meant.

use std::collections::BTreeSet;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// Words that make it another recording, where they stand in brackets or behind a dash.
const VERSIONS: &[&str] = &[
    "8bit",
    "8d",
    "acapella",
    "acappella",
    "acoustic",
    "acustico",
    "acustica",
    "akustik",
    "alternate",
    "alternative",
    "ao vivo",
    "bootleg",
    "cappella",
    "chopped",
    "choir",
    "concert",
    "cover",
    "covered",
    "demo",
    "directo",
    "dub",
    "duet",
    "edit",
    "en vivo",
    "extended",
    "instrumental",
    "karaoke",
    "karaokê",
    "live",
    "lofi",
    "lullaby",
    "mashup",
    "medley",
    "mix",
    "megamix",
    "mtv",
    "nightcore",
    "orchestral",
    "outtake",
    "outtakes",
    "performed",
    "piano",
    "playback",
    "rehearsal",
    "remake",
    "remix",
    "reprise",
    "rerecorded",
    "recorded",
    "reverb",
    "rework",
    "reworked",
    "rmx",
    "session",
    "sessions",
    "slowed",
    "sped",
    "speed",
    "strings",
    "stripped",
    "style",
    "symphonic",
    "take",
    "techno",
    "tribute",
    "unplugged",
    "version",
    "versione",
    "versión",
    "vip",
    "vivo",
    "ライブ",
    "カラオケ",
    "現場",
    "伴奏",
    "живой",
    "концерт",
    "караоке",
];
/// Words of a part that says nothing of the recording, unless one of the above stands beside them.
const APPENDED: &[&str] = &[
    "album",
    "anniversary",
    "audio",
    "bonus",
    "bof",
    "clean",
    "deluxe",
    "digital",
    "edition",
    "explicit",
    "film",
    "from",
    "hd",
    "hq",
    "lyric",
    "lyrics",
    "main",
    "mono",
    "motion",
    "movie",
    "music",
    "official",
    "original",
    "ost",
    "picture",
    "prod",
    "produced",
    "remaster",
    "remastered",
    "remasterizado",
    "remasterisé",
    "single",
    "soundtrack",
    "stereo",
    "theme",
    "track",
    "video",
];
/// «Album version» and the like: with these beside it, `version` and `mix` say nothing.
const USUAL: &[&str] =
    &["album", "original", "remaster", "remastered", "explicit", "clean", "lp", "main", "stereo", "mono", "deluxe"];
const FEATURED: &[&str] = &["feat", "ft", "featuring", "with", "con", "avec"];
/// Words that two names of one version may differ by.
const FILLING: &[&str] = &[
    "a",
    "album",
    "at",
    "by",
    "de",
    "en",
    "from",
    "in",
    "la",
    "mix",
    "of",
    "on",
    "original",
    "recorded",
    "remaster",
    "remastered",
    "the",
    "version",
];
/// Endings of a bare title that say the same as brackets would.
const ENDINGS: &[&[&str]] = &[
    &["karaoke", "version"],
    &["karaoke"],
    &["instrumental", "version"],
    &["instrumental"],
    &["acoustic", "version"],
    &["live", "version"],
    &["piano", "version"],
    &["sped", "up"],
    &["nightcore"],
    &["remix"],
];

/// How two titles go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agree {
    No,
    /// But for a letter, or for what stands in brackets at one of them.
    Nearly,
    Whole,
}

/// How two versions go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    Other,
    /// One says more of itself.
    Vague,
    Same,
}

/// A title, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// What stands outside of brackets.
    main: String,
    /// The same with those brackets that belong to the name.
    whole: String,
    /// What makes it another recording.
    kinds: BTreeSet<&'static str>,
    /// In which words that is said.
    details: BTreeSet<String>,
}

impl Title {
    /// Reads a title as any service writes it.
    pub fn read(title: &str) -> Self {
        let (mut main, parts) = apart(&folded(title));
        if let Some(at) = featured(&main) {
            main.truncate(at);
        }
        let mut words: Vec<String> = words(&main);
        let (mut kinds, mut details, mut named) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for part in parts {
            let said = self::words(&part);
            match sort(&said) {
                Part::Named => named.extend(said),
                Part::Nothing => {}
                Part::Version(found) => {
                    kinds.extend(found);
                    details.extend(said.into_iter().filter(|word| !FILLING.contains(&word.as_str()) && !is_year(word)));
                }
            }
        }
        for ending in ENDINGS {
            if words.len() > ending.len()
                && words.ends_with(&ending.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
            {
                words.truncate(words.len() - ending.len());
                kinds.extend(ending.iter().filter(|word| **word != "version" && **word != "up"));
                details.extend(ending.iter().filter(|word| !FILLING.contains(word)).map(|word| (*word).to_owned()));
            }
        }
        let main = joined(&words, title);
        words.extend(named);
        Self { whole: joined(&words, title), main, kinds, details }
    }

    /// Whether both name the same work.
    pub fn agree(&self, other: &Self) -> Agree {
        if self.whole == other.whole {
            return Agree::Whole;
        }
        // «Escape» and «Escape (The Piña Colada Song)», «Satisfaction» and «(I Can't Get No) Satisfaction».
        let shorter = self.main == other.whole || self.whole == other.main;
        if shorter || one_letter(&self.whole, &other.whole) { Agree::Nearly } else { Agree::No }
    }

    /// Whether both are the same version of it.
    pub fn versions_agree(&self, other: &Self) -> Versions {
        if self.kinds != other.kinds {
            return Versions::Other;
        }
        if self.details == other.details {
            return Versions::Same;
        }
        let one_says_more = self.details.is_subset(&other.details) || other.details.is_subset(&self.details);
        if one_says_more { Versions::Vague } else { Versions::Other }
    }
}

/// What a part in brackets or behind a dash is.
enum Part {
    /// Of the name.
    Named,
    /// Nothing that makes another recording.
    Nothing,
    Version(BTreeSet<&'static str>),
}

fn sort(words: &[String]) -> Part {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if words.is_empty() || words.first().is_some_and(|word| FEATURED.contains(&word.as_str())) {
        return Part::Nothing;
    }
    let mut kinds: BTreeSet<&'static str> = VERSIONS
        .iter()
        .copied()
        .filter(|kind| kind.split(' ').all(|part| words.iter().any(|word| word == part)))
        .collect();
    if has(USUAL) {
        kinds.remove("version");
        kinds.remove("mix");
        if words.iter().any(|word| word.starts_with("remaster")) {
            kinds.remove("edit");
        }
    }
    // «Live version» is «live»; a version of somebody's own («Taylor's Version», «French Version») is one.
    if kinds.len() > 1 {
        kinds.remove("version");
        kinds.remove("recorded");
    }
    let spoken: BTreeSet<&'static str> = kinds.iter().map(|kind| one_name(kind)).collect();
    if !spoken.is_empty() {
        return Part::Version(spoken);
    }
    if has(APPENDED) || words.iter().all(|word| is_year(word)) { Part::Nothing } else { Part::Named }
}

/// The same thing by one name.
fn one_name(kind: &'static str) -> &'static str {
    match kind {
        "unplugged" | "concert" | "ao vivo" | "en vivo" | "vivo" | "directo" | "mtv" | "ライブ" | "現場" | "живой"
        | "концерт" => "live",
        "rmx" | "rework" | "reworked" | "bootleg" | "vip" | "mix" | "mashup" | "megamix" | "dub" => "remix",
        "karaokê" | "カラオケ" | "караоке" | "playback" | "伴奏" => "karaoke",
        "acustico" | "acustica" | "akustik" => "acoustic",
        "cappella" | "acappella" => "acapella",
        "covered" | "tribute" | "style" | "performed" => "cover",
        "sessions" => "session",
        "versione" | "versión" => "version",
        "reverb" => "slowed",
        "speed" => "sped",
        "outtakes" => "outtake",
        other => other,
    }
}

/// The text outside of brackets and before the first dash, and what is in or behind these.
fn apart(title: &str) -> (String, Vec<String>) {
    let (mut main, mut parts, mut open) = (String::new(), Vec::new(), Vec::<String>::new());
    for letter in title.chars() {
        match letter {
            '(' | '[' | '{' | '【' | '「' | '『' | '〈' => open.push(String::new()),
            ')' | ']' | '}' | '】' | '」' | '』' | '〉' => match open.pop() {
                Some(part) => match open.last_mut() {
                    Some(outer) => {
                        outer.push(' ');
                        outer.push_str(&part);
                    }
                    None => parts.push(part),
                },
                None => main.push(' '),
            },
            other => open.last_mut().unwrap_or(&mut main).push(other),
        }
    }
    parts.append(&mut open);
    let mut pieces = main.split(" - ").map(str::to_owned);
    let first = pieces.next().unwrap_or_default();
    let behind: Vec<String> = pieces.collect();
    // A title that is nothing but brackets is called what is in them.
    if first.trim().is_empty() && behind.is_empty() && !parts.is_empty() {
        return (parts.remove(0), parts);
    }
    parts.extend(behind);
    (first, parts)
}

/// Where guests are named without brackets.
fn featured(main: &str) -> Option<usize> {
    [" feat. ", " feat ", " ft. ", " ft ", " featuring "]
        .iter()
        .filter_map(|word| main.find(word))
        .filter(|at| *at > 0)
        .min()
}

/// Compatible forms, no case, plain quotes and dashes.
pub(super) fn folded(text: &str) -> String {
    text.nfkc()
        .default_case_fold()
        .nfkc()
        .map(|letter| match letter {
            '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{00b4}' | '`' => '\'',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        })
        .collect()
}

/// Words in letters and digits, without the marks of Latin letters.
pub(super) fn words(folded: &str) -> Vec<String> {
    let letters: Vec<char> = folded.nfd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).nfc().collect();
    let mut text = String::with_capacity(folded.len());
    for (at, letter) in letters.iter().enumerate() {
        let inside = at > 0
            && letters.get(at - 1).is_some_and(|before| before.is_alphanumeric())
            && letters.get(at + 1).is_some_and(|after| after.is_alphanumeric());
        match letter {
            '&' | '+' => text.push_str(" and "),
            '\'' | '.' if inside => {}
            '!' if inside => text.push('i'),
            '$' => text.push('s'),
            'ø' => text.push('o'),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            'ı' => text.push('i'),
            'æ' => text.push_str("ae"),
            'œ' => text.push_str("oe"),
            letter if letter.is_alphanumeric() || is_mark(*letter) => text.push(*letter),
            _ => text.push(' '),
        }
    }
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let counted = words
            .last()
            .is_some_and(|before| ["part", "volume", "number", "chapter", "act"].contains(&before.as_str()));
        words.push(match word {
            "n" => "and".to_owned(),
            "pt" | "pts" => "part".to_owned(),
            "vol" => "volume".to_owned(),
            "no" | "nr" | "№" => "number".to_owned(),
            "one" | "i" if counted => "1".to_owned(),
            "two" | "ii" if counted => "2".to_owned(),
            "three" | "iii" if counted => "3".to_owned(),
            "four" | "iv" if counted => "4".to_owned(),
            "five" | "v" if counted => "5".to_owned(),
            other => other.to_owned(),
        });
    }
    words
}

/// Vowel signs of scripts that write them so.
fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without spaces, so that «Hip-Hop» is «Hiphop»; of a title that has no word, the title.
fn joined(words: &[String], title: &str) -> String {
    let joined = words.concat();
    if joined.is_empty() { folded(title).trim().to_owned() } else { joined }
}

/// Whether two words of some length differ by one letter at most, and not in a number.
pub(super) fn one_letter(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (one_letters, other_letters): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one_letters.len() <= other_letters.len() {
        (&one_letters, &other_letters)
    } else {
        (&other_letters, &one_letters)
    };
    if short.len() < 6 || long.len() - short.len() > 1 || digits(one) != digits(other) {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(one, other)| one == other).count();
    let skip = usize::from(short.len() == long.len());
    short.get(same + skip..) == long.get(same + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(one: &str, other: &str) -> (Agree, Versions) {
        let (one, other) = (Title::read(one), Title::read(other));
        (one.agree(&other), one.versions_agree(&other))
    }

    #[test]
    fn what_is_appended_does_not_make_another_title() {
        for (one, other) in [
            ("Under Pressure - Remastered 2011", "Under Pressure"),
            ("Get Lucky (feat. Pharrell Williams)", "Get Lucky [Album Version]"),
            ("Song 2 - 2012 Remaster", "Song 2"),
            ("Don’t Stop ’Til You Get Enough", "Don't Stop 'til You Get Enough"),
            ("Rock & Roll", "Rock 'n' Roll"),
            ("Another Brick in the Wall, Pt. 2", "Another Brick in the Wall (Part II)"),
            ("Für Elise", "Fur Elise"),
            ("Hip-Hop", "Hip Hop"),
            ("!!!", "!!!"),
        ] {
            assert_eq!(agree(one, other), (Agree::Whole, Versions::Same), "{one} / {other}");
        }
    }

    #[test]
    fn another_version_is_another() {
        for (one, other) in [
            ("Song", "Song (Live)"),
            ("Song", "Song - Live at Wembley"),
            ("Song", "Song - Radio Edit"),
            ("Song", "Song (Somebody Remix)"),
            ("Song", "Song (Instrumental)"),
            ("Song", "Song (Sped Up)"),
            ("Song", "Song (Karaoke Version)"),
            ("Song", "Song (Originally Performed by Somebody)"),
            ("Song", "Song (Taylor's Version)"),
            ("Song (One Remix)", "Song (Another Remix)"),
            ("Song", "Song - MTV Unplugged"),
        ] {
            assert_eq!(agree(one, other).1, Versions::Other, "{one} / {other}");
        }
        assert_eq!(agree("Song (Live)", "Song - Live at Wembley").1, Versions::Vague);
        assert_eq!(agree("Live Forever", "Live Forever - Remastered").1, Versions::Same);
        assert_eq!(agree("Song, Pt. 1", "Song, Pt. 2").0, Agree::No);
    }
}
