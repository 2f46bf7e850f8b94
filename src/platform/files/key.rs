//! Where a file lies.

use object_store::path::Path;

use crate::platform::random::Random;

const RANDOM: usize = 16;
/// The longest name that stands behind what was made here.
const LONGEST_NAME: usize = 100;

/// Where one file lies: a folder of ours, and in it a part that nobody can guess. A name somebody gave may stand behind
/// that part, in a plain form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    folder: &'static str,
    name: String,
}

impl Key {
    /// A new one. The extension, without a dot, says what the file was written as.
    #[must_use]
    pub fn new(random: &Random, folder: &'static str, extension: &'static str) -> Self {
        Self { folder, name: format!("{}.{extension}", made(random)) }
    }

    /// A new one whose last part is the plain form of a name: ASCII letters, digits, dots, hyphens and underscores.
    #[must_use]
    pub fn named(random: &Random, folder: &'static str, name: &str) -> Self {
        Self { folder, name: format!("{}/{}", made(random), plain(name)) }
    }

    /// One that was made here before; `None` for everything else, so that no path can be smuggled in.
    #[must_use]
    pub fn parse(folder: &'static str, name: &str) -> Option<Self> {
        let (random, rest) = name.split_at_checked(2 * RANDOM)?;
        let made = random.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
        let fits = match (rest.strip_prefix('.'), rest.strip_prefix('/')) {
            (Some(extension), _) => (1..=5).contains(&extension.len()) && extension.bytes().all(is_small),
            (_, Some(name)) => name.len() <= LONGEST_NAME && !name.is_empty() && plain(name) == name,
            _ => false,
        };
        (made && fits).then(|| Self { folder, name: name.to_owned() })
    }

    /// The name within its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it was written as, without a dot.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    pub(super) fn place(&self) -> Path {
        Path::from_iter([self.folder].into_iter().chain(self.name.split('/')))
    }
}

fn made(random: &Random) -> String {
    hex::encode(random.bytes::<RANDOM>())
}

fn is_small(letter: u8) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit()
}

/// A name that every file system and every address takes as it is. Of a long one the end stays, which tells its kind.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.chars() {
        let letter = if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') { letter } else { '-' };
        if letter == '.' && plain.ends_with('-') {
            plain.pop();
        }
        if !(matches!(letter, '-' | '.') && plain.ends_with(['-', '.'])) {
            plain.push(letter);
        }
    }
    let plain = &plain[plain.len().saturating_sub(LONGEST_NAME)..];
    let plain = plain.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    if plain.is_empty() { "file".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_a_key() {
        let random = Random::seeded(1);
        let (key, named) =
            (Key::new(&random, "avatars", "png"), Key::named(&random, "avatars", "Über mich (2).tar.gz"));
        for key in [&key, &named] {
            assert_eq!(Key::parse("avatars", key.name()).as_ref(), Some(key));
        }
        assert_eq!((key.extension(), named.extension()), ("png", "gz"));
        assert_eq!(named.name().split_once('/').unwrap().1, "ber-mich-2.tar.gz");
        let name = "0123456789abcdef0123456789abcdef";
        for wrong in [
            String::new(),
            name.to_owned(),
            format!("{name}."),
            format!("{name}/"),
            format!("{name}.p/g"),
            format!("{name}.png.png"),
            format!("{}.png", name.to_uppercase()),
            format!("../{name}.png"),
            format!("..%2f{}.png", &name[5..]),
            "../../../../etc/passwd".to_owned(),
            format!("{}/{}.png", &name[..15], &name[..16]),
            format!("{name}.pn\0"),
            format!("{name}/.."),
            format!("{name}/../a.png"),
            format!("{name}/a/b.png"),
            format!("{name}/a%2e.png"),
            format!("{name}/.png"),
            format!("{name}/a.png\0"),
            format!("{name}/{}", "a".repeat(101)),
            format!("{}é", &name[1..]),
        ] {
            assert_eq!(Key::parse("avatars", &wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_name_becomes_a_plain_one_that_stays_as_it_is() {
        for (typed, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "etc-passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("%2e%2e%2fa.txt", "2e-2e-2fa.txt"),
            ("a\0.png", "a.png"),
            ("李.png", "png"),
            ("...", "file"),
            ("CON", "CON"),
        ] {
            assert_eq!(plain(typed), expected, "{typed}");
            assert_eq!(plain(expected), expected, "{typed}");
        }
        let long = format!("{}.pdf", "é".repeat(20) + &"a".repeat(300));
        assert!(plain(&long).len() <= LONGEST_NAME && plain(&long).ends_with("aaaa.pdf"));
    }
}
