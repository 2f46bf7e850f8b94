//! The fonts of cards.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use resvg::usvg::{
    FontResolver, Options,
    fontdb::{Database, Source},
};
use skrifa::{FontRef, MetadataProvider as _};

/// In the order in which a letter is looked for.
const FILES: [&[u8]; 8] = [
    include_bytes!("fonts/noto-sans-bold.ttf"),
    include_bytes!("fonts/noto-sans-regular.ttf"),
    include_bytes!("fonts/noto-sans-cjk.ttf"),
    include_bytes!("fonts/noto-sans-hangul.ttf"),
    include_bytes!("fonts/noto-sans-arabic.ttf"),
    include_bytes!("fonts/noto-sans-hebrew.ttf"),
    include_bytes!("fonts/noto-sans-thai.ttf"),
    include_bytes!("fonts/noto-emoji.ttf"),
];
const BOLD: u16 = 700;

struct Fonts {
    database: Arc<Database>,
    faces: Vec<Face>,
}

/// One font.
struct Face {
    family: String,
    weight: u16,
    letters: HashSet<char>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut database = Database::new();
    let mut faces = Vec::new();
    for file in FILES {
        let ids = database.load_font_source(Source::Binary(Arc::new(file)));
        let known = ids.iter().filter_map(|id| database.face(*id));
        faces.extend(known.map(|face| Face {
            family: face.families.first().map(|(family, _)| family.clone()).unwrap_or_default(),
            weight: face.weight.0,
            letters: letters(file),
        }));
    }
    Fonts { database: Arc::new(database), faces }
});

fn letters(file: &[u8]) -> HashSet<char> {
    let Ok(font) = FontRef::new(file) else { return HashSet::new() };
    font.charmap().mappings().filter_map(|(letter, _)| char::from_u32(letter)).collect()
}

/// How text is drawn: with these fonts and no others. Which one is told with each text, see [`runs`].
pub fn options() -> Options<'static> {
    let mut options = Options {
        fontdb: FONTS.database.clone(),
        font_resolver: FontResolver {
            select_font: FontResolver::default_font_selector(),
            select_fallback: Box::new(|_, _, _| None),
        },
        ..Options::default()
    };
    // A picture names no file and no address.
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    options
}

/// A part of a text that one font draws.
pub struct Run {
    pub family: &'static str,
    pub weight: u16,
    pub text: String,
}

/// A text by the fonts that have its letters. A font goes on for as long as it can.
pub fn runs(text: &str, bold: bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut current: Option<&'static Face> = None;
    for letter in text.chars() {
        let goes_on = current.filter(|face| is_silent(letter) || face.letters.contains(&letter));
        let Some(face) = goes_on.or_else(|| face_of(letter, bold)) else { continue };
        match runs.last_mut().filter(|_| goes_on.is_some()) {
            Some(run) => run.text.push(letter),
            None => runs.push(Run { family: &face.family, weight: face.weight, text: letter.to_string() }),
        }
        current = Some(face);
    }
    runs
}

fn face_of(letter: char, bold: bool) -> Option<&'static Face> {
    FONTS.faces.iter().find(|face| (bold || face.weight != BOLD) && face.letters.contains(&letter))
}

/// Signs that change others and are not drawn themselves.
fn is_silent(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Whether a font has it.
pub fn has(letter: char) -> bool {
    FONTS.faces.iter().any(|face| face.letters.contains(&letter))
}

/// A text without what no font has, and without signs that steer the direction of text.
pub fn drawable(text: &str) -> String {
    let steers = |letter: char| matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let kept = text.chars().filter(|letter| !letter.is_control() && !steers(*letter));
    let kept: String = kept.filter(|letter| is_silent(*letter) || letter.is_whitespace() || has(*letter)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_many_scripts_are_there_and_what_is_not_is_left_out() {
        for name in [
            "Björk",
            "Гражданская Оборона",
            "宇多田ヒカル",
            "周杰倫",
            "방탄소년단",
            "فيروز",
            "עידן רייכל",
            "คาราบาว",
            "🦀🎵❤",
            "Σιδηρόπουλος",
        ] {
            assert_eq!(drawable(name), name);
        }
        let runs = runs("Mira فيروز فيروز. 宇多田", true);
        let told: Vec<(&str, u16)> = runs.iter().map(|run| (run.text.as_str(), run.weight)).collect();
        assert_eq!(told, [("Mira ", 700), ("فيروز فيروز", 400), (". ", 700), ("宇多田", 400)]);
        assert_eq!(runs[0].family, "Noto Sans");
        assert_eq!(drawable("a\u{202e}b\u{0}c\u{13000}  d\n"), "abc d");
    }
}
