//! Playlists as files, in the formats that others read: CSV, JSON, JSPF, XSPF and M3U8.
//!
//! What a format has no place for (several artists, the source) stands in the extension that it allows, so that each file
//! reads back to the same lines. What others have written is read as far as it says who plays what.

mod json;
mod m3u;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod xspf;

use super::{error::PlaylistError, model::Line};

/// The largest file, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;
/// By which our extensions are known.
const OURS: &str = "urn:x-aura:track";

/// A format of playlists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
    Jspf,
    Xspf,
    M3u8,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Json, Self::Jspf, Self::Xspf, Self::M3u8];

    /// As its files end.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jspf => "jspf",
            Self::Xspf => "xspf",
            Self::M3u8 => "m3u8",
        }
    }

    /// The other way.
    #[must_use]
    pub fn parse(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Jspf => "application/jspf+json",
            Self::Xspf => "application/xspf+xml",
            Self::M3u8 => "application/vnd.apple.mpegurl; charset=utf-8",
        }
    }
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Its name; empty where it has none.
    pub name: String,
    pub lines: Vec<Line>,
}

/// A playlist as a file.
///
/// # Errors
/// When it cannot be written, which is a fault of ours.
pub fn write(format: Format, name: &str, lines: &[Line]) -> Result<Vec<u8>, PlaylistError> {
    match format {
        Format::Csv => table::write(lines),
        Format::Json => Ok(json::write(name, lines)),
        Format::Jspf => Ok(json::write_jspf(name, lines)),
        Format::Xspf => Ok(xspf::write(name, lines)),
        Format::M3u8 => Ok(m3u::write(name, lines)),
    }
}

/// Reads a file; which format it has, its content says.
///
/// # Errors
/// When it is none of them.
pub fn read(bytes: &[u8]) -> Result<Read, PlaylistError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let begins = text.trim_start();
    if begins.starts_with('{') || begins.starts_with('[') {
        json::read(text)
    } else if begins.starts_with('<') {
        xspf::read(text)
    } else if begins.starts_with("#EXTM3U") {
        Ok(m3u::read(text))
    } else if table::is_table(text) {
        table::read(text)
    } else {
        Ok(Read { name: String::new(), lines: text::read(text, "file") })
    }
}

/// Reads lines as people type them.
#[must_use]
pub fn typed(text: &str) -> Vec<Line> {
    text::read(text, "typed")
}

/// A source that a file may name.
fn source(told: &str) -> String {
    if told.is_empty() { "file".to_owned() } else { told.to_owned() }
}
