//! Which passwords are taken (ASVS 5.0 §6.2): any text of enough characters that is not among the first that are guessed.
//! No rule asks for digits or signs, and nothing is cut off.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;
use zxcvbn::zxcvbn;

use super::PasswordError;

/// Characters at least.
pub const SHORTEST: usize = 8;
/// Characters at most: far beyond what anybody types, and little work to hash.
pub const LONGEST: usize = 1024;
/// Within so many guesses a password is found even where few can be tried: the first ones that everybody tries are lists
/// of passwords from breaches, names and words, and what people make of them by `@` for `a`, years and keyboard rows.
const GUESSES: u64 = 1_000_000;

/// A password as it is compared: in one Unicode form (NFC), however a keyboard composed it. It is never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// One that is shown, to be compared.
    ///
    /// # Errors
    /// When it is longer than any that is kept.
    pub fn shown(typed: &str) -> Result<Self, PasswordError> {
        if typed.chars().count() > LONGEST {
            return Err(PasswordError::Long);
        }
        Ok(Self(Zeroizing::new(typed.nfc().collect())))
    }

    /// One that somebody chose, to be kept.
    pub(super) fn chosen(typed: &str) -> Result<Self, PasswordError> {
        let password = Self::shown(typed)?;
        if password.0.chars().count() < SHORTEST {
            return Err(PasswordError::Short);
        }
        Ok(password)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether somebody who knows this about a person finds their password among the first guesses.
pub(super) fn is_guessable(password: &Password, about: &[String]) -> bool {
    let parts = about.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned));
    // The mailbox alone, and names without what stands between them.
    let mailboxes = about.iter().filter_map(|word| word.split_once('@')).map(|(mailbox, _)| mailbox.to_owned());
    let together = about.iter().map(|word| word.chars().filter(|letter| letter.is_alphanumeric()).collect());
    let known: Vec<String> = about.iter().cloned().chain(parts).chain(mailboxes).chain(together).collect();
    let words: Vec<&str> = known.iter().map(String::as_str).filter(|word| word.chars().count() > 2).collect();
    zxcvbn(password.as_str(), &words).guesses() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessable(typed: &str) -> bool {
        let about = ["mira.okafor@example.com".to_owned(), "Mira Okafor".to_owned()];
        is_guessable(&Password::chosen(typed).unwrap(), &about)
    }

    #[test]
    fn length_is_counted_in_characters_and_nothing_is_cut_off() {
        let is = |typed: &str, wanted: fn(&PasswordError) -> bool| {
            assert!(Password::chosen(typed).err().is_some_and(|error| wanted(&error)), "{typed}");
        };
        is("", |error| matches!(error, PasswordError::Short));
        is("1234567", |error| matches!(error, PasswordError::Short));
        // Eight keys were pressed, but four letters are there.
        is(&"e\u{301}".repeat(4), |error| matches!(error, PasswordError::Short));
        is(&"x".repeat(LONGEST + 1), |error| matches!(error, PasswordError::Long));
        for typed in ["äöüßéñç☃".to_owned(), "x".repeat(128), "x".repeat(LONGEST), "🔑".repeat(LONGEST)] {
            assert_eq!(Password::chosen(&typed).unwrap().as_str(), typed);
        }
        assert_eq!(Password::shown("").unwrap().as_str(), "");
    }

    #[test]
    fn one_password_has_one_form_and_no_more_is_changed() {
        let form = |typed: &str| Password::chosen(typed).unwrap().as_str().to_owned();
        assert_eq!(form("cafe\u{301} am See"), form("caf\u{e9} am See"));
        for typed in ["  spaces stay  ", "Ｆｕｌｌ　ｗｉｄｔｈ", "ﬁgures ﬁt", "NUL \0 stays", "lines\r\nstay"]
        {
            assert_eq!(form(typed), typed);
        }
    }

    #[test]
    fn what_everybody_would_try_first_is_guessable() {
        for typed in [
            "password",
            "Password1",
            "p@ssw0rd",
            "12345678",
            "1234567890",
            "qwertyuiop",
            "iloveyou1",
            "football1",
            "letmein123",
            "drowssap",
            "aaaaaaaaaa",
            "abcdefgh",
            "11/11/1984",
            "trustno1!",
            "liverpool1",
        ] {
            assert!(guessable(typed), "{typed}");
        }
    }

    #[test]
    fn their_own_name_and_address_are_guessable() {
        for typed in ["mira.okafor@example.com", "mira.okafor", "MiraOkafor", "okafor1984", "0kaf0r!!", "rofakoarim"] {
            assert!(guessable(typed), "{typed}");
        }
    }

    #[test]
    fn what_nobody_would_try_is_taken_whatever_it_is_made_of() {
        for typed in [
            "correct horse battery staple",
            "xkqvzjwp",
            "83920471650",
            "Drei Hunde bellen leise",
            "私の秘密の合言葉です",
            "ÄÖÜ läuft im Regen",
        ] {
            assert!(!guessable(typed), "{typed}");
        }
        assert!(!guessable(&format!("{}{}", "xkqvzjwp".repeat(2), "🔑".repeat(LONGEST - 16))));
    }
}
