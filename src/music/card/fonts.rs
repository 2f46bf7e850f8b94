//! The fonts of cards.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use resvg::usvg::{
    FontResolver, Options,
    fontdb::{Database, ID, Source},
};
use skrifa::{FontRef, MetadataProvider as _};

/// In the order in which a letter is looked for.
const FILES: [&[u8]; 8] = [
    include_bytes!("fonts/noto-sans-regular.ttf"),
    include_bytes!("fonts/noto-sans-bold.ttf"),
    include_bytes!("fonts/noto-sans-cjk.ttf"),
    include_bytes!("fonts/noto-sans-hangul.ttf"),
    include_bytes!("fonts/noto-sans-arabic.ttf"),
    include_bytes!("fonts/noto-sans-hebrew.ttf"),
    include_bytes!("fonts/noto-sans-thai.ttf"),
    include_bytes!("fonts/noto-emoji.ttf"),
];
const FAMILY: &str = "Noto Sans";

struct Fonts {
    database: Arc<Database>,
    /// Each font with the letters that it has.
    faces: Vec<(ID, HashSet<char>)>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut database = Database::new();
    let mut faces = Vec::new();
    for file in FILES {
        let letters = letters(file);
        let ids = database.load_font_source(Source::Binary(Arc::new(file)));
        faces.extend(ids.into_iter().map(|id| (id, letters.clone())));
    }
    database.set_serif_family(FAMILY);
    database.set_sans_serif_family(FAMILY);
    Fonts { database: Arc::new(database), faces }
});

fn letters(file: &[u8]) -> HashSet<char> {
    let Ok(font) = FontRef::new(file) else { return HashSet::new() };
    font.charmap().mappings().filter_map(|(letter, _)| char::from_u32(letter)).collect()
}

/// How text is drawn: with these fonts and no others.
pub fn options() -> Options<'static> {
    let mut options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: FONTS.database.clone(),
        font_resolver: FontResolver {
            select_font: FontResolver::default_font_selector(),
            select_fallback: Box::new(|letter, tried, _| {
                let has = |(id, letters): &&(ID, HashSet<char>)| !tried.contains(id) && letters.contains(&letter);
                FONTS.faces.iter().find(has).map(|(id, _)| *id)
            }),
        },
        ..Options::default()
    };
    // A picture names no file and no address.
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    options
}

/// Signs that change others and are not drawn themselves.
fn is_silent(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Whether a font has it.
pub fn has(letter: char) -> bool {
    FONTS.faces.iter().any(|(_, letters)| letters.contains(&letter))
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
        assert_eq!(drawable("a\u{202e}b\u{0}c\u{13000}  d\n"), "abc d");
    }
}
