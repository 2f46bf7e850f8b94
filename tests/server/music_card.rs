//! Pictures of what profiles show.

use aura::music::{
    card::{Card, Size, Subject, Template, draw},
    listening::model::Line,
    profile::model::{FeaturedView, Shown},
};

const NAMES: [&str; 11] = [
    "Björk Guðmundsdóttir",
    "Гражданская Оборона",
    "宇多田ヒカル",
    "周杰倫",
    "방탄소년단",
    "فيروز",
    "كل شيء بعد منتصف الليل.",
    "עידן רייכל",
    "คาราบาว",
    "🦀 Crab Rave 🎵",
    "</text><script>alert(1)</script>",
];

fn shown(names: &[&str]) -> Shown {
    let lines: Vec<Line> = (1..)
        .zip(names)
        .map(|(place, name)| {
            let of = if place % 2 == 0 { "Somebody" } else { "" };
            Line { name: (*name).to_owned(), of: of.to_owned(), plays: 1_000 / place, moved: String::new() }
        })
        .collect();
    let featured = names.iter().map(|name| FeaturedView { name: (*name).to_owned(), caption: String::new(), plays: 1 });
    Shown {
        bio: "Small rooms, long tracks, and كل شيء بعد منتصف الليل.".to_owned(),
        days: "13 March 2025 to 12 March 2026".to_owned(),
        figures: ["Plays", "Hours known", "Artists", "New artists", "Longest streak"]
            .map(|name| (name.to_owned(), "1,234".to_owned()))
            .into(),
        featured: featured.collect(),
        artists: lines.clone(),
        tracks: lines.clone(),
        albums: lines,
        clock: Some(std::array::from_fn(|hour| i64::try_from(hour * hour).unwrap())),
        named: vec!["Last.fm".to_owned()],
        ..Shown::default()
    }
}

fn drawn(card: Card, shown: &Shown, name: &str) -> Vec<u8> {
    let subject = Subject { name, handle: "mira", address: "aura.example/@mira", shown };
    draw::png(&card.svg(subject)).unwrap()
}

/// How many pixels are not the ground's.
fn inked(png: &[u8]) -> usize {
    let picture = image::load_from_memory(png).unwrap().to_rgba8();
    let ground = *picture.get_pixel(0, 0);
    picture.pixels().filter(|pixel| **pixel != ground).count()
}

fn all() -> impl Iterator<Item = Card> {
    Template::ALL.into_iter().flat_map(|template| Size::ALL.map(|size| Card { template, size }))
}

#[test]
fn m_13_cards_are_pictures_of_their_size_the_same_for_the_same_data_in_every_script() {
    let (full, empty) = (shown(&NAMES), Shown::default());
    for card in all() {
        let png = drawn(card, &full, "Mira Okafor");
        let picture = image::load_from_memory_with_format(&png, image::ImageFormat::Png).unwrap();
        assert_eq!((picture.width(), picture.height()), card.size.pixels(), "{card:?}");
        assert!(inked(&png) > 5_000, "{card:?} is not blank");
        assert_eq!(png, drawn(card, &full, "Mira Okafor"), "{card:?}");
        assert_ne!(png, drawn(card, &full, "Jonas"), "{card:?}");
        assert_ne!(png, drawn(card, &empty, "Mira Okafor"), "{card:?} shows its data");
    }
    // Each name is drawn with letters of its own: none is the box that stands for a letter that no font has.
    let card = Card { template: Template::Artists, size: Size::Wide };
    let nothing = drawn(card, &shown(&[""]), "Mira");
    let mut pictures = vec![nothing];
    for name in NAMES {
        let picture = drawn(card, &shown(&[name]), "Mira");
        assert!(!pictures.contains(&picture), "{name}");
        let least = 60 * name.chars().count();
        assert!(inked(&picture) > inked(&pictures[0]) + least, "{name} is drawn whole");
        pictures.push(picture);
    }
    let missing = drawn(card, &shown(&["\u{13000}\u{13001}"]), "Mira");
    assert_eq!(missing, pictures[0], "what no font has is left out");
    // A thousand letters end at the edge.
    let long = drawn(card, &shown(&[&"W".repeat(1_000)]), "Mira");
    let picture = image::load_from_memory(&long).unwrap().to_rgba8();
    let ground = *picture.get_pixel(0, 0);
    assert!((0..630).all(|row| *picture.get_pixel(1_195, row) == ground));
}
