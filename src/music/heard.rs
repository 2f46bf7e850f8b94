//! One play, as a source tells it.

use super::moment::{Moment, Told};

/// What a source calls something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    pub name: String,
    /// The source's own key for it, such as `spotify:track:…` or a MusicBrainz id.
    pub key: Option<String>,
    pub url: Option<String>,
    pub image_url: Option<String>,
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

/// One play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub artist: Name,
    pub album: Option<Name>,
    pub track: Name,
    pub at: Moment,
    /// For how long it was played.
    pub milliseconds: Option<u32>,
    /// How long the track is.
    pub duration_ms: Option<u32>,
    pub isrc: Option<String>,
}

/// No play lasts longer: what says so is cut.
const DAY: u32 = 24 * 60 * 60 * 1_000;

impl Heard {
    /// The least that can be told.
    #[must_use]
    pub fn new(artist: &str, track: &str, at: Moment) -> Self {
        let (artist, track) = (artist.into(), track.into());
        Self { artist, album: None, track, at, milliseconds: None, duration_ms: None, isrc: None }
    }

    /// What it says of its moment.
    pub(super) fn told(&self) -> Told {
        let short = |milliseconds: u32| i32::try_from(milliseconds.min(DAY)).ok();
        Told {
            moment: self.at,
            milliseconds: self.milliseconds.and_then(short),
            duration: self.duration_ms.and_then(short).filter(|&long| long > 0),
        }
    }

    /// The recording's international code, where it is one (ISO 3901).
    pub(super) fn isrc(&self) -> Option<String> {
        let code: String =
            self.isrc.as_deref()?.chars().filter(|letter| *letter != '-').collect::<String>().to_ascii_uppercase();
        let fits = code.len() == 12
            && code.bytes().enumerate().all(|(place, byte)| match place {
                0 | 1 => byte.is_ascii_uppercase(),
                2..=4 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
                _ => byte.is_ascii_digit(),
            });
        fits.then_some(code)
    }
}

/// What became of plays that were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Nobody had told of them.
    pub added: u64,
    /// This source had told of them before.
    pub known: u64,
    /// Another source had.
    pub merged: u64,
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn only_a_code_is_one() {
        let with = |code: &str| Heard {
            isrc: Some(code.to_owned()),
            ..Heard::new("a", "b", Moment::Began(datetime!(2025-01-01 0:00 UTC)))
        };
        assert_eq!(with("us-rc1-76-07839").isrc().as_deref(), Some("USRC17607839"));
        for other in ["", "USRC1760783", "USRC176078390", "1SRC17607839", "USRC1760783é"] {
            assert_eq!(with(other).isrc(), None, "{other}");
        }
    }
}
