//! What the page shows of files.

use serde::{Deserialize, Serialize};

use crate::kit::id::FileId;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    pub id: FileId,
    pub name: String,
    /// In words: «1.4 MB».
    pub size: String,
    /// In words, in the person's time zone.
    pub added: String,
}

/// What the page is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesView {
    pub files: Vec<FileView>,
    /// What to ask for older ones with.
    pub older: Option<String>,
    /// In bytes.
    pub used: u64,
    pub quota: u64,
    /// The largest file that is taken, in words.
    pub largest: String,
    /// What a file dialog offers: `.png,.pdf`.
    pub accepted: String,
    /// What a form that was just sent has come to.
    pub said: Option<Said>,
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// So many files.
    Kept(u16),
    Deleted,
    /// Some were refused, for what the sentences say; so many beside them were kept.
    Refused {
        kept: u16,
        told: Vec<String>,
    },
}

/// Bytes in words, with one digit behind the point from a kilobyte on: «1.4 MB».
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes == 1 {
        return "1 byte".to_owned();
    }
    if bytes < 1_024 {
        return format!("{bytes} bytes");
    }
    // Tenths, so that no fractions are needed: a unit is left at 1023.95 of it.
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1_024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let (whole, rest) = (tenths / 10, tenths % 10);
    if rest == 0 { format!("{whole} {}", UNITS[unit]) } else { format!("{whole}.{rest} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_words() {
        for (bytes, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1_023, "1023 bytes"),
            (1_024, "1 KB"),
            (1_500, "1.4 KB"),
            (1_048_576, "1 MB"),
            (1_073_741_824, "1 GB"),
            (5_368_709_120, "5 GB"),
            (u64::MAX, "1677721.5 TB"),
        ] {
            assert_eq!(size(bytes), told, "{bytes}");
        }
    }
}
