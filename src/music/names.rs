//! How names are told apart, and how the same recording is known under two of them.

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// The longest name that is kept, in characters.
pub const LONGEST_NAME: usize = 500;
/// The longest key, in bytes: an index takes no row above 2,704.
const LONGEST_KEY: usize = 2_000;

/// What is appended to a title without making it another recording.
const APPENDED: &[&str] = &[
    "feat",
    "feat.",
    "ft",
    "ft.",
    "featuring",
    "with",
    "remaster",
    "remastered",
    "mono",
    "stereo",
    "deluxe",
    "bonus",
    "explicit",
    "clean",
    "original",
    "album",
    "single",
    "anniversary",
];
/// What stands between the first artist and the others.
const BETWEEN_ARTISTS: &[&str] =
    &[" feat. ", " feat ", " ft. ", " ft ", " featuring ", " with ", " vs. ", " vs ", " & ", " x ", ", ", "; ", " / "];

/// A name without what no database keeps (null characters) and no page shows, cut to a sane length; none where nothing is
/// left of it.
#[must_use]
pub fn cleaned(name: &str) -> Option<String> {
    let kept: String = name.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// By which a name is told from others: compatible forms (NFKC), case, runs of spaces, and the typographic forms of quotes
/// and dashes do not count; everything else does.
#[must_use]
pub fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for letter in name.nfkc().default_case_fold().nfkc().map(plain) {
        if !letter.is_whitespace() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    }
    cut(&mut key);
    key.truncate(key.trim_end().len());
    key
}

/// Under which different sources mean the same recording: the first artist, and the title without «(feat. …)»,
/// « - 2011 Remaster» and the like, both in letters and digits alone. It only helps to find the same play told by another
/// source; nothing is counted by it.
#[must_use]
pub fn match_key(artist: &str, title: &str) -> String {
    let (artist, title) = (key(artist), key(title));
    let mut matched = bare(first_artist(&artist));
    matched.push('\n');
    matched.push_str(&bare(&without_appended(&title)));
    cut(&mut matched);
    matched
}

fn plain(letter: char) -> char {
    match letter {
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{00b4}' | '`' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{00ab}' | '\u{00bb}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

fn cut(text: &mut String) {
    if text.len() > LONGEST_KEY {
        let end = (0..=LONGEST_KEY).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// Letters and digits alone; of a name that has none, all of it.
fn bare(text: &str) -> String {
    let bare: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if bare.is_empty() { text.trim().to_owned() } else { bare }
}

fn first_artist(artist: &str) -> &str {
    let ends = BETWEEN_ARTISTS.iter().filter_map(|between| artist.find(between)).filter(|&at| at > 0);
    ends.min().map_or(artist, |end| &artist[..end])
}

fn without_appended(title: &str) -> String {
    let mut left = title.to_owned();
    // Brackets, from the last to the first.
    while let Some((open, close)) = last_brackets(&left) {
        if !is_appended(&left[open + 1..close]) || left[..open].trim().is_empty() {
            break;
        }
        left.replace_range(open..=close, "");
    }
    if let Some(at) = left.rfind(" - ").filter(|&at| at > 0 && is_appended(&left[at + 3..])) {
        left.truncate(at);
    }
    let featured = [" feat. ", " feat ", " ft. ", " featuring "].iter().filter_map(|word| left.find(word)).min();
    if let Some(at) = featured.filter(|&at| at > 0) {
        left.truncate(at);
    }
    left
}

fn last_brackets(text: &str) -> Option<(usize, usize)> {
    let close = text.rfind([')', ']'])?;
    let open = text[..close].rfind(['(', '['])?;
    Some((open, close))
}

fn is_appended(text: &str) -> bool {
    text.split(' ').any(|word| APPENDED.contains(&word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_case_width_spaces_and_typography_do_not_count() {
        for (one, same) in [
            ("Beyoncé", "BEYONCE\u{301}"),
            ("STRASSE", "straße"),
            ("ＡＢＢＡ", "abba"),
            ("Don’t  Stop ", "don't stop"),
            ("A – B", "a - b"),
            ("“Heroes”", "\"heroes\""),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ] {
            assert_eq!(key(one), key(same), "{one}");
        }
        for (one, other) in [("Beyoncé", "Beyonce"), ("Help!", "Help"), ("Song (Live)", "Song"), ("The Cure", "Cure")]
        {
            assert_ne!(key(one), key(other), "{one}");
        }
    }

    #[test]
    fn the_same_recording_is_known_under_two_names() {
        for (one, other) in [
            (("Queen", "Under Pressure - Remastered 2011"), ("Queen & David Bowie", "Under Pressure")),
            (("Jay-Z", "Run This Town"), ("JAY‐Z, Rihanna", "Run This Town (feat. Rihanna & Kanye West)")),
            (("Daft Punk", "Get Lucky [feat. Pharrell Williams] [Album Version]"), ("Daft Punk", "Get Lucky")),
            (("Guns N’ Roses", "Don't Cry"), ("Guns N' Roses", "Don’t Cry (Original)")),
        ] {
            assert_eq!(match_key(one.0, one.1), match_key(other.0, other.1), "{one:?}");
        }
        for (one, other) in [
            (("Queen", "Under Pressure"), ("Queen", "Under Pressure (Live at Wembley)")),
            (("A", "(Feat. Nobody)"), ("A", "Somebody")),
            (("A", "!!!"), ("A", "???")),
            (("ab", "c"), ("a", "bc")),
        ] {
            assert_ne!(match_key(one.0, one.1), match_key(other.0, other.1), "{one:?}");
        }
    }

    #[test]
    fn what_no_database_keeps_is_left_out() {
        assert_eq!(cleaned(" a\0b\u{7} "), Some("ab".to_owned()));
        assert_eq!(cleaned("\0 \n"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_name_has_a_key_that_is_its_own_key_and_fits_an_index(artist in "\\PC{0,600}", title in "\\PC{0,600}") {
            let once = key(&artist);
            prop_assert_eq!(&key(&once), &once);
            prop_assert!(once.len() <= LONGEST_KEY && match_key(&artist, &title).len() <= LONGEST_KEY);
        }
    }
}
