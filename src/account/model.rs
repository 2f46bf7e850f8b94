//! What a person's own pages know of them, and what they may change.

use serde::{Deserialize, Serialize};

pub use crate::identity::model::{Availability, Theme};

/// The largest file that is taken for a picture.
pub const PICTURE_BYTES: usize = 5 * 1024 * 1024;
/// The longest name, in characters.
pub const LONGEST_NAME: usize = 100;

/// A person, as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub display_name: String,
    pub handle: Option<String>,
    /// Where the picture is.
    pub avatar: Option<String>,
    pub email: Option<String>,
    pub theme: Theme,
    /// IANA name of the zone in use.
    pub time_zone: String,
    /// Whether they chose that zone; otherwise it is the one of the browser they last signed in with.
    pub time_zone_chosen: bool,
    /// The day the account was made: `3 February 2026`.
    pub member_since: String,
    /// When they last signed in: `12 March 2026, 13:05`.
    pub last_signed_in: Option<String>,
    pub ways: Vec<WayView>,
}

/// One way in, for reading only; it is changed under «Security».
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayView {
    /// For the mark; none for mail.
    pub provider: Option<String>,
    pub name: String,
    pub label: String,
}

/// Why a name is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    Empty,
    TooLong,
}

/// A name on one line, without signs that are invisible or turn the text after them around.
///
/// # Errors
/// When nothing is left to read, or too much.
pub fn display_name(typed: &str) -> Result<String, NameFault> {
    let shown = typed.replace(is_hidden, "");
    let words: Vec<&str> = shown.split(|sign: char| sign.is_whitespace() || sign.is_control()).collect();
    let name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if !name.chars().any(char::is_alphanumeric) {
        Err(NameFault::Empty)
    } else if name.chars().count() > LONGEST_NAME {
        Err(NameFault::TooLong)
    } else {
        Ok(name)
    }
}

/// Spaces without width and marks of direction. The joiners stay: scripts and emoji need them.
pub(super) fn is_hidden(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Why a picture was not taken. It travels in an address, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFault {
    Missing,
    TooLarge,
    /// None of the four kinds.
    Kind,
    /// A picture with something else in it that a browser or another program could take for a page or an archive.
    Mixed,
    TooManyPixels,
    Broken,
}

impl PictureFault {
    const ALL: [Self; 6] = [Self::Missing, Self::TooLarge, Self::Kind, Self::Mixed, Self::TooManyPixels, Self::Broken];

    /// For programs and addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "picture_missing",
            Self::TooLarge => "picture_too_large",
            Self::Kind => "picture_kind",
            Self::Mixed => "picture_mixed",
            Self::TooManyPixels => "picture_too_many_pixels",
            Self::Broken => "picture_broken",
        }
    }

    /// The fault of this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "No picture came with the form. Choose a file first.",
            Self::TooLarge => "This file is larger than 5 MB. Make it smaller and try again.",
            Self::Kind => "This is no PNG, JPEG, WebP or GIF. Save the picture as one of these and try again.",
            Self::Mixed => {
                "This file holds something else beside the picture, so it was not taken. Save the picture anew and try \
                 again."
            }
            Self::TooManyPixels => "This picture has more than 40 million pixels. Make it smaller and try again.",
            Self::Broken => "This picture is damaged and cannot be read. Save it anew and try again.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_readable_line() {
        for (typed, name) in [
            ("  Mira \t Okafor\n", "Mira Okafor"),
            ("Mira\u{202e}rofakO", "MirarofakO"),
            ("\u{200b}Mira\u{feff}", "Mira"),
            ("میرا\u{200c}ها", "میرا\u{200c}ها"),
            ("Mira 👩\u{200d}🔬", "Mira 👩\u{200d}🔬"),
            ("李", "李"),
        ] {
            assert_eq!(display_name(typed).as_deref(), Ok(name), "{typed:?}");
        }
        for typed in ["", "   ", "\u{200b}", "\u{200d}", "--", "\0"] {
            assert_eq!(display_name(typed), Err(NameFault::Empty), "{typed:?}");
        }
        assert!(display_name(&"é".repeat(LONGEST_NAME)).is_ok());
        assert_eq!(display_name(&"é".repeat(LONGEST_NAME + 1)), Err(NameFault::TooLong));
    }

    #[test]
    fn a_fault_survives_an_address() {
        for fault in PictureFault::ALL {
            assert_eq!(PictureFault::of(fault.code()), Some(fault));
        }
        assert_eq!(PictureFault::of("<script>"), None);
    }
}
